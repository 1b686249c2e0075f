"""TOML lines: the line of a key is the line on which a reader finds it."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.toml_lines import line_of

TEXT = """\
# a comment
title = "t"
[dataset]
name = "oxides"
licence = "CC-BY-4.0"

[[sources]]
source = "files"
nested.key = 1
[[sources]]   # the second
source = "optimade"
properties = [
    "band_gap",
    "density",
]
[sources.fields."_a.b"]
property = "band_gap"
[[sources]]
fields = { x = { unit = "eV" } }
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("dataset",), 3),
        (("dataset", "name"), 4),
        (("dataset", "absent"), 3),
        (("sources", 0), 7),
        (("sources", 0, "source"), 8),
        (("sources", 0, "nested", "key"), 9),
        (("sources", 1), 10),
        (("sources", 1, "source"), 11),
        (("sources", 1, "properties"), 12),
        (("sources", 1, "properties", 0), 13),
        (("sources", 1, "properties", 1), 14),
        (("sources", 1, "fields", "_a.b", "property"), 17),
        (("sources", 2, "fields", "x", "unit"), 19),
        (("nowhere",), 1),
        ((), 1),
    ],
)
def test_the_line_of_the_deepest_part_that_is_there(path: tuple[str | int, ...], line: int) -> None:
    tomllib.loads(TEXT)
    assert line_of(TEXT, path) == line


@given(st.text(max_size=80), st.lists(st.one_of(st.text(max_size=3), st.integers(0, 3)), max_size=4))
def test_any_text_has_a_line(text: str, path: list[str | int]) -> None:
    assert 1 <= line_of(text, tuple(path)) <= max(1, len(text.splitlines()))
