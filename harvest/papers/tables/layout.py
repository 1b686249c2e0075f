"""Layout: a grid in; its blocks out: rows of data with the header cells that stand over them.

A table may repeat its header, set a second table below the first, or part its rows by headings across the whole
width. Each of these is found from the cells, not from the markup alone, which often knows only one header row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from harvest.papers.notation.marked import REMEMBERED, plain
from harvest.papers.notation.materials import is_code, is_element, read_material
from harvest.papers.notation.quantities import looks_numeric
from harvest.papers.notation.units import read_unit
from harvest.papers.tables.headers import read_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harvest.papers.tables.grid import Cell, Grid

_UNITS = re.compile(r"^units?$", re.IGNORECASE)
_NO_UNIT = re.compile(r"^[-‐‑‒–—−]*$")
_TOTAL = frozenset(["t", "tot", "total", "max", "min", "sol"])
_ELEMENT = re.compile(r"^([A-Z][a-z]?)(?:_\{([a-z]+)\})?$")
_LONGEST_LABEL = 80
_SHARE_OF_HEADER_WORDS = 0.6


@dataclass(frozen=True, slots=True)
class Row:
    """A row of data and the heading across the table that it stands under."""

    index: int
    label: str


@dataclass(frozen=True, slots=True)
class Block:
    """Rows under one header.

    Attributes:
        headers: for each column of the grid the markup of the header cells above it, from the top down.
        columns: which columns of the grid belong to the block; not all where the same header stands side by side.
        marks: for each column of the grid the marks of footnotes in the header cells above it.
    """

    headers: tuple[tuple[str, ...], ...]
    rows: tuple[Row, ...]
    columns: tuple[int, ...]
    marks: tuple[tuple[str, ...], ...] = ()


@dataclass
class _Open:
    """A block while its rows are collected."""

    header_rows: list[int]
    rows: list[Row] = field(default_factory=list)


def read_blocks(grid: Grid) -> tuple[Block, ...]:
    """Return the blocks of a table that hold data."""
    first = grid.header_rows or (1 if grid.n_rows > 1 and not _has_number(grid, 0) else 0)
    first += first == 1 and first + 1 < grid.n_rows and _holds_units(grid, first)
    blocks = [_Open(list(range(first)))]
    label, label_row, blank_row = "", -1, -1
    for index in range(first, grid.n_rows):
        current = blocks[-1]
        heading = _label(grid, index)
        if heading is not None:
            label, label_row = heading, index
        elif _is_header(grid, index, known=_texts(grid, current.header_rows)) or (
            blank_row == index - 1 and _begins_table(grid, index)
        ):
            if current.rows:
                above = _repeated(grid, current.header_rows, index) or ([label_row] if label_row == index - 1 else [])
                blocks.append(_Open(above))
                label = ""
            blocks[-1].header_rows.append(index)
        elif grid.distinct(index):
            current.rows.append(Row(index, label))
        else:
            blank_row = index
    return tuple(
        replace(side, marks=_marks(grid, block.header_rows))
        for block in blocks
        if block.rows
        for side in _sides(_headers(grid, block.header_rows), block.rows)
    )


def _begins_table(grid: Grid, row: int) -> bool:
    """Tell the header of a second table, which stands below a blank row: words in each column, numbers below."""
    is_full = all(cell.body.text for cell in grid.row(row)) and not _has_number(grid, row)
    return is_full and row + 1 < grid.n_rows and _has_number(grid, row + 1)


def _marks(grid: Grid, rows: list[int]) -> tuple[tuple[str, ...], ...]:
    above = [dict.fromkeys(grid.places[row][column] for row in rows) for column in range(grid.n_columns)]
    return tuple(tuple(mark for index in column for mark in grid.cells[index].marks) for column in above)


def _repeated(grid: Grid, header: list[int], row: int) -> list[int]:
    """Return the header rows that stand over a repeated one too: all but the last, if that says the same by columns."""
    if len(header) < 2:  # noqa: PLR2004 — nothing stands over the last row of a header of one
        return []
    last = grid.row(header[-1])
    same = sum(bool(a.body.text) and a.body.text == b.body.text for a, b in zip(grid.row(row), last, strict=True))
    return header[:-1] if same >= _SHARE_OF_HEADER_WORDS * len(grid.distinct(row)) else []


def _sides(headers: tuple[tuple[str, ...], ...], rows: list[Row]) -> Iterator[Block]:
    """Yield the block, or each of those that stand side by side under the same header, as in "A | T_c | A | T_c"."""
    count = len(headers)
    width = next(
        (
            size
            for size in range(2, count // 2 + 1)
            if count % size == 0 and headers == headers[:size] * (count // size)
        ),
        count,
    )
    width = width if any(headers[0]) else count
    for start in range(0, count, width):
        yield Block(headers, tuple(rows), tuple(range(start, start + width)))


def _headers(grid: Grid, rows: list[int]) -> tuple[tuple[str, ...], ...]:
    above = [dict.fromkeys(grid.places[row][column] for row in rows) for column in range(grid.n_columns)]
    units = {index for row in rows if _holds_units(grid, row) for index in grid.places[row]}
    return tuple(tuple(_as_header(grid.cells[index], is_unit=index in units) for index in column) for column in above)


def _holds_units(grid: Grid, row: int) -> bool:
    """Tell a row of units below the names, "K" beside "g/cm³"; the first cell may say that it is one."""
    cells = [grid.at(row, column) for column in range(grid.n_columns) if grid.is_origin(row, column)]
    texts = [cell.body.markup for cell in cells if not _NO_UNIT.match(cell.body.text)]
    is_said = bool(texts) and bool(_UNITS.match(texts[0]))
    units = texts[1:] if is_said else texts
    is_clear = is_said or any(len(unit) > 1 for unit in units)
    return row > 0 and is_clear and bool(units) and all(read_unit(unit) is not None for unit in units)


def _as_header(cell: Cell, *, is_unit: bool) -> str:
    """Return the markup of a header cell; a unit of one letter, which is rather a symbol elsewhere, in brackets."""
    return f"({cell.body.markup})" if is_unit and len(cell.body.text) == 1 else cell.body.markup


def _label(grid: Grid, row: int) -> str | None:
    """Return the heading that a row is: one text over the whole width, or one in the first column alone."""
    cells = grid.distinct(row)
    if grid.n_columns < 2 or len(cells) != 1:  # noqa: PLR2004 — one column has no heading
        return None
    covered = sum(cell is cells[0] for cell in grid.row(row))
    is_name = covered == grid.n_columns and _begins_with_digit(cells[0].body.markup)
    if looks_numeric(cells[0].body.markup) and not is_name:
        return None
    is_heading = covered == grid.n_columns or grid.at(row, 0) is cells[0]
    if not is_heading:
        return None
    return cells[0].body.markup if len(cells[0].body.text) <= _LONGEST_LABEL else ""


def _begins_with_digit(markup: str) -> bool:
    """Tell the name of a grade or a compound that begins with a digit, "316L", "2H-MoS_{2}", from a quantity."""
    is_grade = is_code(markup) and any(map(str.isalpha, markup))
    return is_grade or read_material(markup).formula is not None


def _is_header(grid: Grid, row: int, *, known: frozenset[str]) -> bool:
    """Tell a header row inside the body from data: it repeats the header above, or it names elements and units."""
    cells = grid.distinct(row)
    if len(cells) < 2 or _has_number(grid, row):  # noqa: PLR2004 — a single cell is a heading
        return False
    if all(cell.is_heading for cell in cells) or all(cell.body.text in known for cell in cells):
        return True
    words = sum(_is_header_word(cell.body.markup) for cell in cells)
    return words > 1 and words >= _SHARE_OF_HEADER_WORDS * len(cells)


def _is_header_word(markup: str) -> bool:
    header = read_header(markup)
    return elements_of(markup) is not None or (header.has_measure and bool(header.name or header.symbols))


def _has_number(grid: Grid, row: int) -> bool:
    return any(looks_numeric(cell.body.markup) for cell in grid.distinct(row))


def _texts(grid: Grid, rows: Iterable[int]) -> frozenset[str]:
    return frozenset(cell.body.text for row in rows for cell in grid.distinct(row))


@lru_cache(maxsize=REMEMBERED)
def elements_of(markup: str) -> tuple[str, ...] | None:
    """Return the elements whose amount a header gives, such as "Mn", "Al_{t}" or "Cr + Cu + Mo"; else none."""
    found = [_ELEMENT.match(part.strip()) for part in markup.split("+")]
    symbols = [match[1] for match in found if match and (match[2] or "t") in _TOTAL and is_element(match[1])]
    return tuple(map(plain, symbols)) if symbols and len(symbols) == len(found) else None
