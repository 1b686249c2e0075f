from __future__ import annotations

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.represent.composition.compositions import Compositions, element_order
from curation.represent.composition.formulas import read_formulas
from schemas.formula import FormulaError, parse_formula

SYMBOLS = st.sampled_from(["H", "O", "Fe", "Co", "C", "N", "No", "U", "Uut", "D", "Si", "Xx"])
NUMBERS = st.sampled_from(["", "2", "12", "0.5", ".25", "3.", "0"])
PLAIN = st.lists(st.tuples(SYMBOLS, NUMBERS).map("".join), min_size=1, max_size=5).map("".join)
GROUPED = st.tuples(PLAIN, st.sampled_from(["({}){}", "[{}]{}", "Ca({}){}O2"]), NUMBERS).map(
    lambda parts: parts[1].format(parts[0], parts[2])
)
NOISE = st.text(alphabet="FeO23.()[]·+-^ ₂x", max_size=8)


def of_row(compositions: Compositions, row: int) -> dict[str, float]:
    chosen = compositions.rows == row
    amounts = compositions.fractions[chosen] * compositions.totals[row]
    return {element_order()[code]: amount for code, amount in zip(compositions.codes[chosen], amounts, strict=True)}


@given(st.lists(st.one_of(PLAIN, GROUPED, NOISE), max_size=6))
def test_every_string_is_read_or_refused_as_the_slow_parser_does(formulas: list[str]) -> None:
    compositions = read_formulas(formulas)
    for row, formula in enumerate(formulas):
        if row in compositions.failures:
            with pytest.raises(FormulaError, match=f"^{re.escape(compositions.failures[row])}$"):
                parse_formula(formula)
            continue
        expected = parse_formula(formula)
        assert of_row(compositions, row) == pytest.approx(dict(sorted(expected.items())), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "column",
    [
        ["Fe2O3", "SiO2"],
        pa.array(["Fe2O3", "SiO2"]),
        pa.array(["NaCl", "Fe2O3", "SiO2"], pa.large_string()).slice(1),
        pa.chunked_array([["Fe2O3"], ["SiO2"]]),
    ],
    ids=["list", "string", "slice", "chunks"],
)
def test_any_column_of_strings_is_read(column: pa.Array[pa.StringScalar]) -> None:
    compositions = read_formulas(column)
    assert of_row(compositions, 0) == pytest.approx({"Fe": 2.0, "O": 3.0})
    assert of_row(compositions, 1) == pytest.approx({"O": 2.0, "Si": 1.0})


def test_nothing_is_read_of_nothing() -> None:
    assert read_formulas([]).n_rows == 0


def test_what_the_compiled_parser_leaves_stands_in_its_place() -> None:
    compositions = read_formulas(["NaCl", "CuSO4·5H2O", "Xx", "KBr"])
    assert of_row(compositions, 1) == pytest.approx({"Cu": 1.0, "H": 10.0, "O": 9.0, "S": 1.0})
    assert of_row(compositions, 3) == pytest.approx({"Br": 1.0, "K": 1.0})
    assert list(compositions.failures) == [2]
