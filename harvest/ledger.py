"""Ledger: which page of which harvest stands where in the archive; SQLite, one row a page, written when it is durable.

The ledger is an index: `recover` rebuilds it from the archive, be it a single page that a kill left out or all of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harvest.archive import Archive, Exchange, Place
from harvest.errors import StorageError
from harvest.warc import METADATA, REVISIT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FORMAT = 2  # raised when the tables change; a ledger of another format is made anew from the archive
_SCHEMA = """
CREATE TABLE IF NOT EXISTS harvests (
    harvest TEXT PRIMARY KEY, key TEXT NOT NULL, fingerprint TEXT NOT NULL, attempt INTEGER NOT NULL,
    state TEXT NOT NULL, closing TEXT, UNIQUE (key, fingerprint, attempt)
) STRICT;
CREATE TABLE IF NOT EXISTS exchanges (
    harvest TEXT NOT NULL, request_key TEXT NOT NULL, uri TEXT NOT NULL,
    media_type TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, fetched_at TEXT,
    segment TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL, member_sha256 TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (harvest, request_key)
) STRICT;
CREATE INDEX IF NOT EXISTS exchanges_by_sha256 ON exchanges (sha256);
CREATE TABLE IF NOT EXISTS segments (segment TEXT PRIMARY KEY, known_bytes INTEGER NOT NULL) STRICT;
"""


_DROP = "DROP TABLE IF EXISTS harvests; DROP TABLE IF EXISTS exchanges; DROP TABLE IF EXISTS segments;"


class State(StrEnum):
    """What became of a harvest."""

    OPEN = "open"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    DISCARDED = "discarded"


@dataclass(frozen=True)
class Harvest:
    """One attempt to walk one query."""

    harvest: str
    key: str
    fingerprint: str
    attempt: int
    state: State
    closing: dict[str, object]


@dataclass(frozen=True)
class Stored:
    """An archived exchange, without its bytes."""

    harvest: str
    request_key: str
    uri: str
    media_type: str
    sha256: str
    bytes: int
    fetched_at: str | None
    place: Place
    kind: str


_COLUMNS = (
    "harvest, request_key, uri, media_type, sha256, bytes, fetched_at, segment, offset, length, member_sha256, kind"
)
_CLOSING = "closing "


class Ledger:
    """The index of an archive."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open or make the ledger.

        Raises:
            sqlite3.Error: the file is no ledger, or cannot be written.
        """
        if not read_only:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(_reading(path) if read_only else str(path), uri=read_only, autocommit=True)
        try:
            self._prepare(read_only=read_only)
        except sqlite3.Error:
            self._db.close()
            raise

    def _prepare(self, *, read_only: bool) -> None:
        """Make the tables, unless they are there."""
        found = self._db.execute("PRAGMA user_version").fetchone()[0]
        if read_only and found != _FORMAT:
            message = f"the ledger has format {found}, this version reads {_FORMAT}"
            raise sqlite3.DatabaseError(message)
        if read_only:
            return
        # A row that a power cut takes away is made again from the archive, which is synced: one sync a page is enough.
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        if found != _FORMAT:
            self._db.executescript(_DROP + _SCHEMA + f"PRAGMA user_version={_FORMAT};")

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def harvests(self, key: str, fingerprint: str) -> list[Harvest]:
        """Return all attempts at a query, oldest first."""
        rows = self._db.execute(
            "SELECT harvest, key, fingerprint, attempt, state, closing FROM harvests "
            "WHERE key = ? AND fingerprint = ? ORDER BY attempt",
            (key, fingerprint),
        )
        return [Harvest(r[0], r[1], r[2], r[3], State(r[4]), json.loads(r[5] or "{}")) for r in rows]

    def last_harvest(self, key: str) -> Harvest | None:
        """Return the newest attempt at any query of a source."""
        row = self._db.execute(
            "SELECT harvest, key, fingerprint, attempt, state, closing FROM harvests WHERE key = ? "
            "ORDER BY rowid DESC LIMIT 1",
            (key,),
        ).fetchone()
        return Harvest(row[0], row[1], row[2], row[3], State(row[4]), json.loads(row[5] or "{}")) if row else None

    def last_harvests(self) -> dict[str, Harvest]:
        """Return the newest attempt at each source, by its name."""
        keys = [row[0] for row in self._db.execute("SELECT DISTINCT key FROM harvests ORDER BY key")]
        return {key: last for key in keys if (last := self.last_harvest(key)) is not None}

    def harvest_before(self, harvest: Harvest) -> str | None:
        """Return the name of the attempt before one, at the same query."""
        name = f"{harvest.key}/{harvest.fingerprint}/{harvest.attempt - 1}"
        return name if harvest.attempt > 1 else None

    def open_harvest(self, key: str, fingerprint: str) -> Harvest:
        """Begin the next attempt at a query."""
        attempt = len(self.harvests(key, fingerprint)) + 1
        harvest = Harvest(f"{key}/{fingerprint}/{attempt}", key, fingerprint, attempt, State.OPEN, {})
        self._db.execute(
            "INSERT OR IGNORE INTO harvests VALUES (?, ?, ?, ?, ?, NULL)",
            (harvest.harvest, key, fingerprint, attempt, State.OPEN),
        )
        return harvest

    def close_harvest(self, note: Exchange, place: Place) -> Harvest:
        """Take over the archive's note of how an attempt ended."""
        key, fingerprint, attempt = note.harvest.rsplit("/", 2)
        closing = json.loads(note.payload)
        state = State(closing["state"])
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(
            "INSERT INTO harvests VALUES (?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (harvest) DO UPDATE SET state = excluded.state, closing = excluded.closing",
            (note.harvest, key, fingerprint, int(attempt), state, note.payload.decode()),
        )
        self._insert(_described(note, place, None))
        self._know(place.segment, place.offset + place.length)
        self._db.execute("COMMIT")
        return Harvest(note.harvest, key, fingerprint, int(attempt), state, closing)

    def record(self, exchange: Exchange, place: Place, *, n_bytes: int | None = None) -> Stored:
        """Write the row of a durable exchange.

        Args:
            exchange: what was archived.
            place: where.
            n_bytes: size of the payload, where the exchange does not hold it.
        """
        stored = _described(exchange, place, n_bytes)
        self._db.execute("BEGIN IMMEDIATE")
        self._insert(stored)
        self._know(place.segment, place.offset + place.length)
        self._db.execute("COMMIT")
        return stored

    def find(self, harvest: str, request_key: str) -> Stored | None:
        """Return the archived answer to a request of a harvest."""
        return self._one("harvest = ? AND request_key = ?", (harvest, request_key))

    def find_raw(self, sha256: str) -> Stored | None:
        """Return where bytes with a hash are archived; a record that only says that they came again is not it."""
        return self._one("sha256 = ? AND kind <> ?", (sha256, REVISIT))

    def n_exchanges(self, harvest: str) -> int:
        """Return how many exchanges of a harvest are archived."""
        return int(self._db.execute("SELECT count(*) FROM exchanges WHERE harvest = ?", (harvest,)).fetchone()[0])

    def first_fetch(self, harvest: str) -> str | None:
        """Return when the first answer of a harvest came, ISO 8601."""
        query = "SELECT min(fetched_at) FROM exchanges WHERE harvest = ? AND kind <> ?"
        row = self._db.execute(query, (harvest, METADATA)).fetchone()
        return None if row[0] is None else str(row[0])

    def exchanges(self) -> list[Stored]:
        """Return all archived exchanges in the order of the archive."""
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM exchanges ORDER BY segment, offset")  # noqa: S608 — constant
        return [_stored(row) for row in rows]

    def is_sound(self) -> bool:
        """Tell whether SQLite finds the file whole."""
        return bool(self._db.execute("PRAGMA integrity_check").fetchone()[0] == "ok")

    def recover(self, archive: Archive) -> int:
        """Index what the archive holds and the ledger does not; return the number of exchanges found.

        Raises:
            IntegrityError: a segment is damaged in the middle.
        """
        found = 0
        for segment in archive.segments():
            known = self._known(segment.name)
            if segment.stat().st_size <= known:
                continue
            end = known
            for place, exchange in archive.scan(segment, known):
                self._adopt(exchange, place)
                end = place.offset + place.length
                found += 1
            archive.repair(segment, end)
            self._know(segment.name, end)
        return found

    def _adopt(self, exchange: Exchange, place: Place) -> None:
        if exchange.kind == METADATA and exchange.request_key.startswith(_CLOSING):
            self.close_harvest(exchange, place)
            return
        key, fingerprint, attempt = exchange.harvest.rsplit("/", 2)
        self._db.execute(
            "INSERT OR IGNORE INTO harvests VALUES (?, ?, ?, ?, ?, NULL)",
            (exchange.harvest, key, fingerprint, int(attempt), State.OPEN),
        )
        self.record(exchange, place)

    def _insert(self, stored: Stored) -> None:
        place = stored.place
        self._db.execute(
            f"INSERT OR IGNORE INTO exchanges ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 — constant
            (
                stored.harvest,
                stored.request_key,
                stored.uri,
                stored.media_type,
                stored.sha256,
                stored.bytes,
                stored.fetched_at,
                place.segment,
                place.offset,
                place.length,
                place.sha256,
                stored.kind,
            ),
        )

    def _one(self, condition: str, values: tuple[str, ...]) -> Stored | None:
        query = f"SELECT {_COLUMNS} FROM exchanges WHERE {condition} LIMIT 1"  # noqa: S608 — conditions are constants
        row = self._db.execute(query, values).fetchone()
        return _stored(row) if row else None

    def _known(self, segment: str) -> int:
        row = self._db.execute("SELECT known_bytes FROM segments WHERE segment = ?", (segment,)).fetchone()
        return int(row[0]) if row else 0

    def _know(self, segment: str, end: int) -> None:
        self._db.execute(
            "INSERT INTO segments VALUES (?, ?) ON CONFLICT (segment) DO UPDATE SET known_bytes = excluded.known_bytes",
            (segment, end),
        )


@contextlib.contextmanager
def read_ledger(archive: Archive) -> Iterator[Ledger]:
    """Open the ledger of an archive to look things up; writers are not in the way, nor they in theirs.

    Raises:
        StorageError: there is no ledger, or it cannot be read; says what to do.
    """
    path = archive.folder / "ledger.sqlite"
    try:
        ledger = Ledger(path, read_only=True)
    except sqlite3.Error as error:
        message = f"{path} cannot be read ({error}); any run of a recipe rebuilds it from the archive"
        raise StorageError(message) from error
    try:
        yield ledger
    finally:
        ledger.close()


def _reading(path: Path) -> str:
    """Return the address by which SQLite reads a ledger.

    A reader writes its marks beside the file. Where it cannot, the file is taken for one that nobody changes, unless
    pages that belong to it stand in the write-ahead log.
    """
    address = f"{path.absolute().as_uri()}?mode=ro"
    log = path.with_name(f"{path.name}-wal")
    is_still = not os.access(path.parent, os.W_OK) and not (log.exists() and log.stat().st_size)
    return f"{address}&immutable=1" if is_still else address


def closing_key(attempt: int) -> str:
    """Return the key under which the archive's note of how an attempt ended stands."""
    return f"{_CLOSING}{attempt}"


def _described(exchange: Exchange, place: Place, n_bytes: int | None) -> Stored:
    fetched_at = exchange.fetched_at.isoformat() if exchange.fetched_at else None
    return Stored(
        exchange.harvest,
        exchange.request_key,
        exchange.uri,
        exchange.media_type,
        exchange.sha256,
        len(exchange.payload) if n_bytes is None else n_bytes,
        fetched_at,
        place,
        exchange.kind,
    )


def _stored(row: tuple[str, str, str, str, str, int, str | None, str, int, int, str, str]) -> Stored:
    return Stored(row[0], row[1], row[2], row[3], row[4], row[5], row[6], Place(*row[7:11]), row[11])
