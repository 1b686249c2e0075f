"""Spelling: numbers of a JSON text in, floats that remember their digits out.

A value is read as a float, and 1.50, 1.5 and 15e-1 are one float. The text that is kept beside the value is what the
source wrote.
"""

from __future__ import annotations

import json
from typing import Any, Self


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
