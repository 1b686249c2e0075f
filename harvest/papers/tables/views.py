"""Views: a table as it is read: as printed or with rows and columns exchanged; its blocks and columns out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harvest.papers.notation.quantities import looks_numeric
from harvest.papers.tables.amounts import are_told_as_amounts
from harvest.papers.tables.columns import UNMAPPED
from harvest.papers.tables.layout import read_blocks
from harvest.papers.tables.neighbours import read_columns
from harvest.papers.tables.places import Place
from harvest.papers.tables.roles import Role, is_corner, is_supply, may_name_samples
from harvest.papers.tables.scope import read_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.papers.document import Document, Table, Tier
    from harvest.papers.tables.columns import Column
    from harvest.papers.tables.grid import Grid
    from harvest.papers.tables.layout import Block
    from harvest.papers.tables.scope import Scope

    Cells = tuple[tuple[int, int], ...]

MEASURED = frozenset([Role.PROPERTY, Role.FRACTION])


@dataclass(frozen=True, slots=True)
class View:
    """A grid as it is read: as printed, or with rows and columns exchanged."""

    table: Table
    grid: Grid
    is_transposed: bool
    scope: Scope
    tier: Tier

    def place(self, row: int, column: int) -> Place:
        """Return the cell of the table as printed that a place of this view is."""
        row, column = (column, row) if self.is_transposed else (row, column)
        return Place(self.table.id, row, column)


def columns_of(document: Document, table: Table) -> Iterator[tuple[tuple[Cells, Cells], Column]]:
    """Yield the columns of a table of properties, each with the places of its header and of its cells.

    In a table that is turned they are rows; places are those of the table as printed.
    """
    view = chosen_view(document, table)
    for block in read_blocks(view.grid):
        columns = columns_in(view, block)
        if not holds_properties(columns, view.scope):
            continue
        first = min(row.index for row in block.rows)
        for column in columns:
            places = [view.place(row, column.index) for row in (*range(first), *(row.index for row in block.rows))]
            cells = [(place.row, place.column) for place in places]
            yield (tuple(cells[:first]), tuple(cells[first:])), column


def chosen_view(document: Document, table: Table) -> View:
    """Return the table as it is read: as printed, or with rows and columns exchanged."""
    scope = read_scope(document, table)
    upright = View(table, table.grid, is_transposed=False, scope=scope, tier=document.tier)
    turned = _turned(upright)
    return max((upright, turned), key=_count_properties) if turned else upright


def _turned(view: View) -> View | None:
    """Return the table with its stub columns as header rows, where it has more than one column and row."""
    grid = view.grid
    body = range(grid.header_rows or 1, grid.n_rows)
    if grid.n_columns < 2 or not body:  # noqa: PLR2004 — a single column has no stub
        return None
    stubs = 0
    while stubs < grid.n_columns and not any(looks_numeric(grid.at(row, stubs).body.markup) for row in body):
        stubs += 1
    if not 0 < stubs < grid.n_columns:
        return None
    return replace(view, grid=grid.transposed(header_rows=stubs), is_transposed=True)


def columns_in(view: View, block: Block) -> tuple[Column, ...]:
    """Return the columns; in a turned table those that were header rows hold materials or conditions only."""
    columns = read_columns(view.grid, block, view.scope)
    if not view.is_transposed:
        return columns
    above = view.table.grid.header_rows or 1
    turned = tuple(_as_head(column) if column.index < above else column for column in columns)
    headed = [column.index for column in turned if column.role is Role.FRACTION]
    bare = any(column.role is Role.FRACTION and column.unit is None for column in turned)
    if not bare or are_told_as_amounts(view.grid, block, headed, view.scope):
        return turned
    return tuple(replace(each, role=Role.REFERENCE) if each.index in headed else each for each in turned)


def _as_head(column: Column) -> Column:
    if column.role in MEASURED:
        return replace(column, role=Role.CONDITION, property="")
    is_stub = column.role is Role.TEXT and column.index == 0
    names = is_corner(column.header) or may_name_samples(column.header, [""])
    return replace(column, role=Role.MATERIAL) if is_stub and names else column


def _count_properties(view: View) -> tuple[bool, int, int]:
    """Rank a way of reading: elements down the side, properties known by words, then headers that print a unit."""
    columns = [column for block in read_blocks(view.grid) for column in columns_in(view, block)]
    found = {column.header.printed: column for column in columns if column.role in MEASURED}
    known = sum(_is_known(column) for column in found.values())
    by_element = not view.is_transposed and any(column.role is Role.ELEMENT for column in columns)
    return (by_element, known, sum(column.header.has_measure for column in found.values()))


def holds_properties(columns: tuple[Column, ...], scope: Scope) -> bool:
    """Tell a table of properties from one of settings: units alone do not make it one."""
    found = [column for column in columns if column.role in MEASURED]
    known = any(_is_known(column) for column in found)
    if scope.is_process and known and not any(_is_known(column) and column.evidence != "symbol" for column in found):
        # Settings of a model have a symbol or two that properties have as well.
        known = 2 * sum(_is_known(column) for column in found) >= len(found)
    if any(is_supply(column.header) for column in columns):
        return False
    has_material = bool(scope.materials) or any(column.role in {Role.MATERIAL, Role.FORMULA} for column in columns)
    return known or (bool(found) and has_material and not scope.is_process)


def _is_known(column: Column) -> bool:
    """Tell a property of the dictionary, or the amount of an element, from what only a unit makes a value."""
    return not column.property.startswith(UNMAPPED) or column.role is Role.FRACTION
