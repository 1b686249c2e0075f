"""Download: the pieces of a large answer in, a whole file out; what came before a break is kept and gone on from.

Resuming follows RFC 9110: a `Range` is asked for only with a strong validator in `If-Range`, so that a file that was
changed meanwhile comes whole, and pieces of two files are never put together.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from harvest.errors import TransportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

_CONTENT_RANGE = re.compile(r"^bytes (\d+)-(\d+)/(\d+)$")
_PARTIAL = 206


class Download:
    """A file on its way, with what is known of it in a second file beside it."""

    def __init__(self, target: Path) -> None:
        """Go on with a file, or begin it."""
        self._target = target
        self._note = target.with_name(f"{target.name}.json")
        target.parent.mkdir(parents=True, exist_ok=True)

    @property
    def size(self) -> int:
        """How many bytes are there."""
        return self._target.stat().st_size if self._target.exists() else 0

    def discard(self) -> None:
        """Forget what is there."""
        self._target.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def range_headers(self) -> dict[str, str]:
        """Return the headers that ask for the rest; nothing where the whole has to come."""
        known = self._known()
        if not self.size or not known.get("validator"):
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": str(known["validator"])}

    def take(self, pieces: Iterable[bytes], status: int, headers: Mapping[str, str], url: str) -> None:
        """Write what comes behind what is there, or anew where the source sends the whole.

        Raises:
            TransportError: the range is not the one that was asked for.
        """
        start = self._start(headers, url) if status == _PARTIAL else 0
        if start == 0:
            length = headers.get("Content-Length", "")
            total = int(length) if length.isdigit() else None
            self._note.write_text(json.dumps({"validator": _validator(headers), "total": total}), encoding="utf-8")
        with self._target.open("r+b" if start else "wb") as file:
            file.seek(start)
            for piece in pieces:
                file.write(piece)

    def check_whole(self, url: str, check: Callable[[Path], object] | None) -> None:
        """Refuse a file that is shorter or longer than announced, or that its reader refuses.

        Raises:
            TransportError: it is not whole; what is there is kept if it may be the beginning, else forgotten.
        """
        total = self._known().get("total")
        message = f"{url}: {total} bytes announced, {self.size} received"
        if isinstance(total, int) and self.size < total:
            raise TransportError(message)
        if not self.size or (isinstance(total, int) and self.size > total):
            self.discard()
            raise TransportError(message)
        try:
            if check is not None:
                check(self._target)
        except TransportError:
            self.discard()
            raise

    def _known(self) -> dict[str, int | str | None]:
        try:
            return dict(json.loads(self._note.read_bytes()))
        except (OSError, ValueError):
            return {}

    def _start(self, headers: Mapping[str, str], url: str) -> int:
        match = _CONTENT_RANGE.match(headers.get("Content-Range", ""))
        if match is None or int(match[1]) != self.size or int(match[3]) != self._known().get("total"):
            said = headers.get("Content-Range")
            self.discard()
            message = f"{url}: another part of the file came than was asked for ({said})"
            raise TransportError(message)
        return int(match[1])


def _validator(headers: Mapping[str, str]) -> str | None:
    """Return what names this state of the file: a strong entity tag, else the date of its last change."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified")
