"""Readings: a table of a document in; each value out with its material, conditions, method and place.

A reading is a value before it is known whether its material has a composition. What looks like a value and is not
read comes out too, as a refusal with its reason, so that every number of a property column is accounted for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harvest.papers.document import Tier
from harvest.papers.notation.marked import LINE
from harvest.papers.notation.materials import Material
from harvest.papers.notation.quantities import Quantity, QuantityError, looks_numeric, read_quantities
from harvest.papers.notation.vocabulary import fits
from harvest.papers.tables.columns import UNMAPPED, fraction_name
from harvest.papers.tables.layout import read_blocks
from harvest.papers.tables.places import Place
from harvest.papers.tables.roles import Role
from harvest.papers.tables.rows import RowReader
from harvest.papers.tables.scope import read_method
from harvest.papers.tables.views import MEASURED, chosen_view, columns_in, holds_properties
from schemas.measurement import Condition, Method
from schemas.properties import load_properties

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.papers.document import Document, Table
    from harvest.papers.notation.units import Unit
    from harvest.papers.tables.columns import Column
    from harvest.papers.tables.layout import Block
    from harvest.papers.tables.places import Located
    from harvest.papers.tables.scope import Scope
    from harvest.papers.tables.views import View


@dataclass(frozen=True, slots=True)
class Reading:
    """A value as read.

    Attributes:
        property: id of the dictionary, or `unmapped:<name>`.
        label: the property in words.
        title: the same as printed, without unit and conditions.
        quantity: in `unit`, all multipliers applied.
        scale: of hardness, printed in place of a unit.
        factor: what the printed number was multiplied by to be in `unit`.
        text: the cell as printed.
        material_from: row, caption or title.
        property_from, unit_from: what told the property and the unit.
        citations: ids of the references that the row cites.
        tier: how the article says what is a cell.
        stated_unit: the unit as read, none where the number has none.
    """

    place: Located
    property: str
    label: str
    title: str
    header: str
    quantity: Quantity
    unit: str
    scale: str | None
    factor: float
    text: str
    material: Material
    material_from: str
    property_from: str
    unit_from: str
    conditions: tuple[Condition, ...]
    method: Method
    functional: str | None
    citations: tuple[str, ...]
    tier: Tier = Tier.MARKUP
    stated_unit: Unit | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A cell of a property column that looks like a value and was not read."""

    place: Place
    reason: str
    text: str
    header: str
    material: str


def read_table(document: Document, table: Table) -> Iterator[Reading | Refusal]:
    """Yield what a table says; a table without properties yields nothing."""
    view = chosen_view(document, table)
    for block in read_blocks(view.grid):
        columns = columns_in(view, block)
        if holds_properties(columns, view.scope):
            yield from _read_block(view, block, columns)


def _read_block(view: View, block: Block, columns: tuple[Column, ...]) -> Iterator[Reading | Refusal]:
    measured = [column for column in columns if column.role in {*MEASURED, Role.NUMBER}]
    reader = RowReader.of(view.grid, block, columns, view.scope)
    for row, material, source in reader.materials():
        conditions = reader.conditions(row, before=measured[0].index)
        citations = tuple(dict.fromkeys(cited for cell in view.grid.row(row) for cited in cell.citations))
        elements, unit = reader.elements(row), reader.share_unit(row)
        for column in measured:
            own = _of_row(column, elements, unit) if column.role is Role.FRACTION else column
            found = _read_cell(view, row, own) if view.grid.is_origin(row, own.index) else ()
            named, place = (column.material or material, "row") if _is_headed(column, material) else (material, source)
            for number, item in enumerate(found):
                if isinstance(item, Refusal):
                    yield replace(item, material=named.printed)
                    continue
                yield replace(
                    item,
                    material=_of_line(view, reader, item, number, row) or named,
                    material_from=place,
                    conditions=item.conditions + conditions,
                    citations=citations,
                )


def _of_line(view: View, reader: RowReader, item: Reading, number: int, row: int) -> Material | None:
    """Return the material in the line beside a value, in a row that lists materials and values line by line."""
    if "one of a list" not in item.quantity.flags:
        return None
    place = item.place
    lines = view.table.grid.at(place.row, place.column).body.markup.split(LINE) if isinstance(place, Place) else []
    counts = [len(read_quantities(line)) for line in lines] if len(lines) > 1 else []
    line_of = [line for line, count in enumerate(counts) for _value in range(count)]
    named = reader.line_by_line(row, len(lines)) if len(lines) > 1 else ()
    return named[line_of[number]] if named and number < len(line_of) else None


def _is_headed(column: Column, material: Material) -> bool:
    """Tell whether the material of a value stands above it rather than beside it."""
    return column.material is not None and material.formula is None


def _of_row(column: Column, elements: tuple[str, ...], unit: Unit | None) -> Column:
    """Return a column of amounts as it reads in a row that names the elements, or the unit of its numbers."""
    if unit is not None:
        column = replace(column, unit=unit, unit_from="header")
    elif not elements:
        return column
    name = fraction_name(column.unit, elements or (column.label.partition(" of ")[2],))
    return replace(column, property=f"{UNMAPPED}{name}", label=name)


def _read_cell(view: View, row: int, column: Column) -> tuple[Reading | Refusal, ...]:
    """Read one cell; a cell without a number, such as a dash, says nothing."""
    cell = view.grid.at(row, column.index)
    if not looks_numeric(cell.body.markup):
        return ()
    refusal = Refusal(view.place(row, column.index), "", cell.printed, column.header.printed, "")
    try:
        quantities = read_quantities(cell.body.markup)
    except QuantityError as error:
        return (replace(refusal, reason=str(error)),)
    problem = next((why for each in quantities if (why := _problem(column, each.unit or column.unit))), "")
    if problem:
        return (replace(refusal, reason=problem),)
    return tuple(_reading(view, row, column, quantity) for quantity in quantities)


def _reading(view: View, row: int, column: Column, quantity: Quantity) -> Reading:
    """Return a quantity as a value of the property of its column; the material comes later."""
    unit = quantity.unit or column.unit
    factor = quantity.unit.factor if quantity.unit else column.header.name_factor * (unit.factor if unit else 1.0)
    method, functional = read_method(column.header.printed)
    remarks = (Condition(name="remark", text=quantity.remark),) if quantity.remark else ()
    return Reading(
        place=view.place(row, column.index),
        property=column.property,
        label=column.label,
        title=column.header.title,
        header=column.header.printed,
        quantity=quantity.scaled(factor),
        unit=unit.spelling if unit else "1",
        scale=unit.scale if unit else None,
        factor=factor,
        text=view.grid.at(row, column.index).printed,
        material=Material(printed=""),
        material_from="",
        property_from=column.evidence,
        unit_from="cell" if quantity.unit else column.unit_from,
        conditions=column.header.conditions + view.scope.conditions + _counting(unit, view.scope) + remarks,
        method=method or view.scope.method,
        functional=functional or view.scope.functional,
        citations=(),
        tier=view.tier,
        stated_unit=unit,
    )


def _problem(column: Column, unit: Unit | None) -> str:
    """Return why a number in this unit is no value of the property, or nothing where it is one."""
    if column.property.startswith(UNMAPPED):
        return ""
    definition = load_properties()[column.property]
    spelling = unit.spelling if unit else None
    if fits(definition.unit, spelling):
        return ""
    return f"{column.label} is counted in {definition.unit}, got {spelling or 'no unit'}"


def _counting(unit: Unit | None, scope: Scope) -> tuple[Condition, ...]:
    """Return what a percentage or an amount of substance counts, as a condition of the value.

    "kJ/mol" is a unit, "of formula units" is not: pint would cancel a made-up unit for it, and a conversion to
    "eV/atom" without the number of atoms would be wrong by that number. So the unit stays what it is, and what the
    mole counts is carried beside it, under the name `per`.
    """
    if unit is None:
        return ()
    if unit.basis:
        return (Condition(name="fraction_of", text=unit.basis),)
    return (Condition(name="per", text=scope.counted_per),) if "/mol" in unit.spelling and scope.counted_per else ()
