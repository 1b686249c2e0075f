"""PDF words: a page in; its words with their places, in lines, raised and lowered digits marked, out."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pypdfium2 import PdfTextPage

_GAP_OF_WORDS = 0.13
_RAISED, _LOWERED, _SMALL = 0.30, -0.12, 0.82
_SCRIPT_CHARACTERS = frozenset("0123456789+-−–abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ*†‡,.")
_LEAST_OVERLAP = 0.25


@dataclass(frozen=True, slots=True)
class Character:
    """A printed character and its box, in points from the lower left corner of the page."""

    text: str
    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Word:
    """Characters that touch; `markup` marks raised and lowered ones."""

    markup: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class Line:
    """Words on one baseline, from left to right."""

    words: tuple[Word, ...]
    bottom: float
    top: float

    @property
    def markup(self) -> str:
        """The words, parted by blanks."""
        return " ".join(word.markup for word in self.words)

    @property
    def left(self) -> float:
        """Where the first word begins."""
        return self.words[0].left

    @property
    def right(self) -> float:
        """Where the last word ends."""
        return self.words[-1].right


def read_characters(page: PdfTextPage) -> list[Character]:
    """Return the characters of a page, in the order of the file."""
    text = page.get_text_range()
    found = []
    for index in range(min(page.count_chars(), len(text))):
        if text[index].isspace():
            continue
        left, bottom, right, top = page.get_charbox(index, loose=True)
        found.append(Character(text[index], left, bottom, right, top))
    return found


def read_lines(characters: Sequence[Character]) -> list[Line]:
    """Return the lines of a page or of one of its columns, from the top down."""
    groups: list[list[Character]] = []
    bounds: list[tuple[float, float]] = []
    for character in sorted(characters, key=lambda each: (-(each.top + each.bottom) / 2, each.left)):
        place = next(
            (
                index
                for index in range(len(groups) - 1, max(-1, len(groups) - 4), -1)
                if _on_line(character, bounds[index])
            ),
            None,
        )
        if place is None:
            groups.append([character])
            bounds.append((character.bottom, character.top))
        else:
            groups[place].append(character)
    return [line for group in _with_scripts(groups) if (line := _line(group)) is not None]


def _with_scripts(groups: list[list[Character]]) -> list[list[Character]]:
    """Join a line of nothing but small characters to the one above, whose subscripts they are."""
    joined: list[list[Character]] = []
    for group in groups:
        above = joined[-1] if joined else []
        if above and _are_scripts(group, above):
            above.extend(group)
        else:
            joined.append(list(group))
    return joined


def _are_scripts(group: list[Character], above: list[Character]) -> bool:
    size = statistics.median(each.top - each.bottom for each in above)
    is_small = max(each.top - each.bottom for each in group) < _SMALL * size
    return is_small and max(each.top for each in group) > min(each.bottom for each in above) - 0.1 * size


def _on_line(character: Character, bounds: tuple[float, float]) -> bool:
    bottom, top = bounds
    shared = min(top, character.top) - max(bottom, character.bottom)
    return shared >= _LEAST_OVERLAP * min(top - bottom, max(character.top - character.bottom, 0.1))


def _line(characters: list[Character]) -> Line | None:
    ordered = sorted(characters, key=lambda each: each.left)
    heights = [each.top - each.bottom for each in ordered]
    size = max(statistics.median(heights), 1.0)
    base = statistics.median(each.bottom for each in ordered)
    words = tuple(_words(ordered, size, base))
    return Line(words, min(each.bottom for each in ordered), max(each.top for each in ordered)) if words else None


def _words(characters: list[Character], size: float, base: float) -> Iterator[Word]:
    """Join characters to words where less than a fifth of their size is between them."""
    run: list[Character] = []
    for character in characters:
        if run and character.left - run[-1].right > _GAP_OF_WORDS * size:
            yield Word(_marked(run, size, base), run[0].left, run[-1].right)
            run = []
        run.append(character)
    if run:
        yield Word(_marked(run, size, base), run[0].left, run[-1].right)


def _marked(run: list[Character], size: float, base: float) -> str:
    """Return the text of a word with its scripts marked."""
    written, opened = "", ""
    for character in run:
        mark = _script(character, size, base)
        if mark != opened:
            written += ("}" if opened else "") + (f"{mark}{{" if mark else "")
            opened = mark
        written += character.text
    return written + ("}" if opened else "")


def _script(character: Character, size: float, base: float) -> str:
    """Tell a raised or lowered character by its size and its place."""
    if character.text not in _SCRIPT_CHARACTERS or character.top - character.bottom > _SMALL * size:
        return ""
    shift = (character.bottom - base) / size
    return "^" if shift > _RAISED else "_" if shift < _LOWERED or shift < _RAISED / 3 else ""
