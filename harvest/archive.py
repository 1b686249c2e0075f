"""Archive: raw bytes in, places of durable bytes out; WARC segments (ISO 28500) that only ever grow.

One gzip member an exchange, addressable by segment and offset, readable by every tool for web archives. A member
counts once it is durable. What a kill tears off at the end of a segment is found by `scan` and cut away by `repair`;
whole members that a ledger does not know are found too, so that a ledger can be rebuilt from the segments alone.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from isal import isal_zlib

from harvest.errors import IntegrityError
from harvest.warc import TAIL, Exchange, head_of, read_head, read_record, record_of
from schemas.disk import sync

if TYPE_CHECKING:
    import io
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["SEGMENT_BYTES", "Archive", "Exchange", "Place"]

SEGMENT_BYTES = 256 << 20
_READ = 1 << 20
_LEVEL = 2  # of ISA-L: a fifth of the time of zlib's level 4, for a twelfth more bytes
_MEMBER_START = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
_GZIP = 31  # what zlib calls a gzip member
_UNREADABLE = (OSError, EOFError, zlib.error, cast("type[Exception]", isal_zlib.error), ValueError)


@dataclass(frozen=True)
class Place:
    """Where a member stands.

    Attributes:
        segment: name of the segment.
        offset: first byte.
        length: number of bytes.
        sha256: hash of the compressed bytes, in hex: it covers what gzip's own checksum does not.
    """

    segment: str
    offset: int
    length: int
    sha256: str


class Archive:
    """The segments of one folder."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Use a folder; it is made when the first member is written."""
        self.folder = folder
        self._segment_bytes = segment_bytes
        self._newest: Path | None = None

    def segments(self) -> list[Path]:
        """Return all segments, oldest first."""
        return sorted(self.folder.glob("[0-9]" * 6 + ".warc.gz")) if self.folder.is_dir() else []

    def append(self, exchange: Exchange) -> Place:
        """Write an exchange at the end of the newest segment and return its place once it is durable."""
        return self._write([isal_zlib.compress(record_of(exchange), _LEVEL, _GZIP)])

    def append_file(self, exchange: Exchange, file: Path, *, sha256: str) -> Place:
        """Write an exchange whose payload stands in a file; memory does not grow with the file.

        Args:
            exchange: what is written, without its payload.
            file: the payload.
            sha256: its hash, in hex.
        """
        return self._write(_packed(head_of(exchange, sha256, file.stat().st_size), file))

    def _write(self, pieces: Iterable[bytes]) -> Place:
        """Write a member piece by piece; nothing of it stays where the disk refuses."""
        path = self._open_segment()
        is_new = not path.exists()
        if is_new:
            self.folder.mkdir(parents=True, exist_ok=True)
        hashed = hashlib.sha256()
        with path.open("ab", buffering=0) as file:
            offset = file.seek(0, os.SEEK_END)
            try:
                for piece in pieces:
                    hashed.update(piece)
                    _write_all(file, piece)
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), offset)  # nothing is written behind what a full disk let through
                raise
            length = file.tell() - offset
        if is_new:
            sync(self.folder)
        return Place(path.name, offset, length, hashed.hexdigest())

    def read(self, place: Place, *, sha256: str) -> Exchange:
        """Return the exchange at a place.

        Raises:
            IntegrityError: the bytes are gone, torn or not those that were recorded.
        """
        path = self.folder / place.segment
        with _said_as_damage(path, place), path.open("rb") as file:
            file.seek(place.offset)
            exchange = read_record(file.read(place.length))
        _refuse_other_hash(path, place, sha256, exchange.sha256)
        return exchange

    def read_headers(self, place: Place) -> dict[str, str]:
        """Return the headers of the answer at a place, names in lower case.

        Raises:
            IntegrityError: the bytes are gone or torn.
        """
        path = self.folder / place.segment
        with _said_as_damage(path, place), path.open("rb") as file:
            file.seek(place.offset)
            exchange, _, _ = read_head(file)
        return {name.lower(): value for name, value in exchange.headers}

    def copy_payload(self, place: Place, target: Path, *, sha256: str) -> Exchange:
        """Write the payload at a place into a file; memory does not grow with it.

        Returns:
            The exchange without its payload.

        Raises:
            IntegrityError: the bytes are gone, torn or not those that were recorded.
        """
        path = self.folder / place.segment
        hashed = hashlib.sha256()
        target.parent.mkdir(parents=True, exist_ok=True)
        with _said_as_damage(path, place):
            file = path.open("rb")
        with file, target.open("wb") as out:
            file.seek(place.offset)
            with _said_as_damage(path, place):
                exchange, _, stream = read_head(file)
                piece = stream.read(_READ)
            while piece:
                hashed.update(piece)
                out.write(piece)
                with _said_as_damage(path, place):
                    piece = stream.read(_READ)
        _refuse_other_hash(path, place, sha256, hashed.hexdigest())
        return exchange

    def scan(self, segment: Path, start: int = 0) -> Iterator[tuple[Place, Exchange]]:
        """Yield the whole members of a segment from an offset on; stop before a torn one."""
        with segment.open("rb") as file:
            offset = start
            while (length := _member_length(file, offset)) is not None:
                file.seek(offset)
                member = file.read(length)
                yield Place(segment.name, offset, length, hashlib.sha256(member).hexdigest()), read_record(member)
                offset += length

    def is_intact(self, place: Place) -> bool:
        """Tell whether the bytes at a place are those that were written, to the last bit."""
        try:
            with (self.folder / place.segment).open("rb") as file:
                file.seek(place.offset)
                return hashlib.sha256(file.read(place.length)).hexdigest() == place.sha256
        except OSError:
            return False

    def repair(self, segment: Path, end: int) -> int:
        """Cut away what a killed writer left after the last whole member; return how many bytes it had.

        Raises:
            IntegrityError: whole members or another segment follow the damage, or the last member is there to its end
                and still not whole: that is no torn write but rot, and is left alone.
        """
        torn = segment.stat().st_size - end
        if torn:
            with segment.open("r+b") as file:
                if segment != self.segments()[-1] or _member_after(file, end):
                    message = f"archive segment {segment.name} is damaged at {end}; restore {segment} from a backup"
                    raise IntegrityError(message)
                file.truncate(end)
                os.fsync(file.fileno())
        return torn

    def _open_segment(self) -> Path:
        """Return the segment that grows: the newest, or the next one where that is full."""
        if self._newest is None:
            present = self.segments()
            self._newest = present[-1] if present else self.folder / _segment_name(1)
        while (following := self.folder / _segment_name(int(self._newest.name.split(".")[0]) + 1)).exists():
            self._newest = following  # another process wrote since this one did
        if self._newest.exists() and self._newest.stat().st_size >= self._segment_bytes:
            self._newest = following
        return self._newest


def _segment_name(number: int) -> str:
    return f"{number:06d}.warc.gz"


def _packed(head: bytes, file: Path) -> Iterator[bytes]:
    """Yield the gzip member of a record whose payload stands in a file."""
    engine = isal_zlib.compressobj(_LEVEL, wbits=_GZIP)
    yield engine.compress(head)
    with file.open("rb") as payload:
        while piece := payload.read(_READ):
            yield engine.compress(piece)
    yield engine.compress(TAIL) + engine.flush()


def _write_all(file: io.FileIO, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[file.write(rest) :]


@contextlib.contextmanager
def _said_as_damage(path: Path, place: Place) -> Iterator[None]:
    """Say of bytes that cannot be read where they are and what to do.

    Raises:
        IntegrityError: instead of what the reader raised.
    """
    try:
        yield
    except _UNREADABLE as error:
        message = (
            f"archive segment {path.name} at {place.offset} cannot be read ({error}); restore {path} from a backup"
        )
        raise IntegrityError(message) from error


def _refuse_other_hash(path: Path, place: Place, expected: str, got: str) -> None:
    if got != expected:
        message = (
            f"archive segment {path.name} at {place.offset}: expected sha256 {expected}, got {got}; restore {path}"
        )
        raise IntegrityError(message)


def _member_length(file: io.BufferedReader | io.BufferedRandom, offset: int) -> int | None:
    """Return the length of the whole gzip member at an offset, or none where it is torn or the file ends."""
    file.seek(offset)
    engine = zlib.decompressobj(wbits=31)
    length = 0
    while chunk := file.read(_READ):
        try:
            engine.decompress(chunk)
        except zlib.error:
            return None
        length += len(chunk)
        if engine.eof:
            return length - len(engine.unused_data)
    return None


def _member_after(file: io.BufferedRandom, offset: int) -> bool:
    """Tell whether a whole member begins anywhere after an offset."""
    file.seek(offset)
    rest = file.read()
    found = rest.find(_MEMBER_START, 1)
    while found > 0:
        if _member_length(file, offset + found) is not None:
            return True
        found = rest.find(_MEMBER_START, found + 1)
    return False
