# ruff: noqa: RUF001 — Greek letters stand here as papers print them
from __future__ import annotations

import pytest

from harvest.papers.notation.units import Unit
from harvest.papers.tables.headers import read_header, read_path


@pytest.mark.parametrize(
    ("printed", "name", "symbols", "unit"),
    [
        ("Band gap (eV)", "Band gap", (), "eV"),
        ("Band gap E_{g} (eV)", "Band gap", ("Eg",), "eV"),
        ("Band gap, eV", "Band gap", (), "eV"),
        ("Band gap [eV]", "Band gap", (), "eV"),
        ("R_{m}/MPa", "", ("Rm",), "MPa"),
        ("Surface Area/m^{2}g^{−1}", "Surface Area", (), "m**2/g"),
        ("D_{v/}nm", "", ("Dv",), "nm"),
        ("Ionic Conductivity(σ) S cm^{−1}", "Ionic Conductivity", ("σ",), "S/cm"),
        ("κ, W/(m K)", "", ("κ",), "W/m/K"),
        ("Elongation A_{5}, %", "Elongation", ("A5",), "percent"),
        ("A (%)", "A", ("A",), "percent"),
        ("A/%", "A", ("A",), "percent"),
        ("V (Å^{3})", "V", ("V",), "angstrom**3"),
        ("Mass Fraction in %", "Mass Fraction", (), "percent"),
        ("Average potential (V vs. Li^{0})", "Average potential", (), "V"),
        ("Mole Fraction x (%)", "Mole Fraction", ("x",), "percent"),
        ("Number of end groups", "Number of end groups", (), None),
        ("Peak Temperature", "Peak Temperature", (), None),
    ],
)
def test_name_symbol_and_unit(printed: str, name: str, symbols: tuple[str, ...], unit: str | None) -> None:
    header = read_header(printed)
    assert (header.name, header.symbols) == (name, symbols)
    assert (header.unit.spelling if header.unit else None) == unit
    assert header.factor == 1.0


@pytest.mark.parametrize(
    ("printed", "factor", "spelling"),
    [
        ("RMSS × 10^{3}", 1e-3, None),
        ("α × 10^{6} (K^{−1})", 1e-6, "1/K"),
        ("10^{3}n", 1e-3, None),
        ("α (10^{−6} K^{−1})", 1e-6, "1/K"),
        ("α (×10^{−6})", 1e-6, "1"),
        ("α / 10^{−6} K^{−1}", 1e-6, "1/K"),
        ("Cooling rate (10^{4} K/s)", 1e4, "K/s"),
    ],
)
def test_multipliers_of_the_name_divide_and_those_of_the_unit_multiply(
    printed: str, factor: float, spelling: str | None
) -> None:
    header = read_header(printed)
    assert header.factor == pytest.approx(factor)
    assert (header.unit.spelling if header.unit else None) == spelling


@pytest.mark.parametrize(
    ("printed", "name", "value", "unit", "text"),
    [
        ("n (589 nm)", "wavelength", 589.0, "nm", "589 nm"),
        ("Refractive index n at 589 nm", "wavelength", 589.0, "nm", "589 nm"),
        ("KV_{2} (−60 °C)/J", "temperature", -60.0, "degC", "−60 °C"),
        ("Thermal conductivity at 300 K (W m^{-1} K^{-1})", "temperature", 300.0, "K", "300 K"),
        ("ε_{r} (1 kHz)", "frequency", 1.0, "kHz", "1 kHz"),
        ("ρ (T = 300 K)", "temperature", 300.0, "K", "T = 300 K"),
    ],
)
def test_conditions(printed: str, name: str, value: float, unit: str, text: str) -> None:
    (condition,) = read_header(printed).conditions
    assert (condition.name, condition.value, condition.unit, condition.text) == (name, value, unit, text)


def test_a_remark_is_neither_unit_nor_condition() -> None:
    header = read_header("High-angle grain boundaries (>15°) (%)")
    assert header.unit == Unit("percent")
    assert header.conditions == ()
    assert header.remarks == (">15°",)


def test_the_cells_of_a_header_are_read_together() -> None:
    header = read_path(("Impact Strength KCV, J/cm^{2} (Test Temperature −30 °C)", "Weld", "KCV, J/cm^{2}"))
    assert header.name == "Impact Strength | Weld | KCV"
    assert header.unit == Unit("J/cm**2")
    assert [condition.value for condition in header.conditions] == [-30.0]


def test_a_unit_in_a_row_of_its_own() -> None:
    header = read_path(("CE_{total}", "kJ × 10^{3}"))
    assert (header.symbols, header.unit) == (("CEtotal",), Unit("kJ", factor=1e3))
