"""Pointers: what is written is read again, whatever stands in it."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.provenance import Pointer, json_step

STEPS = st.lists(st.tuples(st.sampled_from(["json", "line", "row", "column", "table", "char"]), st.text(max_size=12)))


@given(STEPS)
@example([("column", "%3B;%25%")])
def test_a_pointer_survives_writing_and_reading(steps: list[tuple[str, str]]) -> None:
    pointer = Pointer(steps=tuple(steps))
    assert Pointer.parse(str(pointer)) == pointer


@pytest.mark.parametrize("text", ["line", "=3", "line=1;;json=/n", "LINE=1"])
def test_what_is_no_pointer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="kind=value"):
        Pointer.parse(text)


def test_steps_go_further_in() -> None:
    page = Pointer.of(json="/data/3")
    assert str(page.with_steps(json="/attributes/n")) == "json=/data/3/attributes/n"
    assert str(Pointer.of(line=12).with_steps(json="/n")) == "line=12;json=/n"
    assert str(Pointer.of(row=5).with_steps(column="a;b%")) == "row=5;column=a%3Bb%25"
    assert str(page) == "json=/data/3"


@given(st.text(max_size=10))
def test_a_json_step_names_its_token(token: str) -> None:
    escaped = json_step(token)
    assert escaped.count("/") == 1
    assert escaped[1:].replace("~1", "/").replace("~0", "~") == token


def test_a_json_step_joins_tokens() -> None:
    assert json_step("a/b", 0, "m~n") == "/a~1b/0/m~0n"
    assert json.loads('{"a/b": [{"m~n": 1}]}')["a/b"][0]["m~n"] == 1
