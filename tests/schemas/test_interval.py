"""Intervals: a bound is inside or outside as its bracket says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from schemas.interval import Interval, IntervalField

NUMBERS = st.integers(-1_000, 1_000)


@given(NUMBERS, NUMBERS, NUMBERS, st.sampled_from("[("), st.sampled_from("])"))
def test_membership_follows_brackets(one: int, other: int, value: int, opens: str, closes: str) -> None:
    low, high = min(one, other), max(one, other)
    inside = low < value < high or (value == low and opens == "[") or (value == high and closes == "]")
    if low == high:
        inside = value == low and (opens, closes) == ("[", "]")
    assert (value in Interval(f"{opens}{low}, {high}{closes}")) is inside


@pytest.mark.parametrize("text", ["[0, 15]", "(0, inf)", "[-inf, 0)", "[-273.15, 1e6]", "(1.5e-3,2)"])
def test_the_notation_is_kept(text: str) -> None:
    assert str(Interval(text)) == text
    assert Interval(text) == Interval(f" {text} ")
    assert len({Interval(text), Interval(text)}) == 1


@pytest.mark.parametrize("text", ["", "0, 1", "[0; 1]", "[1]", "[a, b]", "[nan, 1]", "[0, 1", "0-1"])
def test_another_notation_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="written like"):
        Interval(text)


def test_bounds_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="lower bound"):
        Interval("[2, 1]")


def test_a_field_is_read_and_written_as_text() -> None:
    class Holder(BaseModel):
        range: IntervalField

    holder = Holder.model_validate({"range": "(0, 1]"})
    assert holder.model_dump(mode="json") == {"range": "(0, 1]"}
    assert Holder.model_json_schema()["properties"]["range"]["type"] == "string"
