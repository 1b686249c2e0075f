"""Stated units: a unit as a provider spells it and one of ours in, whether they are one unit out."""

from __future__ import annotations

from schemas.units import UnitError, conversion

_NO_UNIT = frozenset({"", "1", "dimensionless", "inapplicable", "n/a", "nan", "none"})
# How providers write what pint writes otherwise: two letters for angstrom, two for micro, a raised dot.
_SPELLINGS = {"\u00c5": "angstrom", "\u212b": "angstrom", "\u00b5": "u", "\u03bc": "u", "\u00b7": "*"}


def same_unit(stated: str, expected: str) -> bool:
    """Tell whether two units are one, however they are spelled; a factor between them makes two of them."""
    first, second = (_plain(unit) for unit in (stated, expected))
    if first == second:
        return True
    try:
        between = conversion(first, second)
    except UnitError:
        return False
    return (between.factor, between.offset, between.per_formula) == (1.0, 0.0, False)


def _plain(unit: str) -> str:
    if unit.strip().lower() in _NO_UNIT:
        return "1"
    for written, known in _SPELLINGS.items():
        unit = unit.replace(written, known)
    return unit
