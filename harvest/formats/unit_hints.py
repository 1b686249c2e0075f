"""Unit hints: a unit as papers print it and a property in, the same unit by the spelling of cards out."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from schemas.properties import load_properties
from schemas.units import UnitError, check_unit, conversion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.papers.notation.units import Unit

_POWER = re.compile(r"(?:\*\*|\^)\s*\(?([+\-−]?\d+(?:[./]\d+)?)\)?")
_POWER_OF_TEN = re.compile(r"^(?:1[eE]|10(?=[-−]))([+\-−]?\d+)")
_PARTS = {1e-2: "percent", 1e-6: "ppm"}
_PREFIXES = {1e-3: "m", 1e-6: "u", 1e-9: "n", 1e3: "k", 1e6: "M", 1e9: "G"}


def unit_hint(unit: str, property_id: str) -> str | None:
    """Return what to write for a unit that does not fit a property; none where nothing is known of the unit.

    Args:
        unit: as given, such as g cm-3, cm2/Vs, emu/g, HV or 10^-6/K.
        property_id: of the dictionary.
    """
    from harvest.papers.notation.units import read_unit  # noqa: PLC0415 — cards that are right do not need it

    read = read_unit(_POWER.sub(r"^{\1}", _POWER_OF_TEN.sub(r"10^{\1}", unit.strip())))
    if read is None:
        return None
    canonical = load_properties()[property_id].unit
    for spelling in _spellings(read, canonical):
        if spelling != unit and _fits(spelling, property_id):
            return f"write {spelling}"
    if _fits(read.spelling, property_id):
        return f"1 {unit} is {read.factor:g} {read.spelling}: write the numbers in that, or in another unit"
    return f"{unit} does not measure it, whereas for example {canonical} does"


def _spellings(read: Unit, canonical: str) -> Iterator[str]:
    """Yield what is exactly the unit that was read."""
    if read.factor == 1:
        yield read.spelling
        return
    if read.spelling.startswith("1") and read.factor in _PARTS:
        yield _PARTS[read.factor] + read.spelling[1:]
    if _is_same(read, canonical):
        yield canonical
    prefixed = _PREFIXES.get(read.factor, "") + read.spelling
    if _is_same(read, prefixed):
        yield prefixed


def _is_same(read: Unit, unit: str) -> bool:
    try:
        found = conversion(read.spelling, unit)
    except UnitError:
        return False
    return not found.offset and not found.per_formula and math.isclose(found.factor * read.factor, 1, rel_tol=1e-12)


def _fits(unit: str, property_id: str) -> bool:
    try:
        check_unit(unit, property_id)
    except UnitError:
        return False
    return True
