"""Verify: the archive, its ledger and the records, byte by byte; every file that is not what was written, named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from harvest.archive import Archive
from harvest.ledger import Ledger, read_ledger
from harvest.literature.facts import note_of
from harvest.warc import CONVERSION
from schemas.checks import CheckResult
from schemas.disk import sha256_of_file
from schemas.records import SourceRecords

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from harvest.ledger import Stored

_RESTORE = "restore it from a backup"
_LOST = "restore the folder `raw` of the store from a backup"
_REBUILD_LEDGER = "move it away: any run rebuilds it"
_REBUILD = "delete its folder: the next run makes it again from the archive"


def verify_store(store: Path) -> list[CheckResult]:
    """Prove the archive and the records of a store, and that all which records came from is archived.

    Nothing is written.
    """
    archive = Archive(store / "raw")
    path = archive.folder / "ledger.sqlite"
    if not path.exists():
        has_lost_it = bool(archive.segments())
        said = "the ledger is missing; any run rebuilds it" if has_lost_it else "nothing is archived"
        missing = CheckResult(subject=str(path), passed=not has_lost_it, message=said)
        return [missing, *_records(store, None if has_lost_it else frozenset())]
    try:
        with closing(Ledger(path, read_only=True)) as ledger:
            if not ledger.is_sound():
                damaged = CheckResult(subject=str(path), passed=False, message=f"damaged; {_REBUILD_LEDGER}")
                return [damaged, *_records(store, None)]
            archived = ledger.exchanges()
    except sqlite3.Error as error:
        unreadable = CheckResult(subject=str(path), passed=False, message=f"{error}; {_REBUILD_LEDGER}")
        return [unreadable, *_records(store, None)]
    whole = CheckResult(subject=str(path), passed=True, message="whole")
    return [whole, *_segments(archive, archived), *_records(store, {stored.sha256 for stored in archived})]


def _segments(archive: Archive, archived: Sequence[Stored]) -> list[CheckResult]:
    places: dict[str, list[int]] = {segment.name: [] for segment in archive.segments()}
    ends: dict[str, int] = dict.fromkeys(places, 0)
    for stored in archived:
        place = stored.place
        if place.segment not in places or not archive.is_intact(place) or ends[place.segment] != place.offset:
            places.setdefault(place.segment, []).append(place.offset)
        ends[place.segment] = place.offset + place.length
    results = []
    for name, damaged in sorted(places.items()):
        path = archive.folder / name
        size = path.stat().st_size if path.exists() else 0
        message = f"{size} bytes, every member as written"
        if damaged:
            message = f"the bytes of the member at {damaged[0]} are not those that were written; {_RESTORE}"
        elif size != ends[name]:
            message = f"{size} bytes, expected {ends[name]}; an interrupted run leaves this, the next run mends it"
        results.append(CheckResult(subject=str(path), passed=not damaged and size == ends[name], message=message))
    return results


def unkept_texts(store: Path) -> list[tuple[str, str]]:
    """Return of each text that was read and not kept where it was had, and in words why and by which hash it is told.

    Raises:
        StorageError: the ledger cannot be read.
    """
    archive = Archive(store / "raw")
    if not (archive.folder / "ledger.sqlite").exists():
        return []
    with read_ledger(archive) as ledger:
        return [
            (stored.uri, note_of(archive.read(stored.place, sha256=stored.sha256).payload))
            for stored in ledger.exchanges()
            if stored.kind == CONVERSION and archive.is_intact(stored.place)
        ]


def _records(store: Path, archived: Collection[str] | None) -> list[CheckResult]:
    """Prove the records.

    Args:
        store: the folder of the store.
        archived: the hashes of what is archived; none where that cannot be told.
    """
    results = []
    for path in sorted((store / "records").glob("*/*/manifest.json")):
        try:
            records = SourceRecords.model_validate_json(path.read_bytes())
        except ValueError as error:
            results.append(CheckResult(subject=str(path), passed=False, message=f"unreadable ({error}); {_REBUILD}"))
            continue
        for file in records.files:
            part = path.parent / file.path
            whole = part.exists() and sha256_of_file(part) == file.sha256
            said = f"{file.rows} rows" if whole else f"not the bytes that were written; {_REBUILD}"
            results.append(CheckResult(subject=str(part), passed=whole, message=said))
            if whole and file.table == "raw_objects" and archived is not None:
                results.append(_traced(part, archived))
    return results


def _traced(part: Path, archived: Collection[str]) -> CheckResult:
    """Prove that what records came from is archived."""
    came_from = set(pq.read_table(part, columns=["raw_sha256"])["raw_sha256"].to_pylist())
    lost = came_from.difference(archived)
    said = "all that these records came from is archived"
    if lost:
        said = f"{len(lost)} of the {len(came_from)} raw objects that these records came from are not archived; {_LOST}"
    return CheckResult(subject=str(part.parent), passed=not lost, message=said)
