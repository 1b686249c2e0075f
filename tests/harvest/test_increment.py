"""Increment: only what changed is fetched, and what stands then is what a whole harvest would have brought."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pyarrow.parquet as pq
import pytest

from harvest import Mode
from harvest.errors import IncompleteError
from harvest.faults import Asked, Reply
from harvest.faultserver import FaultServer
from harvest.generated_provider import GeneratedProvider
from harvest.source import Page, Request
from harvest.sources.optimade import OptimadeSource
from harvest.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, Plan, Since

UPDATE = Mode(update=True)
BEFORE = GeneratedProvider(n_entries=40, page_size=10)
# Two entries are gone at the front, two came at the end, two in the middle were modified.
LATER = {1010: "2026-05-01T00:00:00Z", 1025: "2026-05-02T00:00:00Z"}
AFTER = replace(BEFORE, first=BEFORE.first + 2, modified=LATER | dict.fromkeys((1040, 1041), "2026-05-03T00:00:00Z"))
RECIPE = """\
[dataset]
name = "generated"
title = "A generated provider"
licence = "CC0-1.0"

[[sources]]
source = "optimade"
name = "gen"
base_url = "{base_url}"
licence = "CC0-1.0"
page_limit = 10
fields = {{ _gen_band_gap = {{ property = "band_gap", unit = "eV", method = "dft" }} }}
"""


class Incremental(OptimadeSource):
    """The connector of OPTIMADE, asking for changes and for a list of ids."""

    def fetch_changes(self, plan: Plan, door: Door, since: Since) -> Iterator[Page]:
        root = f"{plan.about.origin}/v1/structures"
        asked = urlencode({"filter": f'last_modified >= "{since.last_modified}"', "page_limit": 1000})
        changed = door.get(Request(f"{root}?{asked}"))
        yield Page(changed, promised=json.loads(changed.payload)["meta"]["data_returned"])
        listed = door.get(Request(f"{root}?{urlencode({'response_fields': 'id', 'page_limit': 1000})}"))
        ids = frozenset(entry["id"] for entry in json.loads(listed.payload)["data"])
        yield Page(listed, has_records=False, present=ids)


@pytest.fixture(autouse=True)
def _incremental(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("harvest.runner", "harvest.planning"):
        monkeypatch.setattr(f"{module}.load_source", lambda _: Incremental())


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(BEFORE) as serving:
        yield serving


@pytest.fixture
def recipe(server: FaultServer, tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.format(base_url=server.base_url), encoding="utf-8")
    return path


def gaps(store: Store, folder: str) -> dict[str, float]:
    """Return the band gap of each record, by id."""
    ids = {r["entry_id"]: r["source_id"] for r in pq.read_table(store.folder / folder / "entries.parquet").to_pylist()}
    values = pq.read_table(store.folder / folder / "properties.parquet").to_pylist()
    return {ids[row["entry_id"]]: row["value"] for row in values}


def test_an_update_fetches_what_changed_and_ends_where_a_whole_harvest_would(
    store: Store, server: FaultServer, recipe: Path, tmp_path: Path
) -> None:
    store.harvest(recipe)
    server.provider = AFTER
    server.asked.clear()
    updated = store.harvest(recipe, mode=UPDATE)
    assert len(server.asked) == 2
    (source,) = updated.records.sources
    numbers = range(AFTER.first, AFTER.first + AFTER.n_entries)
    assert gaps(store, source.folder) == dict(zip(AFTER.ids, map(AFTER.band_gap, numbers), strict=True))
    drift = updated.drifts["gen"]
    assert [len(ids) for ids in (drift.added, drift.removed, drift.changed)] == [2, 2, 2]
    with Store(tmp_path / "other", clock=store.clock) as other:
        (whole,) = other.harvest(recipe, mode=UPDATE).records.sources
    assert whole.pin.records_root == source.pin.records_root
    raw = {row["raw_sha256"] for row in pq.read_table(store.folder / source.folder / "raw_objects.parquet").to_pylist()}
    entries = pq.read_table(store.folder / source.folder / "entries.parquet").to_pylist()
    assert {row["raw_sha256"] for row in entries} <= raw


def test_increments_build_on_one_another_and_are_replayed_offline(
    store: Store, server: FaultServer, recipe: Path
) -> None:
    store.harvest(recipe)
    later = AFTER.modified | dict.fromkeys((1042, 1043), "2026-06-01T00:00:00Z")
    for step in range(3):
        server.provider = replace(AFTER, first=AFTER.first + step, modified=later)
        last = store.harvest(recipe, mode=UPDATE).records.sources[0]
    before = {path: path.read_bytes() for path in (store.folder / last.folder).iterdir()}
    for path in before:
        path.unlink()
    (store.folder / last.folder).rmdir()
    server.asked.clear()
    again = store.harvest(recipe, mode=Mode(locked=True, offline=True)).records.sources[0]
    assert (again, server.asked) == (last, [])
    assert {path: path.read_bytes() for path in before} == before


def test_records_that_are_listed_and_did_not_come_are_missed(store: Store, server: FaultServer, recipe: Path) -> None:
    store.harvest(recipe)
    server.provider = AFTER

    def forgetful(asked: Asked, reply: Reply) -> Reply:
        document = dict(reply.document or {})
        if "last_modified" not in asked.path or "filter" not in asked.path:
            return reply
        meta = {**document["meta"], "data_returned": 3}
        return Reply({**document, "data": document["data"][:-1], "meta": meta})

    server.fault = forgetful
    with pytest.raises(IncompleteError, match="1 records that the source lists did not come: gen-0001041"):
        store.harvest(recipe, mode=UPDATE)


class Listing(OptimadeSource):
    """The connector of OPTIMADE, which asks for all ids after a whole walk, too."""

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        yield from super().fetch(plan, door)
        asked = urlencode({"response_fields": "id", "page_limit": 1000})
        listed = door.get(Request(f"{plan.about.origin}/v1/structures?{asked}"))
        ids = frozenset(entry["id"] for entry in json.loads(listed.payload)["data"])
        yield Page(listed, has_records=False, present=ids)


def test_drift_that_no_count_shows_is_found_by_a_list_of_ids(
    store: Store, server: FaultServer, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five entries go at the front behind the reader, and five come at the end: forty came of forty, not the forty."""
    for module in ("harvest.runner", "harvest.planning"):
        monkeypatch.setattr(f"{module}.load_source", lambda _: Listing())

    def shifting(asked: Asked, reply: Reply) -> Reply:
        if asked.page == 1 and "response_fields=id&" not in asked.path:
            server.provider = replace(BEFORE, first=BEFORE.first + 5)
        return reply

    server.fault = shifting
    with pytest.raises(IncompleteError, match=r"5 records that the source lists did not come: .*; 5 records that came"):
        store.harvest(recipe)
    server.fault = None
    server.provider = BEFORE
    assert store.harvest(recipe).records.sources[0].complete
