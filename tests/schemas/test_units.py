"""Units: numbers and their conversions are those of physics; what does not measure the same never converts."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.units import UnitError, check_unit, conversion, parse_unit

AVOGADRO, ELEMENTARY_CHARGE = 6.02214076e23, 1.602176634e-19  # exact in the SI of 2019
EV_IN_KJ_PER_MOL = AVOGADRO * ELEMENTARY_CHARGE / 1000


@pytest.mark.parametrize(
    ("given", "canonical", "factor", "offset", "per_formula"),
    [
        ("meV", "eV", 1e-3, 0, False),
        ("kJ/mol", "eV/atom", 1 / EV_IN_KJ_PER_MOL, 0, True),
        ("kJ/mol", "eV", 1 / EV_IN_KJ_PER_MOL, 0, False),
        ("kJ/mol/atom", "eV/atom", 1 / EV_IN_KJ_PER_MOL, 0, False),
        ("eV/formula_unit", "eV/atom", 1, 0, True),
        ("meV/formula_unit", "eV/atom", 1e-3, 0, True),
        ("eV/atom", "eV/atom", 1, 0, False),
        ("degC", "K", 1, 273.15, False),
        ("degF", "K", 5 / 9, 273.15 - 32 * 5 / 9, False),
        ("K", "K", 1, 0, False),
        ("percent", "1", 0.01, 0, False),
        ("1", "1", 1, 0, False),
        ("", "1", 1, 0, False),
        ("nm^3/atom", "angstrom^3/atom", 1000, 0, False),
    ],
)
def test_conversions(given: str, canonical: str, factor: float, offset: float, per_formula: bool) -> None:
    found = conversion(given, canonical)
    assert found.factor == pytest.approx(factor, rel=1e-12)
    assert found.offset == pytest.approx(offset, rel=1e-12, abs=1e-12)
    assert found.per_formula is per_formula


@pytest.mark.parametrize(
    ("given", "canonical"),
    [("eV/formula_unit", "eV/site"), ("eV", "eV/atom"), ("eV/atom", "eV"), ("GPa", "eV"), ("m", "angstrom^3")],
)
def test_what_does_not_measure_the_same_is_refused(given: str, canonical: str) -> None:
    with pytest.raises(UnitError, match="dimension"):
        conversion(given, canonical)


def test_an_unknown_unit_is_refused_with_an_example() -> None:
    with pytest.raises(UnitError, match=r"'furlongs_per_dog' is not a unit .* for example eV/atom"):
        parse_unit("furlongs_per_dog")


@given(st.text(alphabet="eVKmolatgJ12*/() .%[]_-°", max_size=8))
@example("5 eV")
@example("eV/")
@example("(")
@example("1/0")
@example("l^0")
def test_any_text_is_a_unit_or_is_refused(text: str) -> None:
    try:
        parse_unit(text)
    except UnitError:
        return


def test_a_unit_is_checked_against_the_property() -> None:
    check_unit("kJ/mol", "formation_energy")
    check_unit("degC", "melting_temperature")
    with pytest.raises(UnitError, match=r"^band_gap: .*expected that of 'eV'"):
        check_unit("GPa", "band_gap")


def test_a_logarithmic_unit_has_no_factor() -> None:
    assert conversion("dB", "dB").factor == 1
    with pytest.raises(UnitError, match="unit 'dB' is on a logarithmic scale"):
        conversion("dB", "1")
