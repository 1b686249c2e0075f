"""Columns: the header and the cells of a column in, the part that it plays in its table out."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harvest.papers.notation.marked import plain
from harvest.papers.notation.materials import Material, is_element, is_formula, read_material
from harvest.papers.notation.named_materials import MEDIA
from harvest.papers.notation.quantities import looks_numeric, read_quantities
from harvest.papers.notation.units import SHARES
from harvest.papers.notation.vocabulary import Meaning, find_meaning, fits, longest_named_in, meaning_of
from harvest.papers.tables.amounts import may_be_amounts
from harvest.papers.tables.headers import Header, read_path
from harvest.papers.tables.layout import elements_of
from harvest.papers.tables.roles import Role, counts_up, is_quantity, role_by_words, role_of_text
from harvest.papers.tables.scope import read_method, unit_in
from schemas.properties import load_properties

if TYPE_CHECKING:
    from harvest.papers.notation.units import Unit
    from harvest.papers.tables.grid import Grid
    from harvest.papers.tables.layout import Block
    from harvest.papers.tables.scope import Scope

UNMAPPED = "unmapped:"
_COMPOSITION = re.compile(r"\b(?:formulae?|compositions?|stoichiometry)\b", re.IGNORECASE)
# Counts of something in the material; counts of samples, cycles or steps are settings.
_COUNT = re.compile(
    r"^number of (?!.*\b(?:layer|cycle|sample|specimen|pass|step|measurement|test|run|point|parameter))", re.IGNORECASE
)
_FEWEST_ELEMENTS = 3
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its part.

    Attributes:
        property: id of the dictionary, or `unmapped:<name>`; empty where the dictionary says nothing of the column.
        evidence: what the property was told by: name, symbol, caption, element, unit.
        unit: of the numbers, from the header or around the table; none where only the cells can say.
        material: what a header cell above names, where the materials stand side by side.
    """

    index: int
    header: Header
    role: Role
    property: str = ""
    label: str = ""
    evidence: str = ""
    unit: Unit | None = None
    unit_from: str = ""
    material: Material | None = None


def read_each(grid: Grid, block: Block, scope: Scope) -> tuple[Column, ...]:
    """Return the columns of a block from left to right, each as it reads by itself."""
    fractions = [_constituents(block.headers[index], scope) for index in block.columns]
    named = len({found for found in fractions if found is not None})
    is_composition = named >= _FEWEST_ELEMENTS or (named > 1 and bool(_COMPOSITION.search(scope.caption)))
    headed = [index for index, found in zip(block.columns, fractions, strict=True) if found is not None]
    shared = _with_corner(grid, block, headed, scope)
    is_composition = is_composition and may_be_amounts(grid, block, headed, shared)
    columns = []
    for index, elements in zip(block.columns, fractions, strict=True):
        cells = [grid.at(row.index, index).body.markup for row in block.rows]
        parts = tuple(dict.fromkeys(block.headers[index]))
        notes = tuple(scope.notes[mark] for mark in block.marks[index] if mark in scope.notes) if block.marks else ()
        shares = elements if is_composition else None
        columns.append(_column(index, parts, notes, shares, cells, shared if shares else scope))
    return tuple(columns)


def _with_corner(grid: Grid, block: Block, headed: list[int], scope: Scope) -> Scope:
    """Return what elements are counted by: "Element (wt%)" over the names of samples says it as a caption does."""
    stubs = [index for index in block.columns if index < min(headed, default=0)]
    names = [
        index for index in stubs if not any(looks_numeric(grid.at(row.index, index).body.markup) for row in block.rows)
    ]
    before = [read_path(block.headers[index]).unit for index in names]
    units = [unit for unit in before if unit is not None and unit.spelling in SHARES]
    return replace(scope, unit=units[0], units=(units[0],)) if len(units) == 1 else scope


def _constituents(parts: tuple[str, ...], scope: Scope) -> tuple[str, ...] | None:
    """Return what a header may give the amount of: elements, or an oxide where all numbers are shares."""
    last = parts[-1] if parts else ""
    elements = elements_of(last)
    if elements is not None:
        return elements
    counts_shares = scope.unit is not None and scope.unit.spelling == "percent"
    return (plain(last),) if counts_shares and is_formula(last) else None


def _column(
    index: int,
    parts: tuple[str, ...],
    notes: tuple[str, ...],
    elements: tuple[str, ...] | None,
    cells: list[str],
    scope: Scope,
) -> Column:
    header = _noted(read_path(parts), notes)
    numbers = [cell for cell in cells if is_quantity(cell)]
    filled = [cell for cell in cells if cell]
    is_numeric = bool(numbers) and len(numbers) >= _HALF * sum(any(map(str.isdigit, cell)) for cell in filled)
    if elements is not None and is_numeric:
        return _fraction(index, header, elements, scope)
    unit = header.unit or _common_unit(numbers)
    plain_role = role_by_words(header, cells, is_numeric=is_numeric, unit=unit.spelling if unit else None)
    if plain_role is not None:
        return Column(index, header, plain_role)
    if not is_numeric:
        return Column(index, header, role_of_text(header, filled))
    column = _measured(index, header, numbers, scope)
    material, rest = _material_above(parts)
    if material is None or (len(parts) == 1 and column.evidence in {"name", "symbol"}):
        return column
    return replace(_measured(index, _noted(read_path(rest), notes), numbers, scope, is_headed=True), material=material)


def _noted(header: Header, notes: tuple[str, ...]) -> Header:
    """Return a header with what its footnotes say of it: the unit that it lacks, and a name in words."""
    if not notes:
        return header
    unit = header.unit if header.has_measure else next((unit for note in notes if (unit := unit_in(note))), None)
    return replace(header, unit=unit, remarks=header.remarks + notes)


def _material_above(parts: tuple[str, ...]) -> tuple[Material | None, tuple[str, ...]]:
    """Split the material off the cells above a column: "TiO_{2}" over "E_{g} (eV)"."""
    for part in parts:
        material = read_material(part, is_formula_column=is_element(part))
        rest = tuple(other for other in parts if other != part)
        # An element is a material where a property stands beside it; a gas is rather what is taken up or let through.
        is_named = read_path(rest).has_measure if is_element(part) else plain(part) not in MEDIA
        if material.formula is not None and is_named and not read_path((part,)).has_measure:
            return material, rest
    return None, parts


def _fraction(index: int, header: Header, elements: tuple[str, ...], scope: Scope) -> Column:
    """Return a column of amounts of an element; which kind of fraction is said by the basis of the percentage."""
    shares = [unit for unit in scope.units if unit.spelling in SHARES]
    unit = header.unit or (shares[0] if len(shares) == 1 else scope.unit)
    if unit is not None and unit.spelling not in SHARES:
        return Column(index, header, Role.TEXT)
    name = fraction_name(unit, elements)
    place = "" if unit is None else "header" if header.unit else "caption"
    return Column(index, header, Role.FRACTION, f"{UNMAPPED}{name}", name, "element", unit, place)


def fraction_name(unit: Unit | None, elements: tuple[str, ...]) -> str:
    """Return the name of an amount of elements."""
    basis = unit.basis if unit else None
    kind = {"weight": "mass fraction", "atomic": "atomic fraction", "mol": "mole fraction"}.get(basis or "", "fraction")
    return f"{kind} of {' + '.join(elements)}"


def _measured(index: int, header: Header, numbers: list[str], scope: Scope, *, is_headed: bool = False) -> Column:
    """Return a column of numbers: a property by name, symbol or caption, else one that only its unit makes known.

    Args:
        index: of the column.
        header: without the material that it may name.
        numbers: the cells that state quantities.
        scope: what stands around the table.
        is_headed: a material stands above, so that what is left of the header may be empty.
    """
    around = [(unit, "caption") for unit in scope.units]
    for unit, place in ((header.unit, "header"), (_common_unit(numbers), "cell"), *around):
        spelling = unit.spelling if unit else None
        meaning = find_meaning(header, unit=spelling, context=scope.caption, explained=scope.explained)
        if meaning is not None:
            role = Role.CONDITION if meaning.is_setting else Role.PROPERTY
            return Column(index, header, role, meaning.property, meaning.label, meaning.by, unit, place if unit else "")
        if header.unit is not None:
            break
    by_method = read_method(header.printed) != (None, None)
    is_bare = (is_headed and not header.printed) or _is_condition(header) or not header.title
    is_symbol = bool(header.symbols) and not header.name and header.unit is not None
    unit = header.unit or scope.unit
    asks_caption = is_bare or is_symbol or (by_method and header.unit is None)
    meaning = caption_meaning(scope, unit) if asks_caption else None
    if is_symbol and meaning is not None and not _is_named_alone(meaning, scope.caption):
        meaning = None
    if meaning is not None:
        place = "" if unit is None else "header" if header.unit else "caption"
        return Column(index, header, Role.PROPERTY, meaning.property, meaning.label, "caption", unit, place)
    return _unmapped(index, header, numbers)


def _unmapped(index: int, header: Header, numbers: list[str]) -> Column:
    unit = header.unit or _common_unit(numbers)
    name = header.title
    is_count = bool(_COUNT.match(header.name)) and unit is None
    if not name:
        return Column(index, header, Role.TEXT, unit=unit, unit_from="header" if unit else "")
    if not (unit or header.has_measure or is_count):
        role = Role.NUMBER if index else Role.REFERENCE if counts_up(numbers) else Role.CONDITION
        return Column(index, header, role, f"{UNMAPPED}{name}", name, "header")
    place = "" if is_count else "header" if header.has_measure else "cell"
    return Column(index, header, Role.PROPERTY, f"{UNMAPPED}{name}", name, "unit", unit, place)


def _is_condition(header: Header) -> bool:
    """Tell a header that says at what, and not what: "300 K"."""
    return bool(header.conditions) and not header.name and not header.symbols


def caption_meaning(scope: Scope, unit: Unit | None) -> Meaning | None:
    """Return the one property that a caption names and the unit fits, for columns whose headers name none."""
    spelling = unit.spelling if unit else None
    named = [load_properties()[name] for name in sorted(longest_named_in(scope.caption))]
    fitting = [definition for definition in named if fits(definition.unit, spelling)]
    return meaning_of(fitting[0], "name") if len(fitting) == 1 else None


def _is_named_alone(meaning: Meaning, caption: str) -> bool:
    """Tell whether a caption names a property without a word that makes it another: not "cohesive energy density"."""
    definition = load_properties()[meaning.property]
    names = "|".join(re.escape(name) for name in (definition.label.lower(), *definition.names))
    return bool(re.search(rf"(?:^|[,;(]\s*|\b(?:of|the|and|for|with)\s+)(?:{names})\b", caption.lower()))


def _common_unit(numbers: list[str]) -> Unit | None:
    """Return the unit that all numbers of a column print themselves."""
    units = {quantity.unit for cell in numbers for quantity in read_quantities(cell)}
    return units.pop() if len(units) == 1 else None
