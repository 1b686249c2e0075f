"""Roles: the header and the cells of a column in, the part that it plays by its words alone out."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from harvest.papers.notation.conditions import is_condition_name, is_setting_name
from harvest.papers.notation.materials import read_material
from harvest.papers.notation.quantities import QuantityError, read_quantities
from harvest.papers.notation.units import SHARES
from harvest.papers.notation.vocabulary import names_value

if TYPE_CHECKING:
    from harvest.papers.tables.headers import Header

_REFERENCE = re.compile(
    r"^(?:refs?\b|references?\b|sources?$|citations?$|literature$|doi$|years?\b|date\b|authors?\b)", re.IGNORECASE
)
_INDEX = re.compile(
    r"^(?:(?:s\.?|sl\.?|sr\.?|serial|run|test|item|entry|exp\.?|experiment|trial)?\s?(?:no|nr|number)\b\.?|#|№|entry|run|"
    r"s/n|id|index|rank|trial|experiment)$",
    re.IGNORECASE,
)
_PHASE = re.compile(
    r"^(?:phase|polymorph|modification|crystal (?:structure|system|form)|structure(?: type)?|form)s?$", re.IGNORECASE
)
_FORMULA = re.compile(r"\b(?:formulae?|compositions?|stoichiometry)\b", re.IGNORECASE)
_MATERIAL = re.compile(
    r"\b(?:(?:nano|bio)?materials?|compounds?|samples?|alloys?|specimens?|crystals?|substances?|(?:electro|photo)?catalysts?|"
    r"electrolytes?|membranes?|separators?|steels?|electrodes?|anodes?|cathodes?|polymers?|systems?|minerals?|oxides?|"
    r"glass(?:es)?|ceramics?|films?|designation|elements?|metals?|semiconductors?|solids?|salts?|solvents?|fillers?|"
    r"(?:nano)?composites?|mixtures?|perovskites?|species|name|labels?|codes?|formulations?|hydrogels?|adsorbents?|"
    r"sorbents?|coatings?|matrix|matrices|products?|grades?|powders?|fibers?|fibres?|nanoparticles?|blends?|resins?|"
    r"concretes?|mix(?:es)?|liquids?|dyes?|monomers?|ligands?|molecules?|mofs?|scaffolds?|layers?|welds?|joints?)\b",
    re.IGNORECASE,
)
_NOT_A_VALUE = re.compile(
    r"^\W*±|\b(?:errors?|uncertaint\w*|deviations?|std|r?s\.?d\.?|rmse?(?! (?:surface )?roughness)|mae|r2|"
    r"chemical shift|retention time|m/z|2θ|hkl)\b",
    re.IGNORECASE,
)
# Heads of columns that part the values of one material, rather than naming materials.
_SETTING = re.compile(
    r"\b(?:states?|conditions?|treatments?|directions?|methods?|tests?|parameters?|propert(?:y|ies)|regions?|zones?|"
    r"positions?|steps?|times?|temperatures?|orientations?|microstructures?|application|techniques?|process(?:es|ing)?|"
    r"stages?|modes?|functional|model|strategy|synthesis|preparation|solution|electrolyte solution|atmosphere|pairs?|"
    r"bonds?|atoms?|sites?|planes?|location|place|fracture|remarks?|notes?|comments?|advantages?|issues?|function|"
    r"description of|quantit(?:y|ies)|statistics?|factors?|sources? of|variables?|terms?|responses?|units?|symbols?|"
    r"characteristics?|features?|stacking|assignments?|modes?|peaks?|bands?|reaction|mechanism|generation)\b",
    re.IGNORECASE,
)
_CORNER = re.compile(
    r"^(?:(?:\w+ )?(?:propert(?:y|ies)|parameters?|characteristics?|quantit(?:y|ies)|variables?|ind(?:ex|ices)|items?)"
    r"\b.*)?$",
    re.IGNORECASE,
)
_STATISTIC = re.compile(
    r"^(?:mean|average|avg\.?|min\.?|max\.?|minimum|maximum|std\.?|s\.?d\.?|range|total|sum|median|r\s?2|value|"
    r"this work|experimental|calculated|theoretical|measured|exp\.?|calc\.?|observed)$",
    re.IGNORECASE,
)
_SUPPLY = re.compile(
    r"^(?:suppliers?|vendors?|manufacturers?|producers?|providers?|compan(?:y|ies)|cas\b.*)$", re.IGNORECASE
)
_HALF = 0.5
_LONGEST_NAME = 90


class Role(StrEnum):
    """What a column holds."""

    PROPERTY = "property"
    FRACTION = "fraction"
    MATERIAL = "material"
    FORMULA = "formula"
    ELEMENT = "element"
    PHASE = "phase"
    CONDITION = "condition"
    REFERENCE = "reference"
    NUMBER = "number"
    TEXT = "text"


def is_quantity(markup: str) -> bool:
    """Tell whether a cell states a quantity, or several in a list."""
    try:
        read_quantities(markup)
    except QuantityError:
        return False
    return True


def role_by_words(header: Header, cells: list[str], *, is_numeric: bool, unit: str | None) -> Role | None:
    """Return the part that the words of a header give a column; none where they give none.

    Args:
        header: the header cells above the column, read together.
        cells: of the column.
        is_numeric: whether most of them state quantities.
        unit: of the numbers, by pint's spelling, where header or cells state one.
    """
    words = header.name.rpartition("|")[2].strip()
    if _REFERENCE.match(words) or _INDEX.match(words) or _NOT_A_VALUE.search(header.printed):
        return Role.REFERENCE
    if _PHASE.match(words) and not is_numeric:
        return Role.PHASE
    if _FORMULA.search(words) and any(read_material(cell, is_formula_column=True).formula for cell in cells if cell):
        return Role.FORMULA
    if is_numeric and _is_condition(header, words, unit):
        return Role.CONDITION
    if is_numeric and names_materials(header) and not header.has_measure and _are_names(cells):
        return Role.MATERIAL
    return None


def _is_condition(header: Header, words: str, unit: str | None) -> bool:
    """Tell a setting from a property whose name holds the words of one: "melting temperature"."""
    if not is_condition_name(words, header.symbols) or _is_told_below(header, words):
        return False
    return is_setting_name(words) or not names_value(words, unit)


def _is_told_below(header: Header, words: str) -> bool:
    """Tell whether a symbol below the words says what they are: "Temperatures" over "Ac_{1}" and "Ac_{3}"."""
    above, _bar, last = header.printed.rpartition(" | ")
    return bool(above and header.symbols) and words not in last


def role_of_text(header: Header, cells: list[str]) -> Role:
    """Return the part of a column of words."""
    formulas = sum(read_material(cell).formula is not None for cell in cells)
    is_named = names_materials(header) and not header.has_measure
    return Role.MATERIAL if is_named or (cells and formulas >= _HALF * len(cells)) else Role.TEXT


def names_materials(header: Header) -> bool:
    """Tell whether a header announces names of materials or samples."""
    words = header.name or header.printed
    return bool(_MATERIAL.search(words)) and not re.match(
        r"(?:number|amount|thickness|position)\b", words, re.IGNORECASE
    )


def is_corner(header: Header) -> bool:
    """Tell a header that speaks of the properties below it, not of the names beside it, in a table that is turned."""
    return bool(_CORNER.match(header.printed))


def is_supply(header: Header) -> bool:
    """Tell the header of a list of chemicals or devices that were bought."""
    return bool(_SUPPLY.match(header.printed))


def may_name_samples(header: Header, cells: list[str]) -> bool:
    """Tell whether a first column of words, whose header says neither, holds names of samples."""
    words = header.name or header.printed
    of_the_rest = header.unit is not None and header.unit.spelling in SHARES
    if _SETTING.search(words) or (header.has_measure and not of_the_rest) or not cells:
        return False
    return not any(_STATISTIC.match(cell) or len(cell) > _LONGEST_NAME for cell in cells)


def _are_names(cells: list[str]) -> bool:
    """Tell numbers of samples and grades such as "316L" from values."""
    return counts_up(cells) or any(cell and not is_quantity(cell) and re.search("[A-Za-z]", cell) for cell in cells)


def counts_up(cells: list[str]) -> bool:
    """Tell the numbers of samples, all different and whole, from values."""
    filled = [cell for cell in cells if cell]
    return len(set(filled)) == len(filled) and all(cell.isdigit() for cell in filled)
