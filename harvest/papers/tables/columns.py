"""Columns: the header and the cells of a column in, the part that it plays in its table out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harvest.papers.notation.conditions import is_condition_name
from harvest.papers.notation.materials import read_material
from harvest.papers.notation.quantities import QuantityError, read_quantity
from harvest.papers.notation.vocabulary import Meaning, find_meaning, fits, meaning_of, properties_named_in
from harvest.papers.tables.headers import Header, read_path
from harvest.papers.tables.layout import elements_of
from harvest.papers.tables.scope import read_method
from schemas.properties import load_properties

if TYPE_CHECKING:
    from harvest.papers.notation.units import Unit
    from harvest.papers.tables.grid import Grid
    from harvest.papers.tables.layout import Block
    from harvest.papers.tables.scope import Scope

_REFERENCE = re.compile(
    r"^(?:refs?\b|references?\b|sources?$|citations?$|literature$|doi$|year\b|date\b)", re.IGNORECASE
)
_INDEX = re.compile(
    r"^(?:(?:s\.?|serial|run|test|item|entry)?\s?(?:no|nr|number)\b\.?|#|entry|run|s/n|id|index)$", re.IGNORECASE
)
_PHASE = re.compile(
    r"^(?:phase|polymorph|modification|crystal (?:structure|system|form)|structure(?: type)?|form)s?$", re.IGNORECASE
)
_FORMULA = re.compile(r"\b(?:formulae?|compositions?|stoichiometry)\b", re.IGNORECASE)
_MATERIAL = re.compile(
    r"\b(?:materials?|compounds?|samples?|alloys?|specimens?|crystals?|substances?|catalysts?|electrolytes?|membranes?|"
    r"separators?|steels?|electrodes?|polymers?|systems?|minerals?|oxides?|glass(?:es)?|ceramics?|films?|designation|"
    r"elements?|metals?|semiconductors?|solids?|salts?|solvents?|fillers?|composites?|mixtures?|perovskites?|species|name)\b",
    re.IGNORECASE,
)
_NOT_A_VALUE = re.compile(
    r"±|\b(?:errors?|uncertaint\w*|deviations?|std|s\.?d\.?|rmse?|mae|r2|chemical shift|retention time|m/z|2θ|hkl)\b",
    re.IGNORECASE,
)
# Counts of something in the material; counts of samples, cycles or steps are settings.
_COUNT = re.compile(
    r"^number of (?!.*\b(?:layer|cycle|sample|specimen|pass|step|measurement|test|run|point|parameter))", re.IGNORECASE
)
_FEWEST_ELEMENTS = 3
_HALF = 0.5


class Role(StrEnum):
    """What a column holds."""

    PROPERTY = "property"
    FRACTION = "fraction"
    MATERIAL = "material"
    FORMULA = "formula"
    PHASE = "phase"
    CONDITION = "condition"
    REFERENCE = "reference"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its part.

    Attributes:
        property: id of the dictionary, or `unmapped:<name>`; empty where the dictionary says nothing of the column.
        evidence: what the property was told by: name, symbol, caption, element, unit.
        unit: of the numbers, from the header or around the table; none where only the cells can say.
    """

    index: int
    header: Header
    role: Role
    property: str = ""
    label: str = ""
    evidence: str = ""
    unit: Unit | None = None
    unit_from: str = ""


def read_columns(grid: Grid, block: Block, scope: Scope) -> tuple[Column, ...]:
    """Return the columns of a block from left to right."""
    fractions = [elements_of(parts[-1]) if parts else None for parts in block.headers]
    named = sum(found is not None for found in fractions)
    is_composition = named >= _FEWEST_ELEMENTS or (named > 1 and bool(_FORMULA.search(scope.caption)))
    columns = []
    for index, parts in enumerate(block.headers):
        header = read_path(tuple(dict.fromkeys(parts)))
        elements = fractions[index] if is_composition else None
        cells = [grid.at(row.index, index).body.markup for row in block.rows]
        columns.append(_column(index, header, elements, cells, scope))
    return tuple(columns)


def _column(index: int, header: Header, elements: tuple[str, ...] | None, cells: list[str], scope: Scope) -> Column:
    numbers = [cell for cell in cells if is_quantity(cell)]
    filled = [cell for cell in cells if cell]
    is_numeric = bool(numbers) and len(numbers) >= _HALF * sum(any(map(str.isdigit, cell)) for cell in filled)
    if elements is not None and is_numeric:
        return _fraction(index, header, elements, scope)
    plain_role = _role_by_words(header, cells, is_numeric=is_numeric)
    if plain_role is not None:
        return Column(index, header, plain_role)
    if not is_numeric:
        return Column(index, header, _role_of_text(header, filled))
    return _measured(index, header, numbers, scope)


def _role_by_words(header: Header, cells: list[str], *, is_numeric: bool) -> Role | None:
    words = header.name.rpartition("|")[2].strip()
    if _REFERENCE.match(words) or _INDEX.match(words) or _NOT_A_VALUE.search(header.printed):
        return Role.REFERENCE
    if _PHASE.match(words) and not is_numeric:
        return Role.PHASE
    if _FORMULA.search(words) and any(read_material(cell, is_formula_column=True).formula for cell in cells if cell):
        return Role.FORMULA
    if is_numeric and is_condition_name(words, header.symbols):
        return Role.CONDITION
    return None


def _role_of_text(header: Header, cells: list[str]) -> Role:
    words = header.name or header.printed
    formulas = sum(read_material(cell).formula is not None for cell in cells)
    is_named = bool(_MATERIAL.search(words)) and not header.has_measure
    return Role.MATERIAL if is_named or (cells and formulas >= _HALF * len(cells)) else Role.TEXT


def _fraction(index: int, header: Header, elements: tuple[str, ...], scope: Scope) -> Column:
    """Return a column of amounts of an element; which kind of fraction is said by the basis of the percentage."""
    unit = header.unit or scope.unit
    if unit is None or unit.spelling not in {"percent", "ppm", "ppb"}:
        return Column(index, header, Role.TEXT)
    kind = {"weight": "mass fraction", "atomic": "atomic fraction", "mol": "mole fraction"}.get(
        unit.basis or "", "fraction"
    )
    name = f"{kind} of {' + '.join(elements)}"
    return Column(
        index, header, Role.FRACTION, f"unmapped:{name}", name, "element", unit, "header" if header.unit else "caption"
    )


def _measured(index: int, header: Header, numbers: list[str], scope: Scope) -> Column:
    """Return a column of numbers: a property by name, symbol or caption, else one that only its unit makes known."""
    for unit, place in ((header.unit, "header"), (_common_unit(numbers), "cell"), (scope.unit, "caption")):
        spelling = unit.spelling if unit else None
        meaning = find_meaning(header, unit=spelling, context=scope.caption)
        if meaning is not None:
            return Column(
                index, header, Role.PROPERTY, meaning.property, meaning.label, meaning.by, unit, place if unit else ""
            )
        if header.unit is not None:
            break
    meaning = caption_meaning(scope) if header.unit is None and read_method(header.printed) != (None, None) else None
    if meaning is not None:
        place = "caption" if scope.unit else ""
        return Column(index, header, Role.PROPERTY, meaning.property, meaning.label, "caption", scope.unit, place)
    unit = header.unit or _common_unit(numbers)
    name = header.title
    is_count = bool(_COUNT.match(header.name)) and unit is None
    if not name or not (unit or header.has_measure or is_count):
        return Column(index, header, Role.TEXT)
    place = "" if is_count else "header" if header.has_measure else "cell"
    return Column(index, header, Role.PROPERTY, f"unmapped:{name}", name, "unit", unit, place)


def caption_meaning(scope: Scope) -> Meaning | None:
    """Return the one property that a caption names and its unit fits, for columns headed by methods alone."""
    spelling = scope.unit.spelling if scope.unit else None
    named = [load_properties()[name] for name in sorted(properties_named_in(scope.caption))]
    fitting = [definition for definition in named if fits(definition.unit, spelling)]
    return meaning_of(fitting[0], "name") if len(fitting) == 1 else None


def _common_unit(numbers: list[str]) -> Unit | None:
    """Return the unit that all numbers of a column print themselves."""
    units = {read_quantity(cell).unit for cell in numbers}
    return units.pop() if len(units) == 1 else None


def is_quantity(markup: str) -> bool:
    """Tell whether a cell states one quantity."""
    try:
        read_quantity(markup)
    except QuantityError:
        return False
    return True
