"""Noted values: a cell as people write numbers in, the number, range, uncertainty and sign that it states out.

What can be read in two ways is refused: a comma may be a decimal one or part thousands, 10-4 may have lost its
superscript. A cell that prints a unit is converted to that of its column.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from harvest.formats.values import exact_number, no_number
from schemas.measurement import Qualifier
from schemas.units import UnitError, conversion

if TYPE_CHECKING:
    from harvest.papers.notation.quantities import Quantity

_CARET = re.compile(r"(?<=\d)\^([+\-−]?\d+)")
_DECIMAL_COMMA = re.compile(r"[^\d,.]*\d+,\d+(?![\d,.])[^,]*", re.ASCII)
_NUMBERS = ("value", "value_min", "value_max", "uncertainty")


def noted_quantity(given: object, unit: str, *, decimal: str = ".") -> dict[str, Any]:
    """Return the fields of a property value that hold what a cell states; `value` and `uncertainty` in any case.

    Args:
        given: a number, or a text such as 5.431(2), 3.37 ± 0.02, 3.3-3.4, <1.5, ~1.42 or 1.42 eV.
        unit: of the column; the numbers that come out are in it.
        decimal: the sign before the decimals of a text, a point or a comma.

    Raises:
        TypeError: it is neither a number nor a text.
        ValueError: it states no quantity, more than one, one that can be read in two ways, or one in another unit.
    """
    text = _with_point(given, decimal) if isinstance(given, str) else given
    exact = exact_number(text)
    if exact is not None:
        return {"value": exact[0], "uncertainty": exact[1]}
    return _content(_quantity(str(text), given), unit, given)


def single_number(given: object, unit: str, *, decimal: str = ".") -> float:
    """Return the one number that a cell states, in the unit of its column; see `noted_quantity`.

    Raises:
        TypeError, ValueError: as `noted_quantity`; a range, a bound and an uncertainty are no single number.
    """
    content = noted_quantity(given, unit, decimal=decimal)
    if content["uncertainty"] is not None or content.keys() != {"value", "uncertainty"}:
        message = f"{given!r} is no single number"
        raise ValueError(message)
    return float(content["value"])


def _with_point(given: str, decimal: str) -> str:
    if decimal == ".":
        return given
    if re.search(r"\d\.|\.\d", given):
        message = f'{given!r} has a point, but the card says decimal = ","'
        raise ValueError(message)
    return given.replace(",", ".")


def _quantity(text: str, given: object) -> Quantity:
    from harvest.papers.notation.quantities import QuantityError, read_quantity  # noqa: PLC0415 — few cells need it

    if "," in text:
        if _DECIMAL_COMMA.fullmatch(text.strip()):
            raise no_number(given, 'if its comma is a decimal one, say decimal = "," in [rows] of the card')
        raise no_number(given, "write it without signs between thousands")
    if "_" in text or any(character.isdecimal() and not character.isascii() for character in text):
        raise no_number(given)
    try:
        quantity = read_quantity(_CARET.sub(r"^{\1}", text))
    except QuantityError as error:
        if any(character.isdecimal() for character in text):
            raise no_number(given, str(error).rpartition(": ")[2]) from error
        raise no_number(given) from error
    if quantity.flags or quantity.remark:
        raise no_number(given, ", ".join([*quantity.flags, *filter(None, [quantity.remark])]))
    if text.strip().startswith("(") and quantity.uncertainty is None:
        raise no_number(given, "brackets around a number may be a sign of bookkeepers for minus")
    if quantity.value is None and quantity.qualifier is not Qualifier.EXACT:
        raise no_number(given, "a range has no sign before it")
    return quantity


def _content(quantity: Quantity, unit: str, given: object) -> dict[str, Any]:
    factor, offset = _to_unit(quantity, unit, given)
    scaled = quantity.scaled(factor)
    found = {name: getattr(scaled, name) for name in _NUMBERS}
    if offset:
        found |= {name: found[name] + offset for name in _NUMBERS[:3] if found[name] is not None}
    content = {name: found[name] for name in _NUMBERS if found[name] is not None or name in {"value", "uncertainty"}}
    exact = quantity.qualifier is Qualifier.EXACT
    return content if exact else content | {"qualifier": quantity.qualifier}


def _to_unit(quantity: Quantity, unit: str, given: object) -> tuple[float, float]:
    """Return factor and offset from the unit that a cell prints to that of its column."""
    printed = quantity.unit
    if printed is None:
        return 1.0, 0.0
    if not printed.basis and not printed.scale:
        try:
            found = conversion(printed.spelling, unit)
        except UnitError:
            found = None
        if found is not None and not found.per_formula:
            return printed.factor * found.factor, found.offset
    message = f"{given!r} states another unit than the card, {unit!r}; make one of them fit the other"
    raise ValueError(message)
