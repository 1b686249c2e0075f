"""PDF tables: lines of words in; the rows of the table that stands under a caption out.

Most journals rule no lines between columns, so that columns are found by the gaps that all rows leave free.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harvest.papers.readers.pdf_words import Line, Word

CAPTION = re.compile(r"^(?:Table|TABLE|Tab\.)\s+[A-Z]?\d+[.:|\s]")
_NUMBER = re.compile(r"\d")
_PROSE_WORDS = 9
_MOST_ROWS = 120
_BREAK = 2.6
_NARROWEST_GAP = 4.0
_MOST_CAPTION_LINES = 6
_LEAST_ROWS = 2


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table as found on a page.

    Attributes:
        caption: markup.
        rows: the markup of each cell; all rows have the same number.
        used: how many of the lines from the caption on belong to it.
    """

    caption: str
    rows: tuple[tuple[str, ...], ...]
    used: int


def read_table_at(lines: Sequence[Line], start: int) -> FoundTable | None:
    """Return the table whose caption begins at a line, be it below or above it; none where no columns are found."""
    caption, count = _caption(lines[start:])
    below = _body(lines[start + count :])
    rows = _rows(below)
    if rows is not None:
        return FoundTable(caption, rows, count + len(below))
    above = _body(list(reversed(lines[max(0, start - _MOST_ROWS) : start])))
    rows = _rows(list(reversed(above)))
    return None if rows is None else FoundTable(caption, rows, count)


def _rows(body: list[Line]) -> tuple[tuple[str, ...], ...] | None:
    """Return the cells of a table; none where the lines form no columns."""
    if len(body) < _LEAST_ROWS:
        return None
    edges = _columns(body)
    rows = [_cells(line, edges) for line in body]
    while rows and sum(bool(cell) for cell in rows[-1]) <= 1:
        rows.pop()
    full = sum(sum(bool(cell) for cell in row) > 1 for row in rows)
    return _joined(tuple(rows)) if edges and full >= _LEAST_ROWS else None


def _caption(lines: Sequence[Line]) -> tuple[str, int]:
    """Return the caption and the number of its lines: up to a full stop at the end, or the first wide gaps."""
    parts = [lines[0].markup]
    count = 1
    while count < min(len(lines), _MOST_CAPTION_LINES) and not parts[-1].rstrip().endswith("."):
        if _wide_gaps(lines[count]):
            break
        parts.append(lines[count].markup)
        count += 1
    return " ".join(parts), count


def _body(lines: Sequence[Line]) -> list[Line]:
    """Return the lines up to a paragraph, another caption or a large gap."""
    found: list[Line] = []
    for line in lines[:_MOST_ROWS]:
        height = max(line.top - line.bottom, 1.0)
        far = bool(found) and max(found[-1].bottom - line.top, line.bottom - found[-1].top) > _BREAK * height
        if far or CAPTION.match(line.markup) or _is_prose(line):
            break
        found.append(line)
    return found


def _is_prose(line: Line) -> bool:
    """Tell a line of running text: many words with no wide gap between them, and few numbers."""
    words = line.words
    numbers = sum(bool(_NUMBER.search(word.markup)) for word in words)
    return len(words) >= _PROSE_WORDS and not _wide_gaps(line) and numbers * 3 < len(words)


def _wide_gaps(line: Line) -> int:
    height = max(line.top - line.bottom, 1.0)
    pairs = zip(line.words, line.words[1:], strict=False)
    return sum(after.left - before.right > 0.9 * height for before, after in pairs)


def _columns(lines: Sequence[Line]) -> list[float]:
    """Return where the gaps between columns are: stretches that nearly no row prints in."""
    rows = [line for line in lines if _wide_gaps(line)] or list(lines)
    left, right = min(line.left for line in rows), max(line.right for line in rows)
    width = int(right - left) + 1
    covered = [0] * width
    for line in rows:
        for word in line.words:
            for point in range(max(0, int(word.left - left)), min(width, int(word.right - left) + 1)):
                covered[point] += 1
    most = len(rows) // 12
    edges, start = [], None
    for point in range(width):
        if covered[point] <= most:
            start = point if start is None else start
        elif start is not None:
            if point - start >= _NARROWEST_GAP and start > 0:
                edges.append(left + (start + point) / 2)
            start = None
    return edges


def _cells(line: Line, edges: list[float]) -> tuple[str, ...]:
    """Return the words of a line by the column that their middle stands in."""
    cells: list[list[Word]] = [[] for _column in range(len(edges) + 1)]
    for word in line.words:
        middle = (word.left + word.right) / 2
        cells[sum(middle > edge for edge in edges)].append(word)
    return tuple(" ".join(word.markup for word in cell) for cell in cells)


def _joined(rows: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Join the lines of a header that is broken over several: those above the first row with numbers."""
    first = next((index for index, row in enumerate(rows) if _is_data(row)), 1)
    head = tuple(" ".join(part for part in column if part) for column in zip(*rows[: max(first, 1)], strict=True))
    return (head, *rows[max(first, 1) :])


def _is_data(row: tuple[str, ...]) -> bool:
    numbers = sum(bool(re.match(r"^[−–+<>~≈≤≥-]?\s?\d", cell)) for cell in row[1:])
    return numbers > 0 and numbers >= 0.3 * sum(bool(cell) for cell in row[1:])
