"""Spelling: numbers keep the digits of their source, and are plain floats to everybody else."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.formats.spelling import SpelledFloat, spelled, spelled_fields, text_of
from schemas.material import Structure


@pytest.mark.parametrize("digits", ["1.50", "1E-5", "2.0e0", "-0.0", "0.10000000000000000001", "1e999"])
def test_digits_are_kept_and_the_value_is_the_float(digits: str) -> None:
    number = json.loads(digits, parse_float=spelled)
    assert (text_of(number), number) == (digits, float(digits))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_as_python_writes_it_is_a_plain_float(value: float) -> None:
    number = spelled(repr(value))
    assert type(number) is float
    assert text_of(number) == repr(value)


def test_json_of_a_spelled_number_is_json_of_its_value() -> None:
    assert json.dumps([SpelledFloat("1.50")]) == "[1.5]"


def test_a_copy_keeps_the_digits() -> None:
    assert str(copy.deepcopy(SpelledFloat("1.50"))) == "1.50"


@pytest.mark.parametrize(("value", "text"), [(True, "true"), ("é 1", "é 1"), (3, "3"), ([1.5, "é"], '[1.5, "é"]')])
def test_what_is_no_spelled_number_is_written_as_json_and_words_as_they_are(value: object, text: str) -> None:
    assert text_of(value) == text


def test_a_model_holds_plain_floats() -> None:
    cell = [[SpelledFloat("4.00"), 0, 0], [0, 4, 0], [0, 0, 4]]
    si = {"name": "Si", "chemical_symbols": ["Si"], "concentration": [1.0]}
    structure = Structure.model_validate(
        {"lattice_vectors": cell, "fractional_positions": [[0, 0, 0]], "site_species": [0], "species": [si]}
    )
    assert type(structure.lattice_vectors[0][0]) is float


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ('[{"n": 1.50}, {"m": 1}, {"n" : 15E-1}]', ["1.50", None, "15E-1"]),
        ('[{"n": {"deep": [1.50, "x"]}}]', [{"deep": [1.5, "x"]}]),
        ('[{"n": null}, {"n": "1.50"}]', [None, "1.50"]),
        ('[{"m": "a \\"n\\": 2.50", "n": 1.50}]', ["1.50"]),
    ],
)
def test_the_digits_of_a_field_are_found_in_the_text(text: str, digits: list[object]) -> None:
    found = spelled_fields(text, "n", json.loads(text))
    assert found is not None
    assert [str(one) if isinstance(one, SpelledFloat) else one for one in found] == digits


@pytest.mark.parametrize(
    "text",
    [
        '[{"n": 1.50, "m": {"n": 2.50}}]',  # the name stands there twice
        '[{"n": 1.50, "n": 2.50}]',
        '[{"n": NaN}]',
        '[{"\\u006e": 1.50}]',  # the name is written otherwise
    ],
)
def test_where_digits_cannot_be_told_apart_none_are_told(text: str) -> None:
    assert spelled_fields(text, "n", json.loads(text)) is None
