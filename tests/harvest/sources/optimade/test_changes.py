"""OPTIMADE changes: what was modified since a time, and the ids of all, so that what is gone is seen."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from harvest import Mode
from harvest.archive import Archive
from harvest.door import RecordingDoor
from harvest.errors import ContractError, IncompleteError
from harvest.http import HttpClient
from harvest.ledger import Ledger
from harvest.source import IncrementalSource, Since
from harvest.sources.optimade import OptimadeSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database, Harvested, WebService

    from harvest.source import Page

SOURCE = OptimadeSource()
OLD, NEW = "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z"

type Make = Callable[..., Database]
type Walked = Callable[..., list[Page]]


@pytest.fixture
def door(tmp_path: Path, web_service: WebService) -> Iterator[RecordingDoor]:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    host = web_service.origin.removeprefix("http://")
    yield RecordingDoor(
        harvest=ledger.open_harvest("x", "target").harvest,
        archive=Archive(tmp_path / "raw"),
        ledger=ledger,
        folder=tmp_path,
        client=lambda: HttpClient(hosts=frozenset({host}), requests_per_second=1e6),
        clock=lambda: datetime(2026, 1, 1, tzinfo=UTC),
    )
    ledger.close()


@pytest.fixture
def served(database: Make, web_service: WebService) -> Database:
    """Serve seven entries, of which the third and the sixth are newer."""
    made = database({name: {"last_modified": NEW if name in "cf" else OLD} for name in "abcdefg"})
    web_service.answer = made.answer
    return made


def _options(web_service: WebService, **more: Any) -> dict[str, Any]:  # noqa: ANN401 — of a recipe
    return {"base_url": web_service.origin, "licence": "MIT", "page_limit": 3, **more}


def _ids(pages: list[Page]) -> list[str]:
    return [entry["id"] for page in pages if page.has_records for entry in json.loads(page.raw.payload)["data"]]


def _present(pages: list[Page]) -> set[str]:
    return {name for page in pages if page.present is not None for name in page.present}


def test_the_connector_can_be_asked_for_changes() -> None:
    assert isinstance(SOURCE, IncrementalSource)


@pytest.mark.parametrize(("condition", "asked"), [("", ""), ('elements HAS "Si"', '(elements HAS "Si") AND ')])
def test_what_changed_comes_with_the_ids_of_all(
    door: RecordingDoor, web_service: WebService, served: Database, condition: str, asked: str
) -> None:
    plan = SOURCE.plan("x", _options(web_service, filter=condition), Path())
    pages = list(SOURCE.fetch_changes(plan, door, Since("2026-02-01T00:00:00Z", 7)))
    assert _ids(pages) == ["c", "f"]
    assert {page.promised for page in pages if page.has_records} == {2}
    assert _present(pages) == set(served.entries)
    filters = [parse_qs(urlsplit(path).query).get("filter", [""])[0] for path, _ in web_service.asked]
    assert f'{asked}last_modified>="2026-02-01T00:00:00Z"' in filters


def test_what_is_gone_is_not_among_the_ids(door: RecordingDoor, web_service: WebService, served: Database) -> None:
    served.entries = {name: entry for name, entry in served.entries.items() if name != "b"}
    plan = SOURCE.plan("x", _options(web_service), Path())
    pages = list(SOURCE.fetch_changes(plan, door, Since("2026-02-01T00:00:00Z", 7)))
    assert "b" not in _present(pages)


@pytest.mark.parametrize(
    ("since", "quirks"),
    [
        ("2026-02-01T00:00:00", []),
        ('2026" OR "a"="a', []),
        ("", []),
        ("2026-02-01T00:00:00Z", ["zoneless_times"]),
        ("2026-02-01T00:00:00Z", ["no_changes"]),
    ],
)
def test_where_times_say_nothing_all_is_walked_again(
    door: RecordingDoor, web_service: WebService, served: Database, since: str, quirks: list[str]
) -> None:
    plan = SOURCE.plan("x", _options(web_service, quirks=quirks), Path())
    pages = list(SOURCE.fetch_changes(plan, door, Since(since, 7)))
    assert sorted(_ids(pages)) == sorted(_present(pages)) == sorted(served.entries)
    assert not any("filter" in path for path, _ in web_service.asked)


def test_a_provider_that_cannot_filter_by_time_is_said_how_to_be_asked(
    door: RecordingDoor, web_service: WebService, served: Database
) -> None:
    web_service.answer = lambda path, body: (400, b"no") if "last_modified%3E" in path else served.answer(path, body)
    plan = SOURCE.plan("x", _options(web_service), Path())
    with pytest.raises(ContractError, match=r'status 400, expected 200; .* say `quirks = \["no_changes"\]`'):
        list(SOURCE.fetch_changes(plan, door, Since("2026-02-01T00:00:00Z", 7)))


def test_a_second_harvest_brings_what_changed_and_drops_what_is_gone(
    web_service: WebService, served: Database, run_harvest: Callable[..., Harvested]
) -> None:
    options = {"licence": "MIT", "page_limit": 3}
    assert run_harvest("optimade", **options).ids == list("abcdefg")
    changed = {"last_modified": "2027-01-01T00:00:00Z", "chemical_formula_reduced": "Si"}
    served.entries = {name: entry for name, entry in served.entries.items() if name != "b"} | {"h": changed}
    web_service.asked.clear()
    done = run_harvest("optimade", mode=Mode(update=True), **options)
    assert sorted(done.ids) == list("acdefgh")
    whole = [path for path, _ in web_service.asked if "lattice_vectors" in path]
    assert all("last_modified%3E" in path for path in whole)


def test_ids_are_proven_after_a_whole_walk_where_asked_for(
    door: RecordingDoor, web_service: WebService, served: Database
) -> None:
    pages = list(SOURCE.fetch(SOURCE.plan("x", _options(web_service, prove_ids=True), Path()), door))
    assert sorted(_ids(pages)) == sorted(_present(pages)) == sorted(served.entries)
    assert [page.has_records for page in pages].count(True) == 3


def test_rows_that_move_between_pages_while_the_count_stays_are_found(
    web_service: WebService, served: Database, run_harvest: Callable[..., Harvested]
) -> None:
    """Between the first page and the second one row goes in front and another comes at the end: one is never seen."""
    names = list(served.entries)
    asked: list[str] = []

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        if "lattice_vectors" in path:
            asked.append(path)
            order = names if len(asked) == 1 else [*names[1:], "new"]
            served.entries = {name: {"last_modified": OLD} for name in order}
        return served.answer(path, body)

    web_service.answer = answer
    options = {"licence": "MIT", "page_limit": 3}
    assert "d" not in run_harvest("optimade", name="unproven", **options).ids
    asked.clear()
    with pytest.raises(
        IncompleteError, match=r"1 records .* did not come: d; 1 records that came are not in its list: a"
    ):
        run_harvest("optimade", name="proven", prove_ids=True, **options)
