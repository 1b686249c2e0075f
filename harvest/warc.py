"""WARC: one exchange in, the bytes of one record out, and back (ISO 28500)."""

from __future__ import annotations

import hashlib
import io
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from isal import isal_zlib

if TYPE_CHECKING:
    from typing import Any, BinaryIO

_NAMESPACE = uuid.UUID("8f8d1a3e-6f3b-5c39-9a57-0d3c3f1f1c11")
_SAFE = "/:?&=#[]@!$'()*+,;"
_DATE = "%Y-%m-%dT%H:%M:%SZ"
_SAME_PAYLOAD = "http://netpreserve.org/warc/1.0/revisit/identical-payload-digest"
RESPONSE, RESOURCE, METADATA, REVISIT, CONVERSION = "response", "resource", "metadata", "revisit", "conversion"
TAIL = b"\r\n\r\n"
_GZIP = 31  # what zlib calls a gzip member


@dataclass(frozen=True)
class Exchange:
    """A request with its answer, or a note of the archive about a harvest (`kind` is then metadata).

    Attributes:
        uri: percent-encoded, as on the wire.
        payload: the answer with its content encoding undone; empty where the bytes are in the archive already.
        kind: response, resource (a file), metadata, revisit (the answer was what is archived already), or conversion
            (the payload was made of an answer that is not kept).
        payload_sha256: hash of a payload that is not held here: it is archived already, or stands in a file.
    """

    harvest: str
    request_key: str
    uri: str
    media_type: str
    payload: bytes = field(repr=False)
    fetched_at: datetime | None
    kind: str = RESPONSE
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    payload_sha256: str | None = None

    @cached_property
    def sha256(self) -> str:
        """The hash of the payload, in hex."""
        return self.payload_sha256 or hashlib.sha256(self.payload).hexdigest()


def record_of(exchange: Exchange) -> bytes:
    """Return the record of an exchange, not compressed."""
    return b"".join((head_of(exchange, exchange.sha256, len(exchange.payload)), exchange.payload, TAIL))


def head_of(exchange: Exchange, sha256: str, n_bytes: int) -> bytes:
    """Return what stands in a record before its payload.

    Args:
        exchange: what is written; its payload is not looked at.
        sha256: hash of the payload.
        n_bytes: its length.
    """
    http = _http_head(exchange) if exchange.kind in {RESPONSE, REVISIT} else b""
    identity = f"{exchange.harvest}\n{exchange.request_key}\n{sha256}"
    lines = {
        "WARC-Type": exchange.kind,
        "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(_NAMESPACE, identity)}>",
        "WARC-Target-URI": exchange.uri,
        "WARC-Date": exchange.fetched_at.strftime(_DATE) if exchange.fetched_at else "1970-01-01T00:00:00Z",
        "WARC-Payload-Digest": f"sha256:{sha256}",
        **({"WARC-Profile": _SAME_PAYLOAD} if exchange.kind == REVISIT else {}),
        "Matgranary-Harvest": quote(exchange.harvest, safe=_SAFE),
        "Matgranary-Request": quote(exchange.request_key, safe=_SAFE),
        "Content-Type": "application/http; msgtype=response" if http else exchange.media_type,
        "Content-Length": str(len(http) + n_bytes),
    }
    written = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in lines.items())
    return f"WARC/1.0\r\n{written}\r\n".encode() + http


def _http_head(exchange: Exchange) -> bytes:
    headers = "".join(f"{name}: {_one_line(value)}\r\n" for name, value in exchange.headers)
    return f"HTTP/1.1 {exchange.status}\r\n{headers}\r\n".encode()


def _one_line(value: str) -> str:
    return value if value.isprintable() else "".join(c if c.isprintable() else quote(c, safe="") for c in value)


def read_head(file: BinaryIO) -> tuple[Exchange, str | None, BinaryIO]:
    """Read the record at the place of a file of gzip members: what stands before its payload.

    Returns:
        The exchange without its payload, the hash that the record states, and a stream of the payload.

    Raises:
        ValueError: there is no record.
    """
    # Only where an archive is read: warcio brings fsspec along, and that asyncio.
    from warcio.archiveiterator import ArchiveIterator  # noqa: PLC0415
    from warcio.exceptions import ArchiveLoadFailed  # noqa: PLC0415

    try:
        record = next(iter(ArchiveIterator(file)), None)
    except ArchiveLoadFailed as error:
        raise ValueError(str(error)) from error
    if record is None:
        message = "the member holds no WARC record"
        raise ValueError(message)
    return _read(record)


def _read(record: Any) -> tuple[Exchange, str | None, BinaryIO]:  # noqa: ANN401 — warcio has no types
    said, http = record.rec_headers, record.http_headers
    stated = (said.get_header("WARC-Payload-Digest") or "").removeprefix("sha256:") or None
    exchange = Exchange(
        harvest=unquote(said.get_header("Matgranary-Harvest") or ""),
        request_key=unquote(said.get_header("Matgranary-Request") or ""),
        uri=said.get_header("WARC-Target-URI") or "",
        media_type=_media_type(record),
        payload=b"",
        fetched_at=_date(said.get_header("WARC-Date")),
        kind=record.rec_type,
        status=int(http.get_statuscode()) if http else 200,
        headers=tuple(http.headers) if http else (),
        payload_sha256=stated if record.rec_type == REVISIT else None,
    )
    return exchange, stated, record.raw_stream


def read_record(member: bytes) -> Exchange:
    """Return the exchange of one gzip member; its checksum is proved by gzip itself."""
    from dataclasses import replace  # noqa: PLC0415 — see above

    exchange, _, stream = read_head(io.BytesIO(isal_zlib.decompress(member, _GZIP)))
    return replace(exchange, payload=stream.read())


def _media_type(record: Any) -> str:  # noqa: ANN401 — warcio has no types
    http = record.http_headers
    return str((http.get_header("Content-Type") if http else record.content_type) or "application/octet-stream")


def _date(text: str | None) -> datetime | None:
    return datetime.strptime(text, _DATE).replace(tzinfo=UTC) if text else None
