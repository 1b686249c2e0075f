"""Symbols that captions and footnotes explain."""

from __future__ import annotations

import pytest

from harvest.papers.notation.explained import explained_in


@pytest.mark.parametrize(
    ("text", "symbol", "name"),
    [
        ("Bulk modulus B and shear modulus G of the compounds.", "G", "shear modulus"),
        ("The open-circuit voltage (V_{OC}) of the cells.", "VOC", "open-circuit voltage"),
        ("Corrosion (E_{c} - corrosion potential, j_{0} - corrosion current density).", "Ec", "corrosion potential"),
        ("YS: yield strength; ROA: reduction of area.", "ROA", "reduction of area"),
        ("Properties. TS = tensile strength.", "TS", "tensile strength"),
    ],
)
def test_a_symbol_is_explained_before_or_behind_it(text: str, symbol: str, name: str) -> None:
    assert explained_in(text)[symbol].lower() == name


def test_words_explain_nothing() -> None:
    assert dict(explained_in("Results of the measurements at 300 K in air.")) == {}
