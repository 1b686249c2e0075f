from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from curation.normalise.structure import normalise_structures
from curation.normalise.units import normalise_units
from curation.parallel import spread
from curation.validate.check import validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from curation.datasets.open import Dataset
    from curation.workbench import Workbench

CUBE = [[4.0, 0, 0], [0, 4.0, 0], [0, 0, 4.0]]
FLAT = [[4.0, 0, 0], [0, 4.0, 0], [8.0, 4.0, 0]]
MIDDLE = [[0, 0, 0], [0.5, 0.5, 0.5]]


def judged(bench: Workbench) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    normalise_units(bench)
    normalise_structures(bench, partial(spread, workers=1))
    validate(bench)
    entries = bench.table("SELECT * FROM entry_verdicts ORDER BY entry_id").to_pylist()
    return entries, bench.table("SELECT * FROM value_verdicts ORDER BY property_id").to_pylist()


def test_clean_rows_pass(bench_of: Callable[..., Workbench], sites: Callable[..., dict[str, Any]]) -> None:
    values = [
        {"property": "band_gap", "value": 3.0, "unit": "eV", "uncertainty": 0.1, "confidence": 0.9},
        {"property": "band_gap", "value_min": 3.0, "value_max": 3.2, "unit": "eV"},
        {"property": "band_gap", "value": 0.0, "unit": "eV", "uncertainty": 0.1},
        {"property": "curie_temperature", "value": 20.0, "unit": "degC"},
    ]
    entries, verdicts = judged(bench_of([sites(CUBE, ["Cs", "Cl"], MIDDLE), {"formula": "NaCl"}], values))
    assert all(row["flags"] == row["reasons"] == [] for row in entries + verdicts)
    assert (len(entries), len(verdicts)) == (2, 4)


@pytest.mark.parametrize(
    ("cell", "symbols", "positions", "reason"),
    [
        (FLAT, ["Na", "Cl"], MIDDLE, "cell_without_volume: the cell has 0.0 angstrom^3 per site, expected at least 1"),
        (CUBE, ["Na", "Cl"], [[0, 0, 0], [0.1, 0, 0]], "sites_overlap: two sites are 0.4 angstrom apart, expected at"),
        (CUBE, ["Na", "Cl"], [[0, 0, 0], [1, 1, 1]], "sites_overlap: two sites are 0.0 angstrom apart, expected at"),
    ],
)
def test_impossible_structures_are_quarantined_with_their_reason(
    bench_of: Callable[..., Workbench],
    sites: Callable[..., dict[str, Any]],
    cell: list[list[float]],
    symbols: list[str],
    positions: list[list[float]],
    reason: str,
) -> None:
    entries, _ = judged(bench_of([sites(cell, symbols, positions), sites(CUBE, ["Cs", "Cl"], MIDDLE)]))
    assert any(found.startswith(reason) for found in entries[0]["reasons"])
    assert entries[1]["reasons"] == []


def test_split_sites_of_a_disordered_structure_may_be_near(
    bench_of: Callable[..., Workbench], sites: Callable[..., dict[str, Any]]
) -> None:
    split = sites(CUBE, [{"Na": 0.5}, {"Na": 0.5}], [[0, 0, 0], [0.1, 0, 0]])
    entries, _ = judged(bench_of([split]))
    assert entries[0]["reasons"] == []


def test_a_structure_without_facts_is_quarantined(
    bench_of: Callable[..., Workbench], sites: Callable[..., dict[str, Any]]
) -> None:
    bench = bench_of([sites(CUBE, ["Cs", "Cl"], MIDDLE)])
    normalise_units(bench)
    normalise_structures(bench, partial(spread, workers=1))
    bench.run("UPDATE structure_facts SET volume_angstrom3 = NULL")
    validate(bench)
    (row,) = bench.table("SELECT * FROM entry_verdicts").to_pylist()
    assert row["reasons"] == ["structure_unreadable: the structure could not be standardised"]


def test_odd_structures_are_flagged(bench_of: Callable[..., Workbench], sites: Callable[..., dict[str, Any]]) -> None:
    wide = sites([[8.0, 0, 0], [0, 8.0, 0], [0, 0, 8.0]], ["Cs", "Cl"], MIDDLE)
    twice = sites(CUBE, ["Na", "Na"], [[0, 0, 0], [0, 0, 0]])
    entries, _ = judged(bench_of([wide, twice]))
    assert (entries[0]["flags"], entries[0]["reasons"]) == (["volume_implausible"], [])
    assert entries[1]["flags"] == ["symmetry_not_found"]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"property": "band_gap", "value": 3.0, "unit": "kg"}, "not_convertible: wrong_unit: unit 'kg' has dimension"),
        ({"property": "unmapped:colour", "value": 3.0}, "not_convertible: unknown_property: unmapped:colour"),
        ({"property": "refractive_index", "value": float("nan")}, "not_a_number: the value is not a finite number"),
        ({"property": "refractive_index", "value": float("inf")}, "not_a_number: the value is not a finite number"),
        (
            {"property": "refractive_index", "value_min": float("-inf"), "value_max": 2.0},
            "not_a_number: the value is not a finite number",
        ),
        (
            {"property": "refractive_index", "value_min": 2.5, "value_max": 1.5},
            "range_reversed: the range runs from 2.5 down to 1.5",
        ),
        (
            {"property": "band_gap", "value": -2.0, "unit": "eV"},
            "outside_possible_range: band_gap = -2.0 eV, possible is",
        ),
        (
            {"property": "curie_temperature", "value": -300.0, "unit": "degC"},
            "outside_possible_range: curie_temperature = -26.8",
        ),
    ],
)
def test_impossible_values_are_quarantined_with_their_reason(
    bench_of: Callable[..., Workbench], value: dict[str, Any], reason: str
) -> None:
    good = {"property": "refractive_index", "value": 1.5}
    entries, verdicts = judged(bench_of([{"formula": "NaCl"}], [value, good]))
    assert any(found.startswith(reason) for found in verdicts[0]["reasons"]), verdicts[0]
    assert verdicts[1]["reasons"] == entries[0]["reasons"] == []


@pytest.mark.parametrize(
    ("value", "flag"),
    [
        ({"property": "refractive_index", "value": 33.0}, "outside_plausible_range"),
        ({"property": "refractive_index", "value": 1.0}, "outside_plausible_range"),
        ({"property": "refractive_index", "value_min": 2.0, "value_max": 40.0}, "outside_plausible_range"),
        ({"property": "refractive_index", "value": 1.5, "uncertainty": -0.1}, "uncertainty_negative"),
        ({"property": "refractive_index", "value": 1.5, "uncertainty": 1.6}, "uncertainty_exceeds_value"),
        (
            {"property": "formation_energy", "value": -1.0, "unit": "eV/atom", "uncertainty": 1.5},
            "uncertainty_exceeds_value",
        ),
        ({"property": "refractive_index", "value": 1.5, "confidence": 0.4}, "low_confidence"),
    ],
)
def test_odd_values_are_kept_and_flagged(bench_of: Callable[..., Workbench], value: dict[str, Any], flag: str) -> None:
    _, (verdict,) = judged(bench_of([{"formula": "NaCl"}], [value]))
    assert (verdict["flags"], verdict["reasons"]) == ([flag], [])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"property": "band_gap", "value_min": 1e6, "unit": "eV", "qualifier": ">"}, "outside_possible_range"),
        ({"property": "band_gap", "value_max": -1.0, "unit": "eV", "qualifier": "<"}, "outside_possible_range"),
    ],
    ids=["more than can be", "less than can be"],
)
def test_an_open_range_that_lies_outside_as_a_whole_is_quarantined(
    bench_of: Callable[..., Workbench], value: dict[str, Any], reason: str
) -> None:
    _, (verdict,) = judged(bench_of([{"formula": "NaCl"}], [value]))
    assert any(found.startswith(reason) for found in verdict["reasons"])


def test_values_of_a_quarantined_entry_go_with_it(
    bench_of: Callable[..., Workbench], sites: Callable[..., dict[str, Any]]
) -> None:
    values = [
        {"property": "refractive_index", "value": 1.5, "entry_id": "e-0000"},
        {"property": "refractive_index", "value": 1.6, "entry_id": "e-0001"},
        {"property": "refractive_index", "value": float("nan"), "entry_id": "e-0000"},
    ]
    bench = bench_of([sites(FLAT, ["Na", "Cl"], MIDDLE), {"formula": "NaCl"}], values)
    entries, (first, second, third) = judged(bench)
    (own,) = [reason for reason in entries[0]["reasons"] if reason.startswith("cell_without_volume")]
    assert first["reasons"][0].startswith("entry_quarantined: ")
    assert own in first["reasons"][0]
    assert second["reasons"] == []
    assert [reason.partition(":")[0] for reason in third["reasons"]] == [
        "not_a_number",
        "outside_possible_range",
        "entry_quarantined",
    ]


def test_a_row_that_breaks_two_rules_says_both(bench_of: Callable[..., Workbench]) -> None:
    value = {"property": "refractive_index", "value": 33.0, "uncertainty": 40.0, "confidence": 0.1}
    _, (verdict,) = judged(bench_of([{"formula": "NaCl"}], [value]))
    assert set(verdict["flags"]) == {"outside_plausible_range", "uncertainty_exceeds_value", "low_confidence"}


def test_the_54_odd_refractive_indices_of_the_sample_are_flagged_and_kept(dataset: Dataset) -> None:
    rows = dataset.sql(
        "SELECT value, flags, status FROM properties WHERE source = 'dielectric' AND property = 'refractive_index' "
        "AND (value < 1.0005 OR value > 10)"
    ).rows()
    assert sum(row["value"] < 2 for row in rows) == sum(row["value"] > 2 for row in rows) == 27
    assert all(row["flags"] == ["outside_plausible_range"] for row in rows)
    assert {row["status"] for row in rows} == {"kept"}
    assert dataset.sql("SELECT count(*) AS n FROM quarantine WHERE source = 'dielectric'").rows() == [{"n": 0}]


def test_reasons_say_what_was_got_and_what_was_expected(dataset: Dataset) -> None:
    for row in dataset.sql("SELECT reasons FROM quarantine").rows():
        assert row["reasons"]
        assert all(re.match(r"[a-z_]+: \S", reason) for reason in row["reasons"])
