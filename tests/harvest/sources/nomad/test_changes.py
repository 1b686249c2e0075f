"""NOMAD changes: only what differs is fetched, and what stands then is what a whole harvest would have brought."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from harvest import Mode, Store
from harvest.errors import IncompleteError, TransportError
from harvest.source import ComparingSource
from harvest.sources.nomad import NomadSource
from harvest.sources.nomad.changes import changed

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Harvested, WebService

ARCHIVES, LIST = "/entries/archive/query", "/entries/query"
OLD, NEW = "2024-03-05T10:11:12.131415+00:00", "2026-03-05T10:11:12.131415+00:00"
UPDATE = Mode(update=True)
ALL = [f"e{number:02}" for number in range(12)]
JOULE = 1.602176634e-19

type Nomad = Any  # of the conftest beside this file
type Run = Callable[..., Harvested]


@pytest.fixture
def run(run_harvest: Run, web_service: WebService, service: Nomad) -> Run:
    """Return a function that harvests the oxides of the service, three entries a page."""
    web_service.answer = service.answer
    options = {"query": {"results.material.elements": {"all": ["O"]}}, "page_size": 3}

    def harvest(**more: object) -> Harvested:
        service.asked.clear()
        return run_harvest("nomad", **options | more)

    return harvest


@pytest.fixture(autouse=True)
def _lists_of_five(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvest.sources.nomad.changes._LIST_PAGE", 5)


def gaps(got: Harvested) -> dict[str, float]:
    return {name: round(got.values(name)["band_gap"]["value"] / JOULE, 6) for name in got.ids}


def drift(store: Store) -> list[list[str]]:
    said = json.loads((store.folder / "records/nomad/drift.json").read_bytes())
    return [said[name] for name in ("added", "removed", "changed")]


def change(service: Nomad) -> None:
    """Add two entries, delete two, process one again."""
    service.put("a new one", gap=7.0, time=NEW)
    service.put("e105", gap=8.0, time=NEW)
    service.put("e04", gap=9.0, time=NEW)
    del service.entries["e00"], service.entries["e07"]


def test_the_connector_compares_the_times_of_all_records() -> None:
    assert isinstance(NomadSource(), ComparingSource)


def test_an_update_fetches_what_changed_and_ends_where_a_whole_harvest_would(
    run: Run, service: Nomad, store: Store
) -> None:
    run()
    change(service)
    got = run(mode=UPDATE)
    assert service.fetched == ["a new one", "e04", "e105"]
    assert service.paths == [LIST] * 3 + [ARCHIVES]
    assert drift(store) == [["a new one", "e105"], ["e00", "e07"], ["e04"]]
    whole = run(page_size=4)
    assert service.paths.count(ARCHIVES) == 4
    assert (gaps(got), got.source.pin.records) == (gaps(whole), 12)
    assert got.source.pin.records_root == whole.source.pin.records_root


def test_nothing_but_the_list_is_asked_for_where_nothing_changed(run: Run, service: Nomad) -> None:
    first = run()
    again = run(mode=UPDATE)
    assert (service.paths, again.tables["entries"]) == ([LIST] * 3, first.tables["entries"])


def test_a_list_that_ends_with_a_full_page_is_whole(run: Run, service: Nomad) -> None:
    del service.entries["e00"], service.entries["e01"]
    run()
    assert (run(mode=UPDATE).source.pin.records, service.paths) == (10, [LIST] * 3)


def test_what_was_processed_long_before_it_became_public_comes(run: Run, service: Nomad) -> None:
    """An embargo that ends moves no time of an entry."""
    service.entries["e03"].is_public = False
    assert "e03" not in run().ids
    service.entries["e03"].is_public = True
    assert (run(mode=UPDATE).source.pin.records, service.fetched) == (12, ["e03"])


def test_what_is_public_no_longer_goes(run: Run, service: Nomad) -> None:
    run()
    service.entries["e03"].is_public = False
    assert (run(mode=UPDATE).source.pin.records, service.paths) == (11, [LIST] * 3)


def test_an_earlier_time_is_another_time(run: Run, service: Nomad) -> None:
    run()
    service.put("e03", gap=5.0, time="2020-01-01T00:00:00+00:00")
    assert (gaps(run(mode=UPDATE))["e03"], service.fetched) == (5.0, ["e03"])


@pytest.mark.parametrize(
    ("listed", "is_changed"),
    [
        (OLD, False),
        ("2024-03-05T10:11:12.131000+00:00", False),
        ("2024-03-05T10:11:12.131Z", False),
        ("2024-03-05T10:11:12.131415", False),
        ("2024-03-05T12:11:12.131415+02:00", False),
        ("2024-03-05T10:11:12.133000+00:00", True),
        ("soon", True),
        ("", True),
        (None, True),
    ],
)
def test_times_are_compared_as_far_as_the_index_keeps_them(listed: str | None, is_changed: bool) -> None:
    assert changed({"x": listed}, {"x": OLD}) == ({"x"} if is_changed else set())


def test_entries_that_the_index_has_in_milliseconds_are_not_fetched(run: Run, service: Nomad) -> None:
    run()
    for entry in service.entries.values():
        entry.time = "2024-03-05T10:11:12.131000+00:00"
    assert (run(mode=UPDATE).source.pin.records, service.paths) == (12, [LIST] * 3)


def test_all_is_walked_where_the_list_gives_no_times(run: Run, service: Nomad) -> None:
    run()
    service.put("e04", gap=9.0, time=NEW)
    for entry in service.entries.values():
        entry.time = None
    assert gaps(run(mode=UPDATE))["e04"] == 9.0
    assert (service.paths.count(ARCHIVES), service.fetched) == (5, [])


def test_an_entry_without_a_time_is_fetched_each_time(run: Run, service: Nomad) -> None:
    run()
    service.entries["e05"].time = None
    assert (run(mode=UPDATE).source.pin.records, service.fetched) == (12, ["e05"])


def test_all_is_walked_where_archives_give_no_times(run: Run, service: Nomad) -> None:
    del service.entries["e05"].archive["metadata"]["last_processing_time"]
    run()
    run(mode=UPDATE)
    assert service.paths == [ARCHIVES] * 5


def test_all_is_walked_where_times_are_not_to_be_compared(run: Run, service: Nomad) -> None:
    run(compare_times=False)
    service.put("e04", gap=9.0)
    del service.entries["e00"]
    got = run(compare_times=False, mode=UPDATE)
    assert (gaps(got)["e04"], got.source.pin.records, service.fetched) == (9.0, 11, [])


def test_all_is_walked_where_the_service_does_not_keep_to_the_ids(run: Run, service: Nomad) -> None:
    run()
    service.keeps_to_ids = False
    change(service)
    got = run(mode=UPDATE)
    assert sorted(got.ids) == sorted(service.entries)
    assert (gaps(got)["e04"], service.paths.count(ARCHIVES)) == (9.0, 6)


def test_pages_that_are_smaller_than_asked_for_lose_nothing(run: Run, service: Nomad) -> None:
    run()
    service.largest_page = 2
    change(service)
    assert sorted(run(mode=UPDATE).ids) == sorted(service.entries)


def test_an_entry_that_changes_after_the_list_comes_as_it_is_then(run: Run, service: Nomad) -> None:
    run()
    change(service)

    def interrupt(path: str, _asked: dict[str, Any]) -> None:
        if path == ARCHIVES:
            service.put("e04", gap=9.5, time="2026-04-01T00:00:00+00:00")
            service.put("e06", gap=6.5, time="2026-04-01T00:00:00+00:00")

    service.interrupt = interrupt
    got = gaps(run(mode=UPDATE))
    assert (got["e04"], got["e06"]) == (9.5, 1.6)
    service.interrupt = lambda _path, _asked: None
    assert gaps(run(mode=UPDATE))["e06"] == 6.5
    assert service.fetched == ["e06"]


def test_a_list_that_changes_on_the_way_is_walked_again(run: Run, service: Nomad) -> None:
    run()

    def interrupt(_path: str, asked: dict[str, Any]) -> None:
        if asked["pagination"].get("page_after_value"):
            service.put("a new one", gap=7.0, time=NEW)

    service.interrupt = interrupt
    got = run(mode=UPDATE)
    assert sorted(got.ids) == sorted(["a new one", *ALL])
    assert (service.paths, service.fetched) == ([LIST] * 6 + [ARCHIVES], ["a new one"])


def test_a_list_that_is_never_at_rest_makes_the_harvest_incomplete(run: Run, service: Nomad) -> None:
    run()

    def interrupt(_path: str, asked: dict[str, Any]) -> None:
        if asked["pagination"].get("page_after_value"):
            service.put(f"a {len(service.entries)}", time=NEW)

    service.interrupt = interrupt
    with pytest.raises(IncompleteError, match=r"lists 16 entries and says that there are 16, 17, 18"):
        run(mode=UPDATE)


def test_an_entry_that_goes_after_the_list_makes_the_harvest_incomplete_and_the_next_whole(
    run: Run, service: Nomad
) -> None:
    run()
    change(service)

    def interrupt(path: str, _asked: dict[str, Any]) -> None:
        if path == ARCHIVES:
            service.entries.pop("e04", None)

    service.interrupt = interrupt
    with pytest.raises(IncompleteError, match="1 entries that the service lists could not be had: e04"):
        run(mode=UPDATE)
    assert sorted(run(mode=UPDATE).ids) == sorted(service.entries)
    assert service.fetched == ["a new one", "e105"]


def test_a_changed_archive_that_cannot_be_read_is_missed_though_an_older_one_is_held(run: Run, service: Nomad) -> None:
    run()
    change(service)
    service.entries["e04"].is_readable = False
    with pytest.raises(IncompleteError, match="1 entries that the service lists could not be had: e04"):
        run(mode=UPDATE)


def test_entries_that_a_whole_walk_passed_by_come_with_the_next_update(run: Run, service: Nomad) -> None:
    """One goes and one comes behind the reader: the count stays, and the walk cannot know."""

    def interrupt(_path: str, asked: dict[str, Any]) -> None:
        if asked["pagination"].get("page_after_value") == "e05":
            service.entries.pop("e00", None)
            service.put("a new one", gap=7.0)

    service.interrupt = interrupt
    assert run().ids == ALL
    assert sorted(run(mode=UPDATE).ids) == sorted(service.entries)
    assert service.fetched == ["a new one"]


@pytest.mark.parametrize(
    "listed",
    [
        {"data": [{"last_processing_time": OLD}], "pagination": {"total": 1}},
        {"data": [None], "pagination": {"total": 1}},
        {"data": [], "pagination": {"total": 12, "next_page_after_value": "e05"}},
        {"data": [{"entry_id": "e00"}]},
    ],
    ids=["no id", "null", "empty with next", "no total"],
)
def test_a_list_that_is_none_is_tried_again_and_then_refused(run: Run, service: Nomad, listed: dict[str, Any]) -> None:
    run()
    service.interrupt = lambda _path, _asked: (200, json.dumps(listed).encode())
    with pytest.raises(TransportError, match="3 attempts failed"):
        run(mode=UPDATE)


def test_a_rejected_entry_is_fetched_again_until_it_fits(run: Run, service: Nomad) -> None:
    service.entries["e04"].archive["results"]["properties"]["electronic"]["band_gap"] = 4.0
    assert list(run().rejected) == ["e04"]
    got = run(mode=UPDATE)
    assert (list(got.rejected), got.source.pin.records, service.fetched) == (["e04"], 12, ["e04"])
    service.put("e04", gap=9.0, time=NEW)
    got = run(mode=UPDATE)
    assert (got.rejected, gaps(got)["e04"]) == ({}, 9.0)


def test_busy_answers_are_waited_out(run: Run, service: Nomad) -> None:
    run()
    change(service)
    busy = {LIST: 2, ARCHIVES: 2}

    def interrupt(path: str, _asked: dict[str, Any]) -> tuple[int, bytes] | None:
        busy[path] -= 1
        return (503, b"busy") if busy[path] >= 0 else None

    service.interrupt = interrupt
    assert sorted(run(mode=UPDATE).ids) == sorted(service.entries)


def test_an_update_goes_on_where_it_was_interrupted(run: Run, service: Nomad) -> None:
    run()
    for name in ALL[:7]:
        service.put(name, gap=9.0, time=NEW)
    service.interrupt = lambda _path, asked: (503, b"out") if "e03" in str(asked["query"]) else None
    with pytest.raises(TransportError):
        run(mode=UPDATE)
    assert service.paths == [LIST] * 3 + [ARCHIVES]
    service.interrupt = lambda _path, _asked: None
    got = gaps(run(mode=UPDATE))
    assert [got[name] for name in ALL[:8]] == [9.0] * 7 + [1.7]
    assert service.fetched == ALL[3:7]


def test_increments_build_on_one_another_and_are_replayed_offline(run: Run, service: Nomad, store: Store) -> None:
    run()
    last = run(mode=UPDATE)
    for step, name in enumerate(("e01", "e02", "e01")):
        service.put(name, gap=10.0 + step, time=f"2026-03-0{step + 1}T00:00:00+00:00")
        last = run(mode=UPDATE)
        assert service.fetched == [name]
    assert [gaps(last)[name] for name in ("e01", "e02")] == [12.0, 11.0]
    files = {path: path.read_bytes() for path in (store.folder / last.source.folder).iterdir()}
    shutil.rmtree(store.folder / last.source.folder)
    again = run(mode=Mode(locked=True, offline=True))
    assert (again.source, again.tables, again.fetched, service.asked) == (last.source, last.tables, 0, [])
    assert {path: path.read_bytes() for path in files} == files


def test_a_harvest_that_asked_for_less_is_not_built_on(
    run: Run, service: Nomad, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a release whose card maps more fields."""
    card = NomadSource.card
    with monkeypatch.context() as earlier:
        earlier.setattr(NomadSource, "card", card.model_copy(update={"labels": {}}))
        run()
    service.put("e04", gap=9.0, time=NEW)
    assert gaps(run(mode=UPDATE))["e04"] == 9.0
    assert service.paths == [ARCHIVES] * 5
