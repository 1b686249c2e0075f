"""Neighbours: the columns of a block as each reads by itself in; the same as they read side by side out."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from harvest.papers.notation.conditions import is_condition_name
from harvest.papers.notation.materials import is_code, read_material
from harvest.papers.notation.units import SHARES
from harvest.papers.notation.vocabulary import find_meaning
from harvest.papers.tables.amounts import tells_quantity
from harvest.papers.tables.columns import UNMAPPED, caption_meaning, read_each
from harvest.papers.tables.headers import Header
from harvest.papers.tables.layout import elements_of
from harvest.papers.tables.roles import Role, may_name_samples, names_materials
from harvest.papers.tables.scope import read_method
from schemas.properties import load_properties

if TYPE_CHECKING:
    from harvest.papers.notation.materials import Material
    from harvest.papers.tables.columns import Column
    from harvest.papers.tables.grid import Grid
    from harvest.papers.tables.layout import Block
    from harvest.papers.tables.scope import Scope

_FEWEST_ELEMENTS = 3
_FEWEST_SIDE_BY_SIDE = 2
_ABBREVIATION = re.compile(r"[A-Z].*[A-Z0-9]")
_SIZE = re.compile(r"^thickness(?:es)?$", re.IGNORECASE)


def read_columns(grid: Grid, block: Block, scope: Scope) -> tuple[Column, ...]:
    """Return the columns of a block from left to right."""
    each = _as_settings(read_each(grid, block, scope))
    told = _under_caption(_with_sizes(_by_families(each, scope)), scope)
    return _by_element(_with_stub(told, grid, block), grid, block)


def _as_settings(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Take a property for a setting where another of the same step stands beside it: "Melting time" tells a furnace."""
    steps = {_step(column) for column in columns if column.role is Role.CONDITION} - {""}
    return tuple(
        replace(column, role=Role.CONDITION, property="") if _is_of_step(column, steps) else column
        for column in columns
    )


def _is_of_step(column: Column, steps: set[str]) -> bool:
    return column.role is Role.PROPERTY and is_condition_name(column.header.name) and _step(column) in steps


def _step(column: Column) -> str:
    """Return the word of the process that a header of two words begins with: "melting" of "Melting time"."""
    first, _blank, rest = column.header.name.lower().partition(" ")
    return first if first.endswith("ing") and rest and " " not in rest else ""


def _by_families(columns: tuple[Column, ...], scope: Scope) -> tuple[Column, ...]:
    """Tell by the columns beside it what a symbol means that several properties share."""
    known = [column.property for column in columns if column.role is Role.PROPERTY and not _is_open(column)]
    families = frozenset(load_properties()[name].family for name in known)
    unclear = [column for column in columns if _is_open(column) and column.role is not Role.FRACTION]
    return tuple(_retold(column, families, scope) if families and column in unclear else column for column in columns)


def _retold(column: Column, families: frozenset[str], scope: Scope) -> Column:
    unit = column.unit or scope.unit
    spelling = unit.spelling if unit else None
    meaning = find_meaning(
        column.header, unit=spelling, context=scope.caption, explained=scope.explained, families=families
    )
    if meaning is None or meaning.is_setting:
        return column
    place = "" if unit is None else column.unit_from if column.unit else "caption"
    return replace(
        column, role=Role.PROPERTY, property=meaning.property, label=meaning.label, evidence=meaning.by, unit=unit,
        unit_from=place,
    )  # fmt: skip


def _with_sizes(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Take the thickness of specimens for a property where other columns hold properties, as of membranes and films."""
    if not any(column.role is Role.PROPERTY and not _is_open(column) for column in columns):
        return columns
    return tuple(
        _as_size(column)
        if column.role is Role.CONDITION and column.header.unit and _SIZE.match(column.header.title)
        else column
        for column in columns
    )


def _as_size(column: Column) -> Column:
    name = column.header.title
    told = replace(column, role=Role.PROPERTY, property=f"{UNMAPPED}{name}", label=name, evidence="unit")
    return replace(told, unit=column.header.unit, unit_from="header")


def _under_caption(columns: tuple[Column, ...], scope: Scope) -> tuple[Column, ...]:
    """Take columns that are headed by materials for values of the one property that the caption names."""
    headed = [column for column in columns if _is_open(column) and _names_material(column.header)]
    meaning = caption_meaning(scope, scope.unit)
    numeric = [column for column in columns if column.role in {Role.PROPERTY, Role.NUMBER, Role.FRACTION}]
    is_all = len(headed) >= _FEWEST_SIDE_BY_SIDE and all(column in headed for column in numeric)
    if meaning is None or meaning.is_setting or not is_all:
        return columns
    return tuple(
        replace(
            column, header=Header(printed=column.header.printed), role=Role.PROPERTY, property=meaning.property,
            label=meaning.label, evidence="caption", unit=scope.unit, unit_from="caption" if scope.unit else "",
            material=read_material(column.header.printed, is_formula_column=True),
        )
        if column in headed
        else column
        for column in columns
    )  # fmt: skip


def _names_material(header: Header) -> bool:
    """Tell a header that can be nothing but the name of a material: a formula, or an abbreviation in capitals."""
    text = header.printed
    is_name = read_material(text).formula is not None or (text[:1].isupper() and bool(_ABBREVIATION.search(text)))
    return is_name and not header.has_measure and read_method(text) == (None, None)


def _with_stub(columns: tuple[Column, ...], grid: Grid, block: Block) -> tuple[Column, ...]:
    """Take the first column of words for the names of samples, where no other column names materials."""
    if any(column.role in {Role.MATERIAL, Role.FORMULA} for column in columns) or not columns:
        return columns
    first = columns[0]
    cells = [text for row in block.rows if (text := grid.at(row.index, first.index).body.text)]
    if first.role is not Role.TEXT or not may_name_samples(first.header, cells):
        return columns
    return (replace(first, role=Role.MATERIAL), *columns[1:])


def _by_element(columns: tuple[Column, ...], grid: Grid, block: Block) -> tuple[Column, ...]:
    """Take columns of per cent beside a column of elements for amounts of these elements."""
    counted = [column for column in columns if column.unit is not None and column.unit.spelling in SHARES]
    shares = [column for column in counted if not tells_quantity(column.header)]
    for stub in columns if shares else ():
        if stub.role not in {Role.MATERIAL, Role.TEXT}:
            continue
        names = [text for row in block.rows if (text := grid.at(row.index, stub.index).body.markup)]
        if len(set(names)) < _FEWEST_ELEMENTS or not all(elements_of(name) for name in names):
            continue
        return tuple(
            replace(stub, role=Role.ELEMENT)
            if column is stub
            else replace(column, role=Role.FRACTION, evidence="element", material=_sample_above(column.header))
            if column in shares
            else column
            for column in columns
        )
    return columns


def _sample_above(header: Header) -> Material | None:
    """Return the sample whose shares stand below: "Alloy A (wt%)", but not "Content (wt%)"."""
    is_sample = is_code(header.title) or names_materials(header)
    return read_material(header.title) if is_sample and not header.conditions else None


def _is_open(column: Column) -> bool:
    return column.property.startswith(UNMAPPED)
