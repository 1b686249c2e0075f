"""A harvest over HTTP ends at one operation that changes the disk; the next loses, doubles and misses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from harvest.archive import Archive
from harvest.faultserver import FaultServer
from harvest.generated_provider import GeneratedProvider
from harvest.verify import verify_store
from schemas.records import RecordSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Forked = Callable[..., tuple[int, list[str], str]]
    Outcome = tuple[str, str, list[str]]

PROVIDER = GeneratedProvider(n_entries=24, page_size=6)
FAULTS = ("kill_before", "kill_after", "power_cut")
SAMPLED = 12
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
page_limit = 6
"""


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    with FaultServer(PROVIDER) as serving:
        yield serving


def write_recipe(folder: Path, server: FaultServer) -> Path:
    folder.mkdir()
    (folder / "recipe.toml").write_text(RECIPE.format(base_url=server.base_url), encoding="utf-8")
    return folder / "recipe.toml"


def outcome(store: Path) -> Outcome:
    """Prove a store; return the roots of its one source, and all ids in it."""
    assert [result for result in verify_store(store) if not result.passed] == []
    (source,) = RecordSet.model_validate_json((store / "records" / "generated.json").read_bytes()).sources
    ids = pq.read_table(store / source.folder / "entries.parquet")["source_id"].to_pylist()
    archive = Archive(store / "raw")
    keys = [exchange.request_key for segment in archive.segments() for _, exchange in archive.scan(segment)]
    assert len(set(keys)) == len(keys), "a page is archived twice"
    return source.pin.raw_root, source.pin.records_root, sorted(ids)


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, forked: Forked, server: FaultServer
) -> tuple[Outcome, list[str]]:
    recipe = write_recipe(tmp_path_factory.mktemp("undisturbed") / "project", server)
    code, points, output = forked("harvest", recipe, store=recipe.parent / "store")
    assert code == 0, output
    expected = outcome(recipe.parent / "store")
    assert expected[2] == PROVIDER.ids
    return expected, points


@pytest.fixture
def disturbed(tmp_path: Path, forked: Forked, server: FaultServer) -> Callable[[str, int], tuple[Outcome, int]]:
    """A function that ends a harvest at a point and runs again; returns what is left, and pages asked for twice."""

    def run(fault: str, at: int) -> tuple[Outcome, int]:
        recipe = write_recipe(tmp_path / f"{fault}-{at}", server)
        store = recipe.parent / "store"
        server.forget()
        code, points, output = forked("harvest", recipe, store=store, fault=fault, at=at)
        assert (code, len(points)) == (-9, at), f"{points[at - 2 : at + 2]} {output}"
        code, _, output = forked("harvest", recipe, store=store)
        assert code == 0, f"{points[-1]}: {output}"
        pages = [asked.page for asked in server.asked if asked.page]
        return outcome(store), len(pages) - len(set(pages))

    return run


@pytest.mark.parametrize("sample", range(SAMPLED))
def test_a_killed_harvest_is_made_good(
    sample: int, undisturbed: tuple[Outcome, list[str]], disturbed: Callable[[str, int], tuple[Outcome, int]]
) -> None:
    expected, points = undisturbed
    left, asked_again = disturbed(FAULTS[sample % len(FAULTS)], 1 + sample * (len(points) - 1) // (SAMPLED - 1))
    assert left == expected
    assert asked_again <= 1  # the page that was on its way


@pytest.mark.sweep
@pytest.mark.parametrize("fault", FAULTS)
def test_a_harvest_may_be_killed_at_any_operation(
    fault: str, undisturbed: tuple[Outcome, list[str]], disturbed: Callable[[str, int], tuple[Outcome, int]]
) -> None:
    expected, points = undisturbed
    results = [disturbed(fault, at) for at in range(1, len(points) + 1)]
    lost = sum(left != expected for left, _ in results)
    again = sum(count for _, count in results)
    print(f"{fault}: {len(points)} kills, {lost} stores not as they should be, {again} pages asked for twice")  # noqa: T201 — the figures of a sweep are for people
    assert lost == 0
    assert again <= len(points)
