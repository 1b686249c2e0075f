from __future__ import annotations

import pytest

from harvest.papers.notation.vocabulary import find_meaning
from harvest.papers.tables.headers import read_header


def meaning(printed: str, context: str = "") -> tuple[str, str] | None:
    header = read_header(printed)
    found = find_meaning(header, unit=header.unit.spelling if header.unit else None, context=context)
    return None if found is None else (found.property, found.by)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("Band gap (eV)", ("band_gap", "name")),
        ("Bandgap energy (kJ/mol)", ("band_gap", "name")),
        ("E_{g} (eV)", ("band_gap", "symbol")),
        ("Refractive index n at 589 nm", ("refractive_index", "name")),
        ("Melting point (°C)", ("melting_temperature", "name")),
        ("Thermal conductivity at 300 K (W m^{-1} K^{-1})", ("thermal_conductivity", "name")),
    ],
)
def test_names_and_symbols(printed: str, expected: tuple[str, str]) -> None:
    assert meaning(printed) == expected


def test_the_unit_must_have_the_dimension_of_the_property() -> None:
    assert meaning("Band gap (nm)") is None
    assert meaning("Band gap") is None
    assert meaning("Refractive index (eV)") is None


def test_words_beside_the_name_may_mean_something_else() -> None:
    assert meaning("Band gap error (eV)") is None
    assert meaning("Change of the band gap (eV)") is None


def test_a_dimensionless_letter_needs_a_caption_that_names_the_property() -> None:
    assert meaning("n") is None
    assert meaning("n", context="Refractive index of glasses") == ("refractive_index", "symbol")


def test_a_letter_behind_words_that_mean_nothing_is_not_a_property() -> None:
    assert meaning("Mole Fraction x (%)") is None
