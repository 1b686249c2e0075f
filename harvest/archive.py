"""Archive: raw bytes in, places of durable bytes out; WARC segments (ISO 28500) that only ever grow.

One gzip member an exchange, addressable by segment and offset, readable by every tool for web archives. A member
counts once it is durable. What a kill tears off at the end of a segment is found by `scan` and cut away by `repair`;
whole members that a ledger does not know are found too, so that a ledger can be rebuilt from the segments alone.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import uuid
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from harvest.errors import IntegrityError
from schemas.disk import sync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

SEGMENT_BYTES = 256 << 20
_READ = 1 << 20
_LEVEL = 6
_NAMESPACE = uuid.UUID("8f8d1a3e-6f3b-5c39-9a57-0d3c3f1f1c11")
_SAFE = "/:?&=#[]@!$'()*+,;"
_MEMBER_START = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"


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


@dataclass(frozen=True)
class Exchange:
    """A request with its answer, or a note of the archive about a harvest (`kind` is then metadata).

    Attributes:
        uri: percent-encoded, as on the wire.
        payload: the answer with its content encoding undone.
    """

    harvest: str
    request_key: str
    uri: str
    media_type: str
    payload: bytes = field(repr=False)
    fetched_at: datetime | None
    kind: str = "response"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def sha256(self) -> str:
        """The hash of the payload, in hex."""
        return hashlib.sha256(self.payload).hexdigest()


class Archive:
    """The segments of one folder."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        """Use a folder; it is made when the first member is written."""
        self.folder = folder
        self._segment_bytes = segment_bytes

    def segments(self) -> list[Path]:
        """Return all segments, oldest first."""
        return sorted(self.folder.glob("*.warc.gz")) if self.folder.is_dir() else []

    def append(self, exchange: Exchange) -> Place:
        """Write an exchange at the end of the newest segment and return its place once it is durable."""
        self.folder.mkdir(parents=True, exist_ok=True)
        member = gzip.compress(_warc_record(exchange), compresslevel=_LEVEL, mtime=0)
        path = self._open_segment()
        is_new = not path.exists()
        with path.open("ab", buffering=0) as file:
            offset = file.seek(0, os.SEEK_END)
            rest = memoryview(member)
            try:
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                os.ftruncate(file.fileno(), offset)  # nothing is written behind what a full disk let through
                raise
        if is_new:
            sync(self.folder)
        return Place(path.name, offset, len(member), hashlib.sha256(member).hexdigest())

    def read(self, place: Place, *, sha256: str) -> Exchange:
        """Return the exchange at a place.

        Raises:
            IntegrityError: the bytes are gone, torn or not those that were recorded.
        """
        path = self.folder / place.segment
        where = f"{path.name} at {place.offset}"
        try:
            with path.open("rb") as file:
                file.seek(place.offset)
                exchange = _read_member(file.read(place.length))
        except (OSError, EOFError, zlib.error, gzip.BadGzipFile, ArchiveLoadFailed, ValueError) as error:
            message = f"archive segment {where} cannot be read ({error}); restore {path} from a backup"
            raise IntegrityError(message) from error
        if exchange.sha256 != sha256:
            message = f"archive segment {where}: expected sha256 {sha256}, got {exchange.sha256}; restore {path}"
            raise IntegrityError(message)
        return exchange

    def scan(self, segment: Path, start: int = 0) -> Iterator[tuple[Place, Exchange]]:
        """Yield the whole members of a segment from an offset on; stop before a torn one."""
        with segment.open("rb") as file:
            offset = start
            while (length := _member_length(file, offset)) is not None:
                file.seek(offset)
                member = file.read(length)
                yield Place(segment.name, offset, length, hashlib.sha256(member).hexdigest()), _read_member(member)
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
        present = self.segments()
        if present and present[-1].stat().st_size < self._segment_bytes:
            return present[-1]
        number = int(present[-1].name.split(".")[0]) + 1 if present else 1
        return self.folder / f"{number:06d}.warc.gz"


def _warc_record(exchange: Exchange) -> bytes:
    """Return the WARC record of an exchange, not compressed."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=False)
    identity = f"{exchange.harvest}\n{exchange.request_key}\n{exchange.sha256}"
    headers = {
        "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(_NAMESPACE, identity)}>",
        "WARC-Payload-Digest": f"sha256:{exchange.sha256}",
        "Matgranary-Harvest": quote(exchange.harvest, safe=_SAFE),
        "Matgranary-Request": quote(exchange.request_key, safe=_SAFE),
    }
    if exchange.fetched_at is not None:
        headers["WARC-Date"] = exchange.fetched_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    http = None
    if exchange.kind == "response":
        http = StatusAndHeaders(str(exchange.status), list(exchange.headers), protocol="HTTP/1.1")
    record = writer.create_warc_record(
        exchange.uri,
        exchange.kind,
        payload=io.BytesIO(exchange.payload),
        length=len(exchange.payload),
        warc_content_type="" if http else exchange.media_type,
        warc_headers_dict=headers,
        http_headers=http,
    )
    writer.write_record(record)
    return buffer.getvalue()


def _read_member(member: bytes) -> Exchange:
    """Return the exchange of one gzip member; its checksum is proved by gzip itself."""
    for record in ArchiveIterator(io.BytesIO(gzip.decompress(member))):
        said = record.rec_headers
        http = record.http_headers
        media_type = http.get_header("Content-Type") if http else record.content_type
        return Exchange(
            harvest=unquote(said.get_header("Matgranary-Harvest") or ""),
            request_key=unquote(said.get_header("Matgranary-Request") or ""),
            uri=said.get_header("WARC-Target-URI") or "",
            media_type=media_type or "application/octet-stream",
            payload=record.raw_stream.read(),
            fetched_at=_date(said.get_header("WARC-Date")),
            kind=record.rec_type,
            status=int(http.get_statuscode()) if http else 200,
            headers=tuple(http.headers) if http else (),
        )
    message = "the member holds no WARC record"
    raise ValueError(message)


def _date(text: str | None) -> datetime | None:
    from datetime import UTC, datetime  # noqa: PLC0415 — only where an archive is read

    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) if text else None


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
