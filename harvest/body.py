"""Body: the pieces of an answer in, its whole bytes out; what is cut, too large or wrongly packed is refused."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from harvest.errors import ContractError, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PIECE = 1 << 20
_LARGE = 32 << 20
_MOST_UNPACKED = 200  # times the packed size; text of any database stays far below it
_BITS = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def unpacked(pieces: Iterable[bytes], encoding: str | None, *, url: str, max_bytes: int) -> bytes:
    """Return a body with its content encoding undone.

    Args:
        pieces: the body as sent.
        encoding: what the answer says of its encoding: gzip, deflate or nothing; others are not asked for.
        url: where it comes from, for messages.
        max_bytes: how much is read; a small answer may unpack to a large one.

    Raises:
        TransportError: the packed body ends before its end.
        ContractError: there is more than `max_bytes`, or a small answer unpacks to a very large one.
        zlib.error: the body is not packed as it says.
    """
    bits = _BITS.get((encoding or "").strip().lower())
    engine = None if bits is None else zlib.decompressobj(bits)
    body = bytearray()
    received = 0
    for piece in pieces:
        received += len(piece)
        for part in (piece,) if engine is None else _parts(engine, piece):
            body += part
            if len(body) > max_bytes:
                message = f"{url}: the answer is larger than {max_bytes} bytes"
                raise ContractError(message)
            if len(body) > max(_LARGE, _MOST_UNPACKED * received):
                message = f"{url}: {received} bytes unpack to more than {len(body)}: no data is packed like that"
                raise ContractError(message)
    if engine is not None and not engine.eof:
        message = f"{url}: the packed answer ends after {len(body)} bytes, before its end"
        raise TransportError(message)
    return bytes(body)


def _parts(engine: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """Yield what a piece unpacks to, never more than a megabyte at once."""
    yield engine.decompress(piece, _PIECE)
    while engine.unconsumed_tail:
        yield engine.decompress(engine.unconsumed_tail, _PIECE)
