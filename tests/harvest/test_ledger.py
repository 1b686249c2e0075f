"""The ledger: an index that the archive can always rebuild."""

from __future__ import annotations

import gc
import sqlite3
import warnings
from typing import TYPE_CHECKING

import pytest

from harvest.archive import Archive, Exchange
from harvest.errors import IntegrityError, StorageError
from harvest.ledger import Ledger, State, read_ledger
from schemas.disk import canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "raw")


@pytest.fixture
def open_ledger(archive: Archive) -> Iterator[Callable[[], Ledger]]:
    """Return a function that opens the ledger of the archive; what it opened is closed at the end."""
    opened: list[Ledger] = []

    def open_one() -> Ledger:
        opened.append(Ledger(archive.folder / "ledger.sqlite"))
        return opened[-1]

    yield open_one
    for ledger in opened:
        ledger.close()


@pytest.fixture
def page(fetched_at: datetime) -> Callable[[str, int], Exchange]:
    def make(harvest: str, number: int) -> Exchange:
        return Exchange(harvest, f"READ {number}", "file:a", "text/csv", b"%d" % number, fetched_at, kind="resource")

    return make


@pytest.fixture
def note(fetched_at: datetime) -> Callable[[str, State], Exchange]:
    def make(harvest: str, state: State) -> Exchange:
        closing = canonical_json({"state": state, "raw_root": "r"})
        return Exchange(harvest, "closing 1", "urn:note", "application/json", closing, fetched_at, kind="metadata")

    return make


def forget(archive: Archive) -> None:
    for path in archive.folder.glob("ledger.sqlite*"):
        path.unlink()


def test_a_page_is_found_once_it_is_recorded(
    archive: Archive, open_ledger: Callable[[], Ledger], page: Callable[[str, int], Exchange]
) -> None:
    ledger = open_ledger()
    harvest = ledger.open_harvest("key", "f").harvest
    exchange = page(harvest, 1)
    stored = ledger.record(exchange, archive.append(exchange))
    assert ledger.find(harvest, "READ 1") == ledger.find_raw(exchange.sha256) == stored
    assert ledger.find(harvest, "READ 2") is None
    assert ledger.find("other", "READ 1") is None
    assert ledger.exchanges() == [stored]
    assert ledger.is_sound()


def test_attempts_are_numbered_and_closed_by_a_note(
    archive: Archive, open_ledger: Callable[[], Ledger], note: Callable[[str, State], Exchange]
) -> None:
    ledger = open_ledger()
    closing = note(ledger.open_harvest("a/b", "f").harvest, State.INCOMPLETE)
    ledger.close_harvest(closing, archive.append(closing))
    second = ledger.open_harvest("a/b", "f")
    found = ledger.harvests("a/b", "f")
    assert [(h.attempt, h.state) for h in found] == [(1, State.INCOMPLETE), (2, State.OPEN)]
    assert found[0].closing == {"state": "incomplete", "raw_root": "r"}
    assert ledger.last_harvest("a/b") == second
    assert ledger.last_harvest("none") is None


def test_a_lost_ledger_is_rebuilt_from_the_archive_alone(
    archive: Archive,
    open_ledger: Callable[[], Ledger],
    page: Callable[[str, int], Exchange],
    note: Callable[[str, State], Exchange],
) -> None:
    ledger = open_ledger()
    for key in ("a", "b"):
        harvest = ledger.open_harvest(key, "f").harvest
        for number in range(3):
            ledger.record(page(harvest, number), archive.append(page(harvest, number)))
    closing = note("a/f/1", State.COMPLETE)
    ledger.close_harvest(closing, archive.append(closing))
    before = ledger.exchanges(), ledger.harvests("a", "f"), ledger.harvests("b", "f")
    ledger.close()
    forget(archive)
    rebuilt = open_ledger()
    assert rebuilt.recover(archive) == 7
    assert (rebuilt.exchanges(), rebuilt.harvests("a", "f"), rebuilt.harvests("b", "f")) == before
    assert rebuilt.recover(archive) == 0


@pytest.mark.parametrize("torn", [0, 40])
def test_what_is_durable_but_not_recorded_is_adopted(
    torn: int, archive: Archive, open_ledger: Callable[[], Ledger], page: Callable[[str, int], Exchange]
) -> None:
    ledger = open_ledger()
    harvest = ledger.open_harvest("a", "f").harvest
    ledger.record(page(harvest, 1), archive.append(page(harvest, 1)))
    place = archive.append(page(harvest, 2))  # a kill here leaves the page out of the ledger
    with archive.segments()[0].open("ab") as file:
        file.write(b"\x1f\x8b"[:2] * (torn // 2))  # and this much of the next one
    assert ledger.recover(archive) == 1
    found = ledger.find(harvest, "READ 2")
    assert found is not None
    assert found.place == place
    assert archive.segments()[0].stat().st_size == place.offset + place.length


def test_a_note_that_was_not_recorded_closes_its_attempt(
    archive: Archive, open_ledger: Callable[[], Ledger], note: Callable[[str, State], Exchange]
) -> None:
    ledger = open_ledger()
    ledger.open_harvest("a", "f")
    archive.append(note("a/f/1", State.COMPLETE))
    assert ledger.recover(archive) == 1
    assert ledger.harvests("a", "f")[0].state is State.COMPLETE


def rot(archive: Archive, segment: int, offset: int) -> bytes:
    path = archive.segments()[segment]
    content = bytearray(path.read_bytes())
    content[offset] ^= 0xFF
    path.write_bytes(content)
    return bytes(content)


def test_rot_in_the_middle_stops_a_rebuild_and_is_left_alone(
    archive: Archive, open_ledger: Callable[[], Ledger], page: Callable[[str, int], Exchange]
) -> None:
    places = [archive.append(page("a/f/1", number)) for number in range(3)]
    rotten = rot(archive, 0, places[1].offset + places[1].length // 2)
    with pytest.raises(IntegrityError, match="damaged at"):
        open_ledger().recover(archive)
    assert archive.segments()[0].read_bytes() == rotten


def test_rot_at_the_end_of_a_segment_that_others_follow_is_left_alone(
    tmp_path: Path, open_ledger: Callable[[], Ledger], page: Callable[[str, int], Exchange]
) -> None:
    archive = Archive(tmp_path / "raw", segment_bytes=600)
    places = [archive.append(page("a/f/1", number)) for number in range(6)]
    last = max(place.offset for place in places if place.segment == "000001.warc.gz")
    assert len(archive.segments()) > 1
    rotten = rot(archive, 0, last + 100)
    with pytest.raises(IntegrityError):
        open_ledger().recover(archive)
    assert archive.segments()[0].read_bytes() == rotten


def test_opening_a_ledger_again_leaves_its_bytes(archive: Archive, open_ledger: Callable[[], Ledger]) -> None:
    path = archive.folder / "ledger.sqlite"
    open_ledger().close()
    before = path.read_bytes()
    open_ledger().close()
    assert path.read_bytes() == before


def test_a_file_that_is_no_ledger_is_let_go(archive: Archive, open_ledger: Callable[[], Ledger]) -> None:
    archive.folder.mkdir()
    (archive.folder / "ledger.sqlite").write_bytes(b"this is no database" * 100)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(sqlite3.DatabaseError):
            open_ledger()
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def test_looking_things_up_writes_nothing(archive: Archive, open_ledger: Callable[[], Ledger]) -> None:
    with pytest.raises(StorageError, match="any run of a recipe rebuilds it"), read_ledger(archive):
        pytest.fail("there is no ledger")
    assert not archive.folder.exists()
    open_ledger().close()
    with read_ledger(archive) as ledger, pytest.raises(sqlite3.OperationalError, match="readonly"):
        ledger.open_harvest("a", "f")


@pytest.mark.parametrize("name", ["raw", "raw #1 100% ?"])
def test_a_ledger_in_a_folder_that_cannot_be_written_is_read(
    name: str, tmp_path: Path, page: Callable[[str, int], Exchange], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(tmp_path / name)
    ledger = Ledger(archive.folder / "ledger.sqlite")
    exchange = page(ledger.open_harvest("key", "f").harvest, 1)
    stored = ledger.record(exchange, archive.append(exchange))
    ledger.close()
    before = sorted(archive.folder.iterdir())
    asked = []
    connect = sqlite3.connect
    monkeypatch.setattr("harvest.ledger.os.access", lambda *_: False)
    monkeypatch.setattr("harvest.ledger.sqlite3.connect", lambda *a, **k: asked.append(a[0]) or connect(*a, **k))
    with read_ledger(archive) as read:
        assert read.exchanges() == [stored]
        assert sorted(archive.folder.iterdir()) == before
    (archive.folder / "ledger.sqlite-wal").write_bytes(b"")
    with read_ledger(archive) as read:
        assert read.exchanges() == [stored]
    (archive.folder / "ledger.sqlite-wal").write_bytes(b"pages")
    with read_ledger(archive) as read:
        assert read.exchanges() == [stored]
    assert ["immutable" in one for one in asked] == [True, True, False]
