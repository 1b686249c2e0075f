from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.papers.notation.marked import LINE
from harvest.papers.notation.quantities import Quantity, QuantityError, looks_numeric, read_quantities, read_quantity
from harvest.papers.notation.units import Unit
from schemas.measurement import Qualifier


@pytest.mark.parametrize(
    ("printed", "value"),
    [
        ("1.544", 1.544),
        ("−86", -86.0),
        ("– 0.5", -0.5),
        ("10^{−4}", 1e-4),
        ("3 × 10⁻⁴", 3e-4),
        ("1.6 × 10^{−2}", 0.016),
        ("1.5e-3", 1.5e-3),
        ("12,424", 12424.0),
        ("22\N{THIN SPACE}700", 22700.0),
        ("−1\N{THIN SPACE}675.7", -1675.7),
        ("3.39^{a}", 3.39),
    ],
)
def test_a_single_number(printed: str, value: float) -> None:
    assert read_quantity(printed) == Quantity(value)


@pytest.mark.parametrize(
    ("printed", "value", "uncertainty"),
    [
        ("49(2)", 49.0, 2.0),
        ("0.98(6)", 0.98, 0.06),
        ("1.36(18)", 1.36, 0.18),
        ("35.3 ± 2", 35.3, 2.0),
        ("(35.3 ± 2) × 10^{−3}", 0.0353, 0.002),
        ("1.0(1) × 10^{−3}", 1e-3, 1e-4),
        ("−127.01 ± 0.05", -127.01, 0.05),
    ],
)
def test_an_uncertainty(printed: str, value: float, uncertainty: float) -> None:
    assert read_quantity(printed) == Quantity(value, uncertainty=uncertainty)


@pytest.mark.parametrize(
    ("printed", "low", "high"),
    [
        ("2.80–3.90", 2.8, 3.9),
        ("0.04~0.06", 0.04, 0.06),
        ("8.5 to 8.8", 8.5, 8.8),
        ("−1.5 to −0.5", -1.5, -0.5),
        ("10^{2}–10^{3}", 100.0, 1000.0),
        ("4-10", 4.0, 10.0),
    ],
)
def test_a_range(printed: str, low: float, high: float) -> None:
    assert read_quantity(printed) == Quantity(None, value_min=low, value_max=high)


@pytest.mark.parametrize(
    ("printed", "qualifier"),
    [("<5", "<"), ("≤5", "<="), (">5", ">"), ("≥ 5", ">="), ("≈5", "~"), ("~5", "~"), ("ca. 5", "~")],
)
def test_a_qualifier(printed: str, qualifier: str) -> None:
    assert read_quantity(printed) == Quantity(5.0, qualifier=Qualifier(qualifier))


def test_a_unit_in_the_cell() -> None:
    assert read_quantity("1.6 × 10^{−2} S cm^{−1}") == Quantity(0.016, unit=Unit("S/cm"))
    assert read_quantity("<5 ppm") == Quantity(5.0, qualifier=Qualifier.LESS, unit=Unit("ppm"))
    assert read_quantity("0.36% to 0.40%") == Quantity(None, 0.36, 0.4, unit=Unit("percent"))
    found = read_quantity("~75.2 nm (+/− 13)")
    assert found == Quantity(75.2, uncertainty=13.0, qualifier=Qualifier.APPROXIMATE, unit=Unit("nm"))


@pytest.mark.parametrize(
    "printed",
    [
        "5 nm to 10 µm",
        "10-4",
        "10−4",
        "10−12",
        "938 and 990",
        "12; 28; 44",
        "1, 3",
        "5 / 6",
        "–",
        "Bal.",
        "",
        "2H-MoS_{2}",
        "1157/1165",
    ],
)
def test_what_can_be_read_in_two_ways_or_in_none_is_refused(printed: str) -> None:
    with pytest.raises(QuantityError, match="not read as a quantity"):
        read_quantity(printed)


@pytest.mark.parametrize(
    ("printed", "value", "flag"),
    [
        ("1.6 × 10-2", 0.016, "exponent not raised"),
        ("0,35", 0.35, "decimal comma"),
        ("22 700", 22700.0, "thousands apart by a blank"),
        ("−1 480", -1480.0, "thousands apart by a blank"),
        ("18.6 (18.1 ± 0.4)", 18.6, "bracket not read"),
        ("24.341(26.522)", 24.341, "bracket not read"),
        ("9.2 × 10^{−3} ± 0.1", 9.2e-3, "± part not read"),
    ],
)
def test_what_is_read_under_an_assumption_is_flagged(printed: str, value: float, flag: str) -> None:
    assert (read_quantity(printed).value, read_quantity(printed).flags) == (value, (flag,))


@pytest.mark.parametrize(
    ("printed", "value", "unit", "remark"),
    [
        ("670 mAh/g (1st cycle)", 670.0, "mA*hour/g", "1st cycle"),
        ("165 mAh/g at C/8", 165.0, "mA*hour/g", "at C/8"),
        ("93% after 100 cycles", 93.0, "percent", "after 100 cycles"),
    ],
)
def test_words_behind_a_number_are_kept_as_a_remark(printed: str, value: float, unit: str, remark: str) -> None:
    quantity = read_quantity(printed)
    assert (quantity.value, quantity.unit, quantity.remark) == (value, Unit(unit), remark)


@pytest.mark.parametrize(
    ("printed", "values"),
    [
        ("13.2; 14.1", [13.2, 14.1]),
        ("2217/2250/2263", [2217.0, 2250.0, 2263.0]),
        (f"175{LINE}330", [175.0, 330.0]),
        ("1514.17, 1448.59", [1514.17, 1448.59]),
        ("0.5", [0.5]),
    ],
)
def test_each_value_of_a_list_is_read(printed: str, values: list[float]) -> None:
    assert [quantity.value for quantity in read_quantities(printed)] == values


def test_two_lines_of_a_cell_are_never_one_number() -> None:
    with pytest.raises(QuantityError, match="each line"):
        read_quantity(f"175{LINE}330")


def test_a_range_whose_ends_both_print_the_unit() -> None:
    assert read_quantity("5 nm–10 nm") == Quantity(None, 5.0, 10.0, unit=Unit("nm"))
    assert read_quantity("0.050% to 0.065") == Quantity(None, 0.05, 0.065, unit=Unit("percent"))


def test_a_factor_holds_for_all_numbers_and_leaves_no_noise() -> None:
    assert Quantity(16.7, uncertainty=0.3).scaled(1e-6) == Quantity(1.67e-5, uncertainty=3e-7)
    assert Quantity(None, 1.1, 2.2).scaled(1e3) == Quantity(None, 1100.0, 2200.0)


def test_a_long_text_is_refused_at_once() -> None:
    with pytest.raises(QuantityError, match="more than"):
        read_quantity("1" * 100_000)


def test_what_looks_like_a_number() -> None:
    assert looks_numeric("≤ 0.2")
    assert looks_numeric("(3 ± 1)")
    assert not looks_numeric("–")
    assert not looks_numeric("T_{p} = 1320 °C")


@given(st.floats(min_value=-1e12, max_value=1e12, allow_nan=False))
def test_a_number_written_out_is_read_back(number: float) -> None:
    written = f"{number:.6f}"
    assert read_quantity(written.replace("-", "−")).value == float(written)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(QuantityError):
        assert read_quantity(text).value is not None or read_quantity(text).value_min is not None
