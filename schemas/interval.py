"""Interval: a range of numbers in the notation of mathematics, `[0, 15]`, `(0, inf)`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

_NUMBER = r"-?inf|[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_WRITTEN = re.compile(rf"^([\[(])\s*({_NUMBER})\s*,\s*({_NUMBER})\s*([\])])$")


class Interval:
    """A closed, open or half-open interval; bounds in the unit of the quantity that it limits."""

    __slots__ = ("high", "includes_high", "includes_low", "low", "text")

    def __init__(self, text: str) -> None:
        """Read the notation.

        Raises:
            ValueError: the text is not an interval, or its bounds are in the wrong order.
        """
        match = _WRITTEN.match(text.strip())
        if match is None:
            message = f"an interval is written like [0, 15] or (0, inf), got {text!r}"
            raise ValueError(message)
        self.text = text.strip()
        self.includes_low, self.includes_high = match[1] == "[", match[4] == "]"
        self.low, self.high = float(match[2]), float(match[3])
        if self.low > self.high:
            message = f"the lower bound of an interval comes first, got {text!r}"
            raise ValueError(message)

    def __contains__(self, value: float) -> bool:
        """Tell whether the value lies in the interval."""
        above = value >= self.low if self.includes_low else value > self.low
        below = value <= self.high if self.includes_high else value < self.high
        return above and below

    def __str__(self) -> str:
        """Return the notation."""
        return self.text

    def __repr__(self) -> str:
        """Return the notation, as a call."""
        return f"Interval({self.text!r})"

    def __eq__(self, other: object) -> bool:
        """Compare by notation."""
        return isinstance(other, Interval) and self.text == other.text

    def __hash__(self) -> int:
        """Hash by notation."""
        return hash(self.text)


def _read(value: object) -> Interval:
    return value if isinstance(value, Interval) else Interval(str(value))


IntervalField = Annotated[
    Interval, PlainValidator(_read), PlainSerializer(str, return_type=str), WithJsonSchema({"type": "string"})
]
