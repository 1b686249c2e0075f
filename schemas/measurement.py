"""Measurement: one value of one property, as its source gives it, with its conditions, method and place."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import model_validator

from schemas.provenance import Pointer
from schemas.quantity import Model, described


class Qualifier(StrEnum):
    """How the value was stated."""

    EXACT = "="
    LESS = "<"
    LESS_EQUAL = "<="
    GREATER = ">"
    GREATER_EQUAL = ">="
    APPROXIMATE = "~"


class Method(StrEnum):
    """How the value was obtained; values of different methods are never averaged."""

    EXPERIMENT = "experiment"
    DFT = "dft"
    DFPT = "dfpt"
    GW = "gw"
    ML = "ml"
    EMPIRICAL = "empirical"
    UNKNOWN = "unknown"


class Condition(Model):
    """One condition of a measurement, for example a temperature of 300 K."""

    name: str = described("Name of the condition; a property id of the dictionary where one exists.")
    value: float | None = described("Value in the stated unit; none where the condition is a word.", optional=True)
    unit: str | None = described("Unit as given, by pint's spelling.", optional=True)
    text: str | None = described("The condition as printed.", optional=True)


class PropertyValue(Model):
    """A value as its source gives it; curation converts it to the canonical unit and keeps what was given."""

    property: str = described("Property id of the dictionary, or `unmapped:<name>`.")
    value: float | None = described("Value in `unit`; none for ranges, categories and tensors.", optional=True)
    unit: str = described("Unit as given, by pint's spelling; `1` for dimensionless.")
    value_min: float | None = None
    value_max: float | None = None
    uncertainty: float | None = described("Stated uncertainty, in `unit`.", optional=True)
    qualifier: Qualifier = Qualifier.EXACT
    category: str | None = None
    tensor: tuple[float, ...] | None = None
    tensor_shape: tuple[int, ...] | None = None
    text: str | None = described("The value as printed or sent.", optional=True)
    method: Method = Method.UNKNOWN
    functional: str | None = described(
        "Exchange-correlation functional, for example PBE, r2SCAN, HSE06.", optional=True
    )
    conditions: tuple[Condition, ...] = ()
    confidence: float | None = described(
        "Probability that an extracted value is right, 0 to 1; none where read.", optional=True
    )
    pointer: Pointer

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        given = (self.value, self.value_min, self.value_max, self.category, self.tensor)
        if all(part is None for part in given):
            message = "a property value needs a value, a range, a category or a tensor; got none of them"
            raise ValueError(message)
        if (self.tensor is None) != (self.tensor_shape is None):
            message = "a tensor and its shape come together"
            raise ValueError(message)
        return self
