"""Grid: cells with row and column spans in, a rectangle out in which each place knows the cell that covers it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harvest.papers.notation.marked import Marked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_COLUMNS = 500
_NOTHING = Marked(text="", markup="")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell as the article holds it."""

    printed: str  # the whole text, footnote marks and citations included
    body: Marked  # without footnote marks and citations
    marks: tuple[str, ...] = ()  # ids or signs of the footnotes that it refers to
    citations: tuple[str, ...] = ()  # ids of the references that it cites
    is_heading: bool = False
    row_span: int = 1
    column_span: int = 1


EMPTY = Cell(printed="", body=_NOTHING)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with its spans expanded.

    Attributes:
        cells: each cell once, in reading order; the first is the empty cell that fills what no cell covers.
        places: index into `cells`, (n_rows, n_columns).
        header_rows: how many rows stand above the body, by the markup of the article.
    """

    cells: tuple[Cell, ...]
    places: tuple[tuple[int, ...], ...]
    header_rows: int

    @property
    def n_rows(self) -> int:
        """Number of rows, header rows included."""
        return len(self.places)

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.places[0]) if self.places else 0

    def at(self, row: int, column: int) -> Cell:
        """Return the cell that covers a place."""
        return self.cells[self.places[row][column]]

    def is_origin(self, row: int, column: int) -> bool:
        """Tell whether a place is the first of those that its cell covers."""
        index = self.places[row][column]
        above = row > 0 and self.places[row - 1][column] == index
        before = column > 0 and self.places[row][column - 1] == index
        return index != 0 and not above and not before

    def row(self, row: int) -> tuple[Cell, ...]:
        """Return the cells of a row, a spanning one at each place that it covers."""
        return tuple(self.cells[index] for index in self.places[row])

    def distinct(self, row: int) -> tuple[Cell, ...]:
        """Return the cells of a row that hold text, each once."""
        indices = dict.fromkeys(self.places[row])
        return tuple(self.cells[index] for index in indices if self.cells[index].body.text)

    def transposed(self, *, header_rows: int) -> Grid:
        """Return the grid with rows and columns exchanged."""
        return replace(self, places=tuple(zip(*self.places, strict=True)), header_rows=header_rows)


def expand(sections: Sequence[Sequence[Sequence[Cell]]], *, header_rows: int) -> Grid:
    """Return the grid of a table.

    Args:
        sections: row groups in document order, each a list of rows of cells; no span leaves its group.
        header_rows: how many of the rows stand above the body.
    """
    cells: list[Cell] = [EMPTY]
    rows: list[list[int]] = []
    for section in sections:
        rows.extend(_expand_section(section, cells))
    width = max((len(row) for row in rows), default=0)
    places = tuple(tuple(row + [0] * (width - len(row))) for row in rows)
    return Grid(cells=tuple(cells), places=places, header_rows=min(header_rows, len(places)))


def _expand_section(section: Sequence[Sequence[Cell]], cells: list[Cell]) -> Iterator[list[int]]:
    """Place the cells of one row group; a cell ends where one from a row above stands in its way.

    `open_spans` maps a column to (cell index, rows that it still covers).
    """
    open_spans: dict[int, tuple[int, int]] = {}
    for row in section:
        placed, waiting = _inherited(open_spans), open_spans
        open_spans = {column: (index, left - 1) for column, (index, left) in waiting.items() if left > 1}
        column = 0
        for cell in row:
            while column in placed:
                column += 1
            cells.append(cell)
            covered = column
            while covered < min(column + cell.column_span, MAX_COLUMNS) and covered not in placed:
                placed[covered] = len(cells) - 1
                if cell.row_span > 1:
                    open_spans[covered] = (len(cells) - 1, cell.row_span - 1)
                covered += 1
            column = covered if covered > column else column + 1
        yield [placed.get(index, 0) for index in range(max(placed, default=-1) + 1)]


def _inherited(open_spans: dict[int, tuple[int, int]]) -> dict[int, int]:
    return {column: index for column, (index, _left) in open_spans.items()}
