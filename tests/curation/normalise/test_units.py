from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from curation.normalise.units import normalise_units

if TYPE_CHECKING:
    from collections.abc import Callable

    from curation.workbench import Workbench

EV_PER_KJ_PER_MOL = 1 / 96.48533212331


def values(bench: Workbench) -> list[dict[str, Any]]:
    normalise_units(bench)
    return bench.table("SELECT * FROM property_values ORDER BY property_id").to_pylist()


def value_of(
    bench_of: Callable[..., Workbench],
    formula: str,
    property_id: str,
    value: float,
    unit: str,
    **more: Any,  # noqa: ANN401 — columns of a value
) -> dict[str, Any]:
    (row,) = values(bench_of([{"formula": formula}], [{"property": property_id, "value": value, "unit": unit, **more}]))
    return row


@pytest.mark.parametrize(
    ("formula", "value", "unit", "expected"),
    [
        ("NaCl", -4.26, "eV/formula_unit", -2.13),
        ("Na2Cl2", -4.26, "eV/formula_unit", -4.26 / 4),
        ("Al2O3", -1675.7, "kJ/mol", -1675.7 * EV_PER_KJ_PER_MOL / 5),
        ("Al2O3", -1675.7 / 5, "kJ/mol/atom", -1675.7 * EV_PER_KJ_PER_MOL / 5),
        ("Al2O3", -400.5, "kcal/mol", -400.5 * 4.184 * EV_PER_KJ_PER_MOL / 5),
        ("Li0.9Na0.1FePO4", -7.0, "eV/formula_unit", -1.0),
        ("NaCl", -2130.0, "meV/atom", -2.13),
    ],
)
def test_energies_come_to_ev_per_atom_by_the_formula_as_given(
    bench_of: Callable[..., Workbench], formula: str, value: float, unit: str, expected: float
) -> None:
    row = value_of(bench_of, formula, "formation_energy", value, unit, uncertainty=abs(value) / 10)
    assert row["unit"] == "eV/atom"
    assert row["value"] == pytest.approx(expected, rel=1e-7)
    assert row["uncertainty"] == pytest.approx(abs(expected) / 10, rel=1e-7)
    assert (row["value_given"], row["unit_given"], row["problem"]) == (value, unit, None)


def test_a_structure_says_what_its_formula_unit_is(
    bench_of: Callable[..., Workbench], sites: Callable[..., dict[str, Any]]
) -> None:
    cell = [[6.0, 0, 0], [0, 6.0, 0], [0, 0, 6.0]]
    positions = [[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0], [0.5, 0.5, 0.5]]
    entry = sites(cell, ["Na", "Na", "Cl", "Cl"], positions)
    value = {"property": "formation_energy", "value": -4.26, "unit": "eV/formula_unit"}
    (row,) = values(bench_of([entry], [value]))
    assert row["value"] == pytest.approx(-2.13)


def test_a_temperature_is_shifted_and_its_uncertainty_is_not(bench_of: Callable[..., Workbench]) -> None:
    row = value_of(
        bench_of, "NaCl", "curie_temperature", 801.0, "degC", uncertainty=2.0, value_min=800.0, value_max=802.0
    )
    assert (row["unit"], row["uncertainty"]) == ("K", 2.0)
    assert [row[n] for n in ("value", "value_min", "value_max")] == pytest.approx([1074.15, 1073.15, 1075.15])


def test_fahrenheit_scales_the_uncertainty(bench_of: Callable[..., Workbench]) -> None:
    row = value_of(bench_of, "NaCl", "curie_temperature", 212.0, "degF", uncertainty=9.0)
    assert (row["value"], row["uncertainty"]) == (pytest.approx(373.15), pytest.approx(5.0))


def test_every_number_of_a_value_is_scaled(bench_of: Callable[..., Workbench]) -> None:
    more = {"uncertainty": 2.0, "value_min": 90.0, "value_max": 110.0, "tensor": [1.0, 2.0], "tensor_shape": [2]}
    row = value_of(bench_of, "NaCl", "band_gap", 100.0, "meV", **more)
    numbers = [row[name] for name in ("value", "value_min", "value_max", "uncertainty")]
    assert numbers == pytest.approx([0.1, 0.09, 0.11, 0.002])
    assert (row["tensor"], row["tensor_shape"]) == (pytest.approx([0.001, 0.002]), [2])


@pytest.mark.parametrize(
    ("property_id", "unit", "problem"),
    [
        ("band_gap", "kg", "wrong_unit: unit 'kg' has dimension [mass], expected that of 'eV'"),
        ("band_gap", "furlongs per fortnight²x", "wrong_unit: 'furlongs per fortnight²x' is not a unit"),
        ("refractive_index", "eV", "wrong_unit: unit 'eV' has dimension"),
        ("formation_energy", "eV", "wrong_unit: unit 'eV' has dimension"),
        ("unmapped:colour", "1", "unknown_property: unmapped:colour is not in the property dictionary"),
    ],
)
def test_what_cannot_be_converted_keeps_its_number_and_says_why(
    bench_of: Callable[..., Workbench], property_id: str, unit: str, problem: str
) -> None:
    row = value_of(bench_of, "NaCl", property_id, 3.0, unit)
    assert row["problem"].startswith(problem)
    assert (row["value"], row["unit"]) == (3.0, unit)


def test_no_value_is_lost_or_doubled(bench_of: Callable[..., Workbench]) -> None:
    units = ["eV", "meV", "kg", "eV", "J", "cm^-1"]
    given = [{"property": "band_gap", "value": float(n), "unit": unit} for n, unit in enumerate(units)]
    rows = values(bench_of([{"formula": "NaCl"}], given))
    assert [row["value_given"] for row in rows] == [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]
