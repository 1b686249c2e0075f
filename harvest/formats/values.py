"""Row values: what a field of a row holds in, the number, word, truth or tensor that it says out."""

from __future__ import annotations

import re
from typing import Any

from schemas.properties import PropertyKind, load_properties

_CONCISE = re.compile(r"^(?P<number>[+-]?\d*(?:\.(?P<decimals>\d+))?)\((?P<digits>\d+)\)$")


def content_of(given: Any, property_id: str, unit: str) -> dict[str, Any]:  # noqa: ANN401 — whatever the file holds
    """Return the fields of a property value that hold what was given, by the kind of the property."""
    kind = load_properties()[property_id].kind
    if kind is PropertyKind.CATEGORY:
        return {"category": str(given)}
    if kind is PropertyKind.TENSOR:
        numbers, shape = _tensor(given)
        return {"tensor": tuple(numbers), "tensor_shape": tuple(shape)}
    if kind is PropertyKind.BOOLEAN and isinstance(given, bool):
        return {"value": float(given)}
    value, uncertainty = number_of(given, unit)
    return {"value": value, "uncertainty": uncertainty}


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
    if isinstance(given, bool) or not isinstance(given, (int, float, str)):
        message = f"a number was expected, got {given!r}"
        raise TypeError(message)
    if isinstance(given, str):
        given = given.strip()
        if given.endswith("%"):
            if unit != "percent":
                message = f"the value is {given}, but the card says the unit {unit!r}; make one of them fit the other"
                raise ValueError(message)
            given = given.removesuffix("%")
        if concise := _CONCISE.match(given):
            return float(concise["number"]), float(f"{concise['digits']}e-{len(concise['decimals'] or '')}")
    return float(given), None
