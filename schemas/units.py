"""Units: unit strings in, factors to canonical units out, by the one pint registry; it is made when it is needed.

Atoms, formula units, sites and decades are counted in dimensions of their own, so that eV/atom and eV/formula_unit
never mix: the way from one to the other needs the composition, and only curation has it.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import cache
from tokenize import TokenError
from typing import TYPE_CHECKING

from schemas.properties import load_properties

if TYPE_CHECKING:
    import pint

COUNTS = ("atom", "formula_unit", "site", "decade")


# What the tokenizer and the evaluator below pint raise for a text that is no unit, beside pint's own errors.
_NO_UNIT = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError, TokenError)


class UnitError(ValueError):
    """A unit that is unknown, or that does not measure the quantity; says what was got and what fits."""


@cache
def unit_registry() -> pint.UnitRegistry[float]:
    """Return the registry of the house; making it takes half a second."""
    import pint  # noqa: PLC0415 — see above

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        registry: pint.UnitRegistry[float] = pint.UnitRegistry(autoconvert_offset_to_baseunit=True)
    for count in COUNTS:
        registry.define(f"{count} = [{count}_count]")
    return registry


@cache
def parse_unit(text: str) -> pint.Unit:
    """Return a unit.

    Raises:
        UnitError: pint does not know it.
    """
    registry = unit_registry()
    from pint import PintError  # noqa: PLC0415 — the registry has imported it

    try:
        return registry.Unit("dimensionless" if text.strip() in {"", "1"} else text)
    except (PintError, *_NO_UNIT) as error:
        message = f"{text!r} is not a unit that is known here ({error}); write it as pint does, for example eV/atom"
        raise UnitError(message) from error


@cache
def base_unit(text: str) -> str:
    """Return the unit of SI base units that measures the same, for example `K` for `degC`; `1` for dimensionless.

    Raises:
        UnitError: pint does not know the unit.
    """
    return f"{unit_registry().get_base_units(parse_unit(text))[1]:~C}" or "1"


@dataclass(frozen=True)
class Conversion:
    """How a given number becomes one in the canonical unit: `value * factor + offset`, then over atoms if it says so.

    Attributes:
        factor: canonical units in one given unit.
        offset: in the canonical unit; not zero for temperatures in degree Celsius or Fahrenheit only.
        per_formula: the given quantity counts formula units where the canonical one counts atoms: divide by the number
            of atoms in the formula.
    """

    factor: float
    offset: float = 0.0
    per_formula: bool = False


@cache
def conversion(given: str, canonical: str) -> Conversion:
    """Return how to convert from one unit to another.

    A mole is a mole of formula units, as in thermochemical tables, unless the unit counts atoms itself
    ("kJ/mol/atom").

    Raises:
        UnitError: a unit is unknown, or the two do not measure the same.
    """
    if given == canonical:  # most of what sources say; `canonical` is a unit of the dictionary
        return Conversion(1.0)
    registry = unit_registry()
    source, target = parse_unit(given), parse_unit(canonical)
    if source.dimensionality == target.dimensionality:
        zero, one, two = (registry.Quantity(number, source).to(target).magnitude for number in (0.0, 1.0, 2.0))
        if not math.isclose(two - one, one - zero, rel_tol=1e-9):
            message = f"unit {given!r} is on a logarithmic scale; convert the numbers to {canonical!r}"
            raise UnitError(message)
        return Conversion(one - zero, zero)
    single = registry.Quantity(1.0, source)
    mole = registry.Quantity(1.0, "mole") / registry.Quantity(1.0, "avogadro_number").to_base_units()
    per_atom = registry.Quantity(1.0, "1/atom")
    for counted, per_formula in (
        (single * registry.Quantity(1.0, "formula_unit/atom"), True),
        (single * mole * per_atom, True),
        (single * mole, False),
    ):
        if counted.dimensionality == target.dimensionality:
            return Conversion(counted.to(target).magnitude, 0.0, per_formula)
    message = (
        f"unit {given!r} has dimension {source.dimensionality or 'none'}, "
        f"expected that of {canonical!r}, {target.dimensionality or 'none'}"
    )
    raise UnitError(message)


def check_unit(text: str, property_id: str) -> None:
    """Prove that a unit measures a property.

    Raises:
        UnitError: the unit is unknown, or of another dimension than the property's canonical unit.
    """
    try:
        conversion(text, load_properties()[property_id].unit)
    except UnitError as error:
        message = f"{property_id}: {error}"
        raise UnitError(message) from error
