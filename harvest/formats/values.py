"""Row values: what a field of a row holds in, the number, word, truth or tensor that it says out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from schemas.properties import PropertyKind, load_properties

if TYPE_CHECKING:
    from collections.abc import Callable

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_CONCISE = re.compile(r"(?P<number>[+-]?(?:\d+|\d*\.(?P<decimals>\d+)))\((?P<digits>\d+)\)", re.ASCII)


def number_content(given: object, unit: str) -> dict[str, Any]:
    """Return the fields of a property value that hold a number; see `number_of`."""
    value, uncertainty = number_of(given, unit)
    return {"value": value, "uncertainty": uncertainty}


def content_of(
    given: Any,  # noqa: ANN401 — whatever the file holds
    property_id: str,
    unit: str,
    *,
    quantity: Callable[[object, str], dict[str, Any]] = number_content,
) -> dict[str, Any]:
    """Return the fields of a property value that hold what was given, by the kind of the property.

    Args:
        given: a number, a text, or a list for a tensor.
        property_id: of the dictionary.
        unit: in which it is given.
        quantity: reads a number and what is written with it.
    """
    kind = load_properties()[property_id].kind
    if kind is PropertyKind.CATEGORY:
        return {"category": str(given)}
    if kind is PropertyKind.TENSOR:
        numbers, shape = _tensor(given)
        return {"tensor": tuple(numbers), "tensor_shape": tuple(shape)}
    if kind is PropertyKind.BOOLEAN and isinstance(given, bool):
        return {"value": float(given)}
    return quantity(given, unit)


def _tensor(given: Any) -> tuple[list[float], list[int]]:  # noqa: ANN401 — nested lists
    if not isinstance(given, list):
        return [number_of(given, "1")[0]], []
    parts = [_tensor(item) for item in given]
    shapes = {tuple(shape) for _, shape in parts}
    if len(shapes) != 1:
        message = f"a tensor has rows of one length, got lengths {sorted(shapes)}"
        raise ValueError(message)
    return [number for numbers, _ in parts for number in numbers], [len(given), *parts[0][1]]


def number_of(given: object, unit: str) -> tuple[float, float | None]:
    """Return a number, and its uncertainty where it is written with it: 5.431(2) is 5.431 and 0.002.

    Raises:
        ValueError: it is no number, or one in percent where the card says another unit.
    """
    text = given.strip() if isinstance(given, str) else given
    if isinstance(text, str) and text.endswith("%"):
        if unit != "percent":
            message = f"the value is {text}, but the card says the unit {unit!r}; make one of them fit the other"
            raise ValueError(message)
        text = text.removesuffix("%")
    found = exact_number(text)
    if found is None:
        raise no_number(given)
    return found


def exact_number(given: object) -> tuple[float, float | None] | None:
    """Return a number, and its uncertainty where it is written with it; none for a text that is not just that.

    Raises:
        TypeError: it is neither a number nor a text.
    """
    if isinstance(given, bool) or not isinstance(given, (int, float, str)):
        message = f"a number was expected, got {given!r}"
        raise TypeError(message)
    if not isinstance(given, str):
        return float(given), None
    text = given.strip()
    if _NUMBER.fullmatch(text):
        return float(text), None
    if concise := _CONCISE.fullmatch(text):
        return float(concise["number"]), float(f"{concise['digits']}e-{len(concise['decimals'] or '')}")
    return None


def no_number(given: object, reason: str = "") -> ValueError:
    """Return the error for a text that is no number; a word is told to be one for "no value", if it is that."""
    text = str(given).strip()
    if not reason and not any(character.isdigit() for character in text):
        reason = f'if it says that there is no value, name it in [rows] of the card: no_value = ["{text}"]'
    return ValueError(f"{given!r} is no number{f'; {reason}' if reason else ''}")
