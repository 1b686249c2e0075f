"""Measurements: a value says something, in numbers that are numbers."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.measurement import PropertyValue, Qualifier
from schemas.provenance import Pointer

BASE = {"property": "band_gap", "unit": "eV", "pointer": Pointer.of(line=1)}


@pytest.mark.parametrize(
    "said",
    [
        {"value": 0.0},
        {"value_min": 1.0},
        {"value_max": 2.0},
        {"category": "metal"},
        {"tensor": (1.0, 0.0, 0.0, 1.0), "tensor_shape": (2, 2)},
    ],
)
def test_each_way_to_say_something_is_enough(said: dict[str, Any]) -> None:
    assert PropertyValue.model_validate(BASE | said).qualifier is Qualifier.EXACT


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "got none of them"),
        ({"value": float("nan")}, "finite number"),
        ({"value": float("inf")}, "finite number"),
        ({"tensor": (1.0,)}, "come together"),
        ({"value": 1.0, "tensor_shape": (1,)}, "come together"),
        ({"value": 1.0, "method": "guess"}, "method"),
    ],
)
def test_a_value_that_says_nothing_or_half_is_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        PropertyValue.model_validate(BASE | said)
