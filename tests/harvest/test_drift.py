"""Drift: what came, went and changed at a live source is said by id, in a report and in the refusal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harvest import Mode
from harvest.errors import DriftError
from harvest.faultserver import FaultServer
from harvest.generated_provider import GeneratedProvider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.store import Store

BEFORE = GeneratedProvider(n_entries=20, page_size=10)
# The first entry is gone, one is new at the end, and one in the middle has another band gap.
AFTER = replace(BEFORE, first=BEFORE.first + 1, modified=dict.fromkeys((1010, 1020), "2026-05-01T00:00:00Z"))
ADDED, REMOVED, CHANGED = ["gen-0001020"], ["gen-0001000"], ["gen-0001010"]
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


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(BEFORE) as serving:
        yield serving


@pytest.fixture
def recipe(server: FaultServer, tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.format(base_url=server.base_url), encoding="utf-8")
    return path


def test_an_update_says_what_came_went_and_changed(store: Store, server: FaultServer, recipe: Path) -> None:
    assert store.harvest(recipe).drifts == {}
    server.provider = AFTER
    drift = store.harvest(recipe, mode=Mode(update=True)).drifts["gen"]
    assert [list(drift.added), list(drift.removed), list(drift.changed)] == [ADDED, REMOVED, CHANGED]
    assert drift.said() == "1 added (gen-0001020), 1 removed (gen-0001000), 1 changed (gen-0001010)"
    report = json.loads((store.folder / "records" / "gen" / "drift.json").read_bytes())
    assert (report["added"], report["removed"], report["changed"]) == (ADDED, REMOVED, CHANGED)
    assert store.harvest(recipe).drifts == {}


def test_what_did_not_change_is_no_drift(store: Store, server: FaultServer, recipe: Path) -> None:
    store.harvest(recipe)
    server.provider = replace(BEFORE)
    assert store.harvest(recipe, mode=Mode(update=True)).drifts == {}


@pytest.mark.parametrize("mode", [Mode(locked=True), Mode()])
def test_a_drifted_source_is_refused_with_what_differs(
    store: Store, server: FaultServer, recipe: Path, mode: Mode
) -> None:
    store.harvest(recipe)
    server.provider = AFTER
    store.ledger._db.execute("DELETE FROM exchanges")  # as on a fresh clone: recipe and lock, no archive
    store.ledger._db.execute("DELETE FROM harvests")
    with pytest.raises(DriftError, match=r"has drifted: .*1 added \(gen-0001020\), 1 removed .*, 1 changed .*--update"):
        store.harvest(recipe, mode=mode)
