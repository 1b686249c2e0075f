from __future__ import annotations

import pytest

from harvest.papers.notation.units import Unit, read_unit
from schemas.units import parse_unit


@pytest.mark.parametrize(
    ("printed", "spelling"),
    [
        ("kJ mol−1", "kJ/mol"),
        ("kJ mol^{−1}", "kJ/mol"),
        ("kJ/mol", "kJ/mol"),
        ("eV", "eV"),
        ("%", "percent"),
        ("g cm-3", "g/cm**3"),
        ("g/cm³", "g/cm**3"),
        ("W m-1 K-1", "W/m/K"),
        ("W/m K", "W/m/K"),
        ("W/mK", "W/m/K"),
        ("J/kgK", "J/kg/K"),
        ("W/(m·K)", "W/m/K"),
        ("J/(kg K)", "J/kg/K"),
        ("m^{2}g^{−1}", "m**2/g"),
        ("mAhg^{-1}", "mA*hour/g"),
        ("S cm^{−1}", "S/cm"),
        ("°C", "degC"),
        ("°", "degree"),
        ("Å^{3}", "angstrom**3"),
        ("μΩ cm", "uohm*cm"),
        ("μ_{B}/f.u.", "bohr_magneton/formula_unit"),
        ("MPa·m^{1/2}", "MPa*m**0.5"),
        ("(MPa)^{1/2}", "MPa**0.5"),
        ("cm2 V-1 s-1", "cm**2/V/s"),
        ("1/K", "1/K"),
        ("eV/atom", "eV/atom"),
        ("Nm", "N*m"),
    ],
)
def test_units_as_papers_print_them(printed: str, spelling: str) -> None:
    unit = read_unit(printed)
    assert unit is not None
    assert (unit.spelling, unit.factor) == (spelling, 1.0)
    assert parse_unit(spelling) is not None


@pytest.mark.parametrize(
    "word", ["Band gap", "Type", "Si", "TiO", "HRC", "in", "Reference", "", "x", "Weld", "Mg", "Cs", "a" * 5000]
)
def test_words_are_no_units(word: str) -> None:
    assert read_unit(word) is None


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("10^{4} K/s", Unit("K/s", factor=1e4)),
        ("×10^{−6}/K", Unit("1/K", factor=1e-6)),
        ("10^{21} cm^{-3}", Unit("1/cm**3", factor=1e21)),
        ("kJ × 10^{5}/m^{3}", Unit("kJ/m**3", factor=1e5)),
        ("emu/g", Unit("A*m**2/g", factor=1e-3, stated="emu/g", stated_factor=1e-3)),
        ("10^{−3} emu/g", Unit("A*m**2/g", factor=1e-6, stated="emu/g", stated_factor=1e-3)),
    ],
)
def test_a_number_that_belongs_to_the_unit_is_a_factor_of_its_own(printed: str, expected: Unit) -> None:
    assert read_unit(printed) == expected


@pytest.mark.parametrize(
    ("printed", "basis"), [("wt.%", "weight"), ("% by Weight", "weight"), ("at%", "atomic"), ("vol. %", "volume")]
)
def test_a_percentage_says_what_it_counts(printed: str, basis: str) -> None:
    assert read_unit(printed) == Unit("percent", basis=basis)


def test_every_spelling_is_one_that_pint_reads() -> None:
    for printed in ("mA h/g", "kWh/kg", "mol/L", "mT", "cal/g", "hPa", "MJ/m^{3}", "kOe", "psi", "ppm/K"):
        unit = read_unit(printed)
        assert unit is not None
        parse_unit(unit.spelling)
