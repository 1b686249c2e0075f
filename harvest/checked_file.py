"""Checked file: an address and what is known of its bytes in, those bytes out and no others."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from harvest.errors import IntegrityError, TransportError
from harvest.source import Request

if TYPE_CHECKING:
    from pathlib import Path

    from harvest.source import Door, RawFile


_SHOWN = 80


class _WrongBytesError(TransportError):
    """What came is not what was announced; may be a torn transfer, so that it is tried again."""


def get_file(door: Door, url: str, *, hashes: dict[str, str], size: int | None = None, start: bytes = b"") -> RawFile:
    """Fetch a file; wrong bytes are tried again, as a torn transfer would be.

    Args:
        door: the door.
        url: its address.
        hashes: name of the algorithm (md5, sha256) to the hash in hex.
        size: how many bytes, where that is known.
        start: the first bytes of every file of its kind; an error page with status 200 has others.

    Raises:
        IntegrityError: what came is not what was announced, however often it was asked for.
    """

    def check(path: Path) -> None:
        with path.open("rb") as file:
            begun = file.read(max(_SHOWN, len(start)))
        if not begun.startswith(start):
            message = f"a file that begins with {start!r} expected, got {begun[:_SHOWN]!r}"
            raise TransportError(message)
        n_bytes = path.stat().st_size
        if size is not None and n_bytes != size:
            message = f"{size} bytes expected, got {n_bytes}"
            raise _WrongBytesError(message)
        for algorithm, expected in sorted(hashes.items()):
            got = _hash_of(path, algorithm)
            if got != expected.lower():
                message = f"{algorithm} {expected} expected, got {got}"
                raise _WrongBytesError(message)

    try:
        return door.download(Request(url, media_type="application/octet-stream"), check=check)
    except TransportError as error:
        if not isinstance(error.__cause__, _WrongBytesError):
            raise
        message = f"{url}: {error.__cause__}; the file was changed at its source, or the record or recipe is wrong"
        raise IntegrityError(message) from error


def _hash_of(path: Path, algorithm: str) -> str:
    """Return the hash of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()
