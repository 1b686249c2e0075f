"""Amounts: columns that elements head in; whether their numbers can be shares of a whole, rather than properties, out.

"Fe" over or beside a number may announce how much iron a sample holds, or a property of iron.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harvest.papers.notation.marked import plain
from harvest.papers.notation.materials import is_code, read_material
from harvest.papers.notation.quantities import QuantityError, looks_numeric, read_quantities
from harvest.papers.notation.units import SHARES
from harvest.papers.notation.vocabulary import definitions_named, names_value
from harvest.papers.tables.headers import read_header, read_path
from harvest.papers.tables.roles import names_materials
from harvest.papers.tables.scope import read_method

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harvest.papers.notation.quantities import Quantity
    from harvest.papers.tables.grid import Grid
    from harvest.papers.tables.headers import Header
    from harvest.papers.tables.layout import Block
    from harvest.papers.tables.scope import Scope

# Percentages of something else than the whole of a sample.
_OTHER_SHARE = re.compile(
    r"\b(?:efficienc(?:y|ies)|recover(?:y|ies)|remov\w+|yields?|conversion|selectivity|mismatch|differences?)\b",
    re.IGNORECASE,
)
_COMPOSITION = re.compile(
    r"\b(?:formulae?|compositions?|stoichiometr\w+|contents?|concentrations?|amounts?|fractions?|impurit(?:y|ies)|"
    r"elemental|EDX|EDS|XRF|XPS|ICP)\b",
    re.IGNORECASE,
)
_BALANCE = re.compile(r"^(?:bal|balance|balanced|rem|remainder|rest|base)\.?$", re.IGNORECASE)
_WHOLE_PERCENT = 100.0
_ROUNDING = 0.02


def tells_quantity(header: Header) -> bool:
    """Tell whether a header says that its numbers are no shares: by its unit, or as the whole name of a property."""
    unit = header.unit.spelling if header.unit else None
    if unit is None:
        return any(definitions_named(header.name))
    return unit not in SHARES or names_value(header.name, unit) or bool(_OTHER_SHARE.search(header.name))


def may_be_amounts(grid: Grid, block: Block, indices: Sequence[int], scope: Scope) -> bool:
    """Tell whether the numbers under elements can be shares: none is too large, and the rows are not properties.

    Args:
        grid: of the table as it is read.
        block: of the grid.
        indices: of the columns that elements head.
        scope: what stands around the table.
    """
    if not indices:
        return False
    stubs = [index for index in block.columns if index < min(indices)]
    named = [header for row in block.rows if (header := _beside(grid, row.index, stubs)).printed]
    if 2 * sum(tells_quantity(header) for header in named) >= max(1, len(named)):
        return False
    units = {unit.spelling for index in indices if (unit := read_path(block.headers[index]).unit)}
    units.update(header.unit.spelling for header in named if header.unit)
    units.update(unit.spelling for unit in scope.units)
    numbers = list(_quantities(grid, block, indices))
    units.update(quantity.unit.spelling for quantity in numbers if quantity.unit)
    most = float("inf") if units & {"ppm", "ppb"} else _WHOLE_PERCENT * (1 + _ROUNDING)
    return all(0 <= size <= most for quantity in numbers for size in _ends(quantity))


def are_told_as_amounts(grid: Grid, block: Block, indices: Sequence[int], scope: Scope) -> bool:
    """Tell whether a table speaks of a composition: in its caption, by a balance, by names of samples, or by its sums.

    Args:
        grid: of the table as it is read.
        block: of the grid.
        indices: of the columns that elements head, none of which prints a unit.
        scope: what stands around the table.
    """
    if _COMPOSITION.search(scope.caption):
        return True
    cells = [grid.at(row.index, index).body.text for row in block.rows for index in block.columns]
    if any(map(_BALANCE.match, cells)):
        return True
    stubs = [index for index in block.columns if index < min(indices)]
    names = [grid.at(row.index, index).body.markup for row in block.rows for index in stubs[:1]]
    return all(map(_names_sample, names)) or all(_is_whole(grid, row.index, indices) for row in block.rows)


def _names_sample(markup: str) -> bool:
    """Tell the name of a sample, "A1" or "Steel B", from that of a quantity or a method."""
    text = plain(markup)
    if read_method(text) != (None, None):
        return False
    is_numbered = is_code(text) and any(map(str.isdigit, text))
    return is_numbered or names_materials(read_header(markup)) or read_material(markup).formula is not None


def _is_whole(grid: Grid, row: int, indices: Sequence[int]) -> bool:
    """Tell whether the numbers of a row make one, or a hundred per cent."""
    cells = [grid.at(row, index).body.markup for index in indices]
    total = sum(quantity.value or 0.0 for cell in cells for quantity in _read(cell))
    return any(abs(total - whole) <= _ROUNDING * whole for whole in (1.0, _WHOLE_PERCENT))


def _beside(grid: Grid, row: int, stubs: Sequence[int]) -> Header:
    """Return what the words left of the numbers of a row say together."""
    cells = (grid.at(row, index).body.markup for index in stubs)
    return read_path(tuple(cell for cell in cells if cell and not looks_numeric(cell)))


def _quantities(grid: Grid, block: Block, indices: Sequence[int]) -> Iterator[Quantity]:
    for row in block.rows:
        for index in indices:
            yield from _read(grid.at(row.index, index).body.markup)


def _read(markup: str) -> tuple[Quantity, ...]:
    try:
        return read_quantities(markup)
    except QuantityError:
        return ()


def _ends(quantity: Quantity) -> Iterator[float]:
    yield from (size for size in (quantity.value, quantity.value_min, quantity.value_max) if size is not None)
