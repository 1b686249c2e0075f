"""Verify: the archive, its ledger and the records, byte by byte; every file that is not what was written, named."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from harvest.archive import Archive
from harvest.ledger import Ledger, read_ledger
from harvest.literature.facts import note_of
from harvest.warc import CONVERSION
from schemas.checks import CheckResult
from schemas.disk import sha256_of_file
from schemas.records import SourceRecords

if TYPE_CHECKING:
    from pathlib import Path

_RESTORE = "restore it from a backup"
_REBUILD = "delete its folder: the next run makes it again from the archive"


def verify_store(store: Path) -> list[CheckResult]:
    """Prove the archive and the records of a store; nothing is written."""
    return [*_archive(store), *_records(store)]


def _archive(store: Path) -> list[CheckResult]:
    archive = Archive(store / "raw")
    path = archive.folder / "ledger.sqlite"
    if not path.exists():
        return [
            CheckResult(
                subject=str(path), passed=not archive.segments(), message="the ledger is missing; any run rebuilds it"
            )
        ]
    try:
        ledger = Ledger(path, read_only=True)
    except sqlite3.Error as error:
        return [CheckResult(subject=str(path), passed=False, message=f"{error}; move it away: any run rebuilds it")]
    try:
        if not ledger.is_sound():
            return [CheckResult(subject=str(path), passed=False, message="damaged; move it away: any run rebuilds it")]
        return [CheckResult(subject=str(path), passed=True, message="whole"), *_segments(archive, ledger)]
    except sqlite3.Error as error:
        return [CheckResult(subject=str(path), passed=False, message=f"{error}; move it away: any run rebuilds it")]
    finally:
        ledger.close()


def _segments(archive: Archive, ledger: Ledger) -> list[CheckResult]:
    places: dict[str, list[int]] = {segment.name: [] for segment in archive.segments()}
    ends: dict[str, int] = dict.fromkeys(places, 0)
    for stored in ledger.exchanges():
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


def _records(store: Path) -> list[CheckResult]:
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
    return results
