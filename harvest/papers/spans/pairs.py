"""Pairs: places of properties and of values in a sentence in; which value belongs to which property out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harvest.papers.spans.corpus import Place

_FARTHEST = 160
_BEHIND = 40  # characters by which a property behind its value counts as farther away than one before it


def nearest_pairs(properties: Iterable[Place], values: Iterable[Place]) -> set[tuple[Place, Place]]:
    """Return each value with its nearest property; rather one before it than one behind it.

    Args:
        properties: start and end of each, in characters.
        values: likewise.
    """
    known = list(properties)
    pairs = set()
    for value in values:
        near = [(_distance(each, value), each) for each in known if not _overlap(each, value)]
        if near and min(near)[0] <= _FARTHEST:
            pairs.add((min(near)[1], value))
    return pairs


def _distance(named: Place, value: Place) -> int:
    return value[0] - named[1] if named[1] <= value[0] else named[0] - value[1] + _BEHIND


def _overlap(one: Place, other: Place) -> bool:
    return one[0] < other[1] and other[0] < one[1]
