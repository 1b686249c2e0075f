"""Wyckoff sets: the letters of a crystal's orbits in, the one description that stands for all equivalent ones out.

Letters depend on the choice of origin and axes. All choices that the affine normaliser of the space group leaves are
tried, and the description that comes first in the alphabet is taken: it does not depend on the lengths of the axes, so
that compounds of one type have one description.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

# Of one element: how many atoms of the reduced formula it has, and how many orbits with each letter.
type Orbits = tuple[int, tuple[tuple[str, int], ...]]


@lru_cache(maxsize=1 << 16)
def canonical_letters(number: int, elements: tuple[Orbits, ...]) -> tuple[str, str]:
    """Return the letters by element, and all of them; an orbit counts once.

    Elements stand by rising share, then by their letters: "a_c_d2"; all letters last of the alphabet first: "d2 c a".

    Args:
        number: of the space group, 1 to 230.
        elements: the orbits of each element, in any order.
    """
    letters = sorted({letter for _, orbits in elements for letter, _ in orbits})
    return min(_described(dict(zip(letters, images, strict=True)), elements) for images in _images(number, letters))


@cache
def equivalent_letters(number: int) -> tuple[str, set[str]]:
    """Return the letters of a space group, and what they become in all equivalent descriptions, as words."""
    entry = _table()[str(number)]
    return entry["letters"], closure(entry["letters"], entry["generators"])


def closure(unit: str, generators: list[str]) -> set[str]:
    """Return all permutations that some generate; the k-th letter of each is what the k-th of `unit` becomes."""
    found, new = {unit}, {unit}
    tables = [str.maketrans(unit, word) for word in generators]
    while new:
        new = {old.translate(table) for old in new for table in tables} - found
        found |= new
    return found


def _images(number: int, letters: list[str]) -> set[tuple[str, ...]]:
    """Return what some letters become together, in all equivalent descriptions."""
    unit, words = equivalent_letters(number)
    places = [unit.index(letter) for letter in letters]
    return {tuple(word[place] for place in places) for word in words}


def _described(become: dict[str, str], elements: tuple[Orbits, ...]) -> tuple[str, str]:
    words: list[tuple[int, str]] = []
    totals: dict[str, int] = {}
    for share, orbits in elements:
        moved = sorted((become[letter], count) for letter, count in orbits)
        words.append((share, "".join(_run(letter, count) for letter, count in moved)))
        for letter, count in moved:
            totals[letter] = totals.get(letter, 0) + count
    by_element = "_".join(word for _, word in sorted(words))
    return by_element, " ".join(_run(letter, count) for letter, count in sorted(totals.items(), reverse=True))


def _run(letter: str, count: int) -> str:
    return f"{letter}{count if count > 1 else ''}"


@cache
def _table() -> dict[str, Any]:
    """Return letters and generators by space group; `make_letter_permutations` made the file."""
    file = files("curation.represent.structure") / "tables" / "letter_permutations.json"
    table: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return table
