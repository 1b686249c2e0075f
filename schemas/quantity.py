"""Quantity: how a field of a model says its unit and its meaning."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """A frozen record that refuses unknown fields; every model of this package derives from it, one level deep."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def quantity(unit: str, description: str) -> Any:  # noqa: ANN401 — pydantic's Field is typed Any by design
    """Return field metadata with a unit that reaches the JSON Schema and the Arrow schema.

    Args:
        unit: the unit as pint spells it, "1" for a dimensionless quantity.
        description: one sentence for the documentation.
    """
    return Field(description=description, json_schema_extra={"unit": unit})


def described(description: str, *, optional: bool = False) -> Any:  # noqa: ANN401 — pydantic's Field is typed Any
    """Return field metadata for a field without a unit; an optional field is none where it is not given."""
    return Field(default=None, description=description) if optional else Field(description=description)
