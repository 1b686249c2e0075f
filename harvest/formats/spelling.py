"""Spelling: numbers of a JSON text in, floats that remember their digits out.

A value is read as a float, and 1.50, 1.5 and 15e-1 are one float. The text that is kept beside the value is what the
source wrote.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class SpelledFloat(float):
    """A number whose digits are not those that Python would write; `str` gives them back."""

    __slots__ = ("_spelling",)
    _spelling: str

    def __new__(cls, spelling: str) -> Self:
        """Read a number."""
        number = super().__new__(cls, spelling)
        number._spelling = str(spelling)
        return number

    def __str__(self) -> str:
        """Return the digits of the source."""
        return self._spelling


def spelled(digits: str) -> float:
    """Return the number that digits say, for `json.loads(..., parse_float=spelled)`; plain where `repr` gives them."""
    number = float(digits)
    return number if repr(number) == digits else SpelledFloat(digits)


def text_of(given: Any) -> str:  # noqa: ANN401 — JSON
    """Return what was given as its source wrote it: a word as it is, a number by its digits, the rest as JSON."""
    return str(given) if isinstance(given, str | SpelledFloat) else json.dumps(given, ensure_ascii=False)


def spelled_fields(text: str, name: str, rows: Sequence[Mapping[str, Any]]) -> list[Any] | None:
    """Return what each row has under a name, with the digits of the source; none where that cannot be told.

    Rows are decoded without a look at digits, which takes a third of the time where they hold many coordinates. The
    name is then searched for in the text: if it stands there as often as rows have it, and what is found so equals what
    the rows have, these are the digits.

    Args:
        text: the JSON text.
        name: a name of fields, the same in all rows.
        rows: the decoded rows, in the order of the text.
    """
    if _escaped(name).search(text):
        return None
    having = [row for row in rows if name in row]
    places = [match.end() for match in re.finditer(re.escape(json.dumps(name)) + r"\s*:\s*", text)]
    if len(places) != len(having):
        return None
    found = iter([_SPELLING.raw_decode(text, place)[0] for place in places])
    digits = [next(found) if name in row else None for row in rows]
    return digits if all(given == row.get(name) for given, row in zip(digits, rows, strict=True)) else None


def number_texts(payload: bytes, name: str, given: Sequence[Any]) -> list[str | None] | None:
    """Return the digits of a field that holds a number or null in each row; none where that cannot be told.

    As `spelled_fields`, for what most fields of most pages are, and without decoding anything.

    Args:
        payload: the JSON text.
        name: the name of the field.
        given: what the decoded rows have under the name, in the order of the text; none where they have nothing.
    """
    pieces = payload.split(json.dumps(name).encode())[1:]
    matches = [_NUMBER.match(piece) for piece in pieces]
    if len(pieces) != len(given) or not all(matches):
        return None
    texts = [match[1].decode() for match in matches if match]
    read = [None if text == _NULL else float(text) for text in texts]
    is_plain = _PLAIN_TYPES.issuperset(map(type, given)) and _MINUS_ZERO not in texts
    return [None if text == _NULL else text for text in texts] if is_plain and read == list(given) else None


@cache
def _escaped(name: str) -> re.Pattern[str]:
    """Return what finds a character of a name written by its code: the name may stand there in another spelling."""
    codes = {form.format(ord(character)) for character in name for form in ("u{:04x}", "u{:04X}")}
    return re.compile(rf"\\(?:{'|'.join(sorted(codes))}{'|/' if '/' in name else ''})" if name else "(?!)")


_SPELLING = json.JSONDecoder(parse_float=spelled)
_NULL, _MINUS_ZERO = "null", "-0"  # the second is a whole number without its sign
_NUMBER = re.compile(rb"\s*:\s*(null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(?=[\s,}])")
_PLAIN_TYPES = {int, float, type(None)}
