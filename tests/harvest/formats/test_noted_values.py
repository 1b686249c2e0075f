"""Noted values: what people write into a cell is read as they mean it, or refused with the reason."""

from __future__ import annotations

import pytest

from harvest.formats.noted_values import noted_quantity, single_number
from harvest.formats.values import number_of
from schemas.measurement import Qualifier


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (1.5, 1.5),
        (2, 2.0),
        ("1.50", 1.5),
        (" 1.5e-3 ", 1.5e-3),
        (".5", 0.5),
        ("5.", 5.0),
        ("+5", 5.0),
        ("-3.2", -3.2),
        ("\N{MINUS SIGN}3.2", -3.2),
        ("1.2 x 10^-3", 1.2e-3),
        ("1.2×10⁻³", 1.2e-3),
        (" 1.42 eV", 1.42),
        ("1.42eV", 1.42),
        ("1420 meV", 1.42),
        ("1420\N{NO-BREAK SPACE}meV", 1.42),
    ],
)
def test_a_number_is_read_in_the_unit_of_its_column(given: object, value: float) -> None:
    assert noted_quantity(given, "eV") == {"value": value, "uncertainty": None}
    assert single_number(given, "eV") == value


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("1.2(3)", {"value": 1.2, "uncertainty": 0.3}),
        ("3.37 ± 0.02", {"value": 3.37, "uncertainty": 0.02}),
        ("3.37+/-0.02 eV", {"value": 3.37, "uncertainty": 0.02}),
        ("(3370 ± 20) meV", {"value": 3.37, "uncertainty": 0.02}),
        ("3.3-3.4", {"value": None, "uncertainty": None, "value_min": 3.3, "value_max": 3.4}),
        ("3.3\N{EN DASH}3.4 eV", {"value": None, "uncertainty": None, "value_min": 3.3, "value_max": 3.4}),
        ("<1.5", {"value": 1.5, "uncertainty": None, "qualifier": Qualifier.LESS}),
        ("≥ 1.5 eV", {"value": 1.5, "uncertainty": None, "qualifier": Qualifier.GREATER_EQUAL}),
        ("~1.42", {"value": 1.42, "uncertainty": None, "qualifier": Qualifier.APPROXIMATE}),
    ],
)
def test_what_is_written_with_a_number_is_read_and_makes_it_no_single_one(given: str, said: dict[str, object]) -> None:
    assert noted_quantity(given, "eV") == said
    with pytest.raises(ValueError, match="is no single number"):
        single_number(given, "eV")


@pytest.mark.parametrize(
    ("given", "unit", "value"),
    [("25 °C", "K", 298.15), ("12.5%", "percent", 12.5), ("12.5 %", "1", 0.125), ("2.2 g/cm3", "kg/m**3", 2200.0)],
)
def test_a_unit_in_the_cell_is_converted(given: str, unit: str, value: float) -> None:
    assert noted_quantity(given, unit)["value"] == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(
    "given",
    [
        *("1_0", "1_000.5", "1e5_0", "inf", "-Infinity", "nan", "NaN", "n/a", "-", "--", "0x1F", "", "(3)", "(3 eV)"),
        *("1:2", "1.5*", "1.5/1.6", "10-4", "2020-01-02", "1.5 a", "1.5 at 300 K", "1 000", "<1-2", "3 or 4", "±0.02"),
        "\N{ARABIC-INDIC DIGIT THREE}.\N{ARABIC-INDIC DIGIT TWO}",
        "\N{FULLWIDTH DIGIT THREE}.\N{FULLWIDTH DIGIT TWO}",
    ],
)
def test_what_no_data_file_means_or_what_has_two_meanings_is_no_number(given: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        noted_quantity(given, "eV")


@pytest.mark.parametrize("given", ["1_0", "\N{ARABIC-INDIC DIGIT THREE}", "inf", "nan", "(3)", "3,02", "1.5 eV"])
def test_numbers_of_services_are_read_as_strictly(given: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        number_of(given, "eV")


@pytest.mark.parametrize("given", [True, None, [1], {"a": 1}])
def test_what_is_neither_number_nor_text_is_refused(given: object) -> None:
    with pytest.raises(TypeError, match="a number was expected"):
        noted_quantity(given, "eV")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("3,02", r"^'3,02' is no number; if its comma is a decimal one, say decimal = \",\" in \[rows\] of the card$"),
        ("<3,02 eV", r'say decimal = ","'),
        ("1,234.5", "write it without signs between thousands"),
        ("1,234,567", "write it without signs between thousands"),
        ("n/a", r'name it in \[rows\] of the card: no_value = \["n/a"\]'),
        ("-", r'no_value = \["-"\]'),
        ("1.4 GPa", "^'1.4 GPa' states another unit than the card, 'eV'"),
        ("5 wt%", "states another unit than the card"),
    ],
)
def test_a_refusal_says_what_to_do(given: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        noted_quantity(given, "eV")


def test_an_energy_of_a_mole_is_not_one_of_an_atom_without_the_formula() -> None:
    with pytest.raises(ValueError, match="states another unit than the card"):
        noted_quantity("5 kJ/mol", "eV/atom")


@pytest.mark.parametrize(("given", "value"), [("3,02", 3.02), ("3", 3.0), ("-3,02e-2", -0.0302), ("3,02 eV", 3.02)])
def test_a_decimal_comma_is_read_where_the_card_says_so(given: str, value: float) -> None:
    assert noted_quantity(given, "eV", decimal=",")["value"] == value


@pytest.mark.parametrize("given", ["3.02", "1.234,5", "1,2,3"])
def test_a_point_beside_decimal_commas_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match=r"has a point, but the card says|is no number"):
        noted_quantity(given, "eV", decimal=",")
