from __future__ import annotations

import pytest

from harvest.papers.notation.solid_solutions import is_series, member, variables_of


@pytest.mark.parametrize(
    ("printed", "values", "formula"),
    [
        ("Ba_{1−x}Sr_{x}TiO_{3}", {"x": 0.1}, "Ba0.9Sr0.1TiO3"),
        ("Li_{1-x}Na_{x}FePO_{4}", {"x": 0.0}, "LiFePO4"),
        ("Bi_{2}Te_{3−x}Se_{x}", {"x": 0.3}, "Bi2Te2.7Se0.3"),
        ("Al_{x}Ga_{y}In_{1-x-y}N", {"x": 0.2, "y": 0.3}, "Al0.2Ga0.3In0.5N"),
        ("La_{0.7-x}Ca_{0.3}Sr_{x}MnO_{3}", {"x": 0.8}, None),
        ("Ba_{1−x}Sr_{x}TiO_{3}", {}, None),
    ],
)
def test_a_member_of_a_series(printed: str, values: dict[str, float], formula: str | None) -> None:
    assert is_series(printed)
    assert member(printed, values) == formula


@pytest.mark.parametrize("word", ["TiO_{2}", "x", "max", "Box", "Ax", "matrix", "CoxTest", ""])
def test_what_is_no_series(word: str) -> None:
    assert not is_series(word)


def test_the_variables() -> None:
    assert variables_of("Al_{x}Ga_{y}In_{1-x-y}N") == {"x", "y"}
