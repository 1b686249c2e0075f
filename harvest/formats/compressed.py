"""Compressed: the bytes of a file in, a stream of what is inside out; gzip, bzip2 and members of a zip.

Nothing is written to disk, and what comes out is counted: a small file that unfolds without end is refused.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, cast

from harvest.errors import ContractError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_BYTES = 16 << 30
MAX_RATIO = 200
_ALWAYS_ALLOWED = 64 << 20
_SHOWN = 20
_MAGIC_BYTES = 3
_BROKEN = (EOFError, OSError, RuntimeError, NotImplementedError, zlib.error, zipfile.BadZipFile)


def open_plain(payload: bytes, *, member: str | None = None, max_bytes: int | None = None) -> IO[bytes]:
    """Return a stream of the plain bytes of a file, or of one member of a zip file.

    Args:
        payload: the file.
        member: name of the member, for a zip file.
        max_bytes: most bytes that may come out; by default `MAX_RATIO` times what went in.

    Raises:
        ContractError: no such member, or not a zip file; while reading: damaged, encrypted, or too much comes out.
    """
    limit = max_bytes or min(MAX_BYTES, max(_ALWAYS_ALLOWED, MAX_RATIO * len(payload)))
    if member is not None:
        return _plain(_counted(_member(payload, member, limit), f"member {member!r}", limit), limit)
    return _plain(io.BytesIO(payload), limit)


def _plain(stream: IO[bytes], limit: int) -> IO[bytes]:
    """Undo the compression that the first bytes of a stream tell, if any."""
    buffered = io.BufferedReader(cast("io.RawIOBase", stream))
    start = buffered.peek(_MAGIC_BYTES)[:_MAGIC_BYTES]
    if start.startswith(b"\x1f\x8b"):
        return _counted(cast("IO[bytes]", gzip.GzipFile(fileobj=buffered)), "the gzip file", limit)
    if start == b"BZh":
        import bz2  # noqa: PLC0415 — a Python may have been built without it; only who needs it is told so

        return _counted(cast("IO[bytes]", bz2.BZ2File(buffered)), "the bzip2 file", limit)
    return buffered


def _counted(stream: IO[bytes], what: str, limit: int) -> IO[bytes]:
    return io.BufferedReader(_Counted(stream, what, limit))


def _member(payload: bytes, name: str, limit: int) -> IO[bytes]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(payload))
    except zipfile.BadZipFile as error:
        message = f"member {name!r} was asked for, but the file is not a whole zip file ({error})"
        raise ContractError(message) from error
    names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    if name not in names:
        listed = ", ".join(names[:_SHOWN]) + (", …" if len(names) > _SHOWN else "")
        message = f"the zip file has no member {name!r}; it holds {listed or 'nothing'}"
        raise ContractError(message)
    size = archive.getinfo(name).file_size
    if size > limit:
        message = f"member {name!r} unfolds to {size} bytes, more than the {limit} that are read"
        raise ContractError(message)
    try:
        return archive.open(name)
    except _BROKEN as error:
        message = f"member {name!r} cannot be read: {error}"
        raise ContractError(message) from error


class _Counted(io.RawIOBase):
    """A stream that says what is wrong with it in one way, and stops when too much has come out."""

    def __init__(self, stream: IO[bytes], what: str, limit: int) -> None:
        self._stream, self._what, self._left = stream, what, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer)
        try:
            chunk = self._stream.read(len(view))
        except _BROKEN as error:
            message = f"{self._what} is damaged or cut: {error}"
            raise ContractError(message) from error
        self._left -= len(chunk)
        if self._left < 0:
            message = f"{self._what} unfolds to more bytes than are read; unpack it by hand and look at what it holds"
            raise ContractError(message)
        view[: len(chunk)] = chunk
        return len(chunk)
