"""Places: where in an article a value stands: a cell of a table, or characters of its text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from schemas.provenance import Pointer


@dataclass(frozen=True, slots=True)
class Place:
    """A cell: 0-based in the span-expanded grid, header rows included."""

    table: str
    row: int
    column: int

    @property
    def pointer(self) -> Pointer:
        """The place as steps: table, row, column."""
        return Pointer.of(table=self.table, row=self.row, col=self.column)

    @property
    def line(self) -> Pointer:
        """The row that the cell stands in."""
        return Pointer.of(table=self.table, row=self.row)


class Located(Protocol):
    """A place that a value was read at: a cell of a table, or characters of the text."""

    @property
    def pointer(self) -> Pointer:
        """The place of the value."""
        ...

    @property
    def line(self) -> Pointer:
        """The place of what it is rejected with: the row, or the same characters."""
        ...
