"""Quantities: unit and description of a field reach the JSON Schema; models are closed and frozen."""

import pytest
from pydantic import ValidationError

from schemas.quantity import Model, described, quantity


class Row(Model):
    length: float = quantity("angstrom", "A length.")
    word: str | None = described("A word.", optional=True)


def test_unit_and_description_reach_the_json_schema() -> None:
    length = Row.model_json_schema()["properties"]["length"]
    assert (length["unit"], length["description"]) == ("angstrom", "A length.")


def test_an_optional_field_is_none_where_it_is_not_given() -> None:
    assert Row(length=1.0).word is None


@pytest.mark.parametrize("fields", [{}, {"length": 1, "width": 2}, {"length": float("inf")}, {"length": float("nan")}])
def test_what_does_not_fit_is_refused(fields: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Row.model_validate(fields)
