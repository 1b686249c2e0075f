"""JSON rows: a stream of JSON text in, the rows of one of its lists out, one at a time; memory holds one row."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from harvest.errors import ContractError
from harvest.formats.spelling import spelled
from schemas.provenance import json_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

_CHUNK = 1 << 20
_KINDS = {"{": "dict", "[": "list", '"': "str", "": "nothing"}
_SPACE = re.compile(r"[ \t\n\r]*")
_PATIENCE = 256 << 20  # a single value of more characters than this is no row


def no_value(word: str) -> None:
    """Read NaN and the infinities, which JSON does not have, as no value."""
    del word


def json_rows(
    stream: TextIO, at: str = "", *, check: Callable[[str], object] | None = None
) -> Iterator[tuple[str, Any]]:
    """Yield the items of a list with their RFC 6901 pointers.

    Args:
        stream: the JSON text.
        at: names of the objects that hold the list, from the outside in, joined by dots; empty for a bare list.
        check: raises a `ValueError` for a text that is not to be read; the item comes as that error.

    Raises:
        ContractError: the text is not JSON, or has no list there.
    """
    reader = _Reader(stream, check)
    try:
        path = at.split(".") if at else []
        for depth, name in enumerate(path):
            reader.enter(name, ".".join(path[:depth]) or "the file")
        yield from reader.items(json_step(*path))
        if not path:
            reader.expect_end()
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep"
        if isinstance(error, ValueError):
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        message = f"the file is not JSON: {reason} (character {reader.position})"
        raise ContractError(message) from error


class _Reader:
    """A cursor on a JSON text of which a part is in memory."""

    def __init__(self, stream: TextIO, check: Callable[[str], object] | None) -> None:
        self._stream, self._check = stream, check
        self._decoder = json.JSONDecoder(parse_float=spelled, parse_constant=no_value)
        self._text, self._at, self._before, self._ended = "", 0, 0, False
        self._last, self._is_suspect = "", False

    @property
    def position(self) -> int:
        return self._before + self._at

    def enter(self, name: str, where: str) -> None:
        """Go to the value of a name of the object that stands here."""
        if self._peek() != "{":
            message = f"{where} should be an object with {name!r}, got {self._kind()}"
            raise ContractError(message)
        self._at += 1
        found: list[str] = []
        while self._peek() != "}":
            key = self._value()
            self._take(":")
            if key == name:
                return
            found.append(str(key))
            self._value()
            if self._peek() == ",":
                self._at += 1
        message = f"{where} has no {name!r}; it has {', '.join(found) or 'nothing'}"
        raise ContractError(message)

    def items(self, pointer: str) -> Iterator[tuple[str, Any]]:
        """Yield the items of the list that stands here."""
        if self._peek() != "[":
            message = f"a JSON file of rows is a list of objects, got {self._kind()}"
            raise ContractError(message)
        self._at += 1
        number = 0
        while self._peek() != "]":
            if number:
                self._take(",")
            yield f"{pointer}/{number}", self._item()
            number += 1
        self._at += 1

    def _item(self) -> Any:  # noqa: ANN401 — JSON
        """Read the value that stands here, or return why its text is not to be read."""
        value = self._value()
        return self._refused(self._last) or value

    def _refused(self, text: str) -> ValueError | None:
        try:
            if self._check is not None:
                self._check(text)
        except ValueError as error:
            return error
        return None

    def expect_end(self) -> None:
        if self._peek():
            message = "Extra data"
            raise json.JSONDecodeError(message, self._text, self._at)

    def _peek(self) -> str:
        """Return the next character that is no space, or nothing at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _take(self, expected: str) -> None:
        if self._peek() != expected:
            message = f"Expecting {expected!r}"
            raise json.JSONDecodeError(message, self._text, self._at)
        self._at += 1

    def _value(self) -> Any:  # noqa: ANN401 — JSON
        """Read the value that stands here; read on while it may be cut by the end of what is in memory."""
        self._peek()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                if len(self._text) - self._at > _PATIENCE or not self._more():
                    raise
                continue
            if end < len(self._text) or not self._more():
                self._last = self._text[self._at : end] if self._is_suspect else ""
                self._at = end
                return value

    def _more(self) -> bool:
        """Bring in more text, twice as much each time, and let go of what was read; tell whether there was any."""
        if self._ended:
            return False
        rest = self._text[self._at :]
        chunk = self._stream.read(max(_CHUNK, len(rest)))
        if not chunk:
            self._ended = True
            return False
        # Pieces are looked at as a whole: nearly all files have nothing to be found in any of their rows.
        self._is_suspect = self._is_suspect or self._refused(chunk) is not None
        self._before += self._at
        self._text, self._at = rest + chunk, 0
        return True

    def _kind(self) -> str:
        """Return what stands here, in the words of Python."""
        start = self._peek()
        return _KINDS[start] if start in _KINDS else type(self._value()).__name__
