"""Unit hints: for a unit as papers print it, a card is told what to write, and that is the same unit."""

from __future__ import annotations

import pytest

from harvest.formats.card_fields import unit_of
from harvest.formats.unit_hints import unit_hint
from schemas.units import UnitError, check_unit


@pytest.mark.parametrize(
    ("unit", "property_id", "spelling"),
    [
        ("g/cm3", "density", "g/cm**3"),
        ("g cm-3", "density", "g/cm**3"),
        ("g cm\N{MINUS SIGN}3", "density", "g/cm**3"),
        ("W m-1 K-1", "thermal_conductivity", "W/m/K"),
        ("W/mK", "thermal_conductivity", "W/m/K"),
        ("cm2/Vs", "electron_mobility", "cm**2/(V*s)"),
        ("emu/g", "saturation_magnetization_specific", "A*m^2/kg"),
        ("HV", "hardness", "kilogram_force/mm**2"),
        ("10^-6/K", "thermal_expansion_coefficient", "ppm/K"),
        ("1e-6/K", "thermal_expansion_coefficient", "ppm/K"),
        ("10\N{SUPERSCRIPT MINUS}\N{SUPERSCRIPT SIX} K-1", "thermal_expansion_coefficient", "ppm/K"),
        ("eV/f.u.", "formation_energy", "eV/formula_unit"),
        ("MPa m^1/2", "fracture_toughness", "MPa*m**0.5"),
    ],
)
def test_a_unit_as_papers_print_it_is_answered_with_the_spelling_of_cards(
    unit: str, property_id: str, spelling: str
) -> None:
    with pytest.raises(UnitError) as raised:
        unit_of(unit, property_id)
    said = str(raised.value)
    assert said.startswith(f"{property_id}: ")
    assert repr(unit) in said
    assert said.endswith(f"; write {spelling}")
    check_unit(spelling, property_id)
    assert unit_of(spelling, property_id) == spelling


def test_a_unit_with_a_factor_that_no_spelling_has_is_told_with_it() -> None:
    assert unit_hint("10^-4 g/cm3", "density") == (
        "1 10^-4 g/cm3 is 0.0001 g/cm**3: write the numbers in that, or in another unit"
    )


@pytest.mark.parametrize(
    ("unit", "property_id"), [("ev", "band_gap"), ("electronvolts_", "band_gap"), ("Volt", "band_gap")]
)
def test_a_unit_that_nobody_prints_is_answered_with_one_that_fits(unit: str, property_id: str) -> None:
    with pytest.raises(UnitError, match=r"; write it as pint does, for example eV$"):
        unit_of(unit, property_id)


@pytest.mark.parametrize(
    ("unit", "property_id", "canonical"),
    [("nm", "band_gap", "eV"), ("g/cm3", "band_gap", "eV"), ("emu/g", "saturation_magnetization", "A/m")],
)
def test_a_unit_of_something_else_is_not_answered_with_another_spelling_of_it(
    unit: str, property_id: str, canonical: str
) -> None:
    with pytest.raises(
        UnitError, match=rf"^{property_id}: .*; {unit} does not measure it, whereas .* {canonical} does$"
    ):
        unit_of(unit, property_id)
