# ruff: noqa: RUF001 — Greek letters stand here as papers print them
from __future__ import annotations

from harvest.papers.notation.marked import Marked, as_printed, for_reading, plain


def test_a_raised_exponent_is_told_from_a_range() -> None:
    raised, level = Marked.of("10^{−4}"), Marked.of("10−4")
    assert raised.text == level.text == "10−4"
    assert raised.markup != level.markup


def test_nested_marks_come_off() -> None:
    assert plain("ρ_{CH_{3}}") == "ρCH3"


def test_nothing_is_transliterated() -> None:
    assert Marked.of("−86\N{THIN SPACE}μm –").text == "−86\N{THIN SPACE}μm –"


def test_white_space_of_the_layout_is_collapsed() -> None:
    assert Marked.of("\n  Band\t gap ").text == "Band gap"


def test_the_reading_form_knows_one_minus_one_space_and_raised_digits() -> None:
    assert for_reading("−3 – 5\N{NO-BREAK SPACE}cm⁻³") == "-3 - 5 cm^{-3}"


def test_a_separator_set_in_a_subscript_stands_behind_it() -> None:
    assert for_reading("D_{v/}nm") == "D_{v}/nm"


def test_a_part_is_given_back_as_printed() -> None:
    assert as_printed("KV_{2} (−60 °C)", "-60 °C") == "−60 °C"
    assert as_printed("n (10.6 μm)", "10.6 µm") == "10.6 μm"
