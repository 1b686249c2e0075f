"""Families of properties: every document of each, with units and method, against the provider's own API server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from harvest.attempt import choose_attempt
from harvest.errors import CardError
from harvest.sources.materials_project import MaterialsProjectSource
from harvest.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable

    from harvest.store import Store

SOURCE = MaterialsProjectSource()
COUNT = 12
GGA, MIXED, PBE = "PBE/PBE+U", "PBE/PBE+U/r2SCAN", "PBE"

type Harvest = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def harvest(store: Store, endpoint: str) -> Harvest:
    """Return a function that harvests a family and returns its values, each with what its entry says."""

    def run(family: str, **options: Any) -> list[dict[str, Any]]:  # noqa: ANN401 — of a recipe
        plan = SOURCE.plan("mp", {"family": family, "endpoint": endpoint, **options}, Path())
        attempt = choose_attempt(store.ledger, plan, None, update=False)
        records = Walk(store, SOURCE, plan, attempt, offline=False, progress=None).run("tests")
        tables = {
            name: pq.read_table(store.folder / records.folder / f"{name}.parquet").to_pylist()
            for name in ("entries", "properties", "rejected")
        }
        assert tables["rejected"] == []
        entries = {row["entry_id"]: row for row in tables["entries"]}
        return [{"entry": entries[row["entry_id"]], **row} for row in tables["properties"]]

    return run


def _number(row: dict[str, Any]) -> int:
    match = re.match(r"mp-(\d+)", row["entry"]["source_id"])
    assert match
    return int(match[1]) - 1000


@pytest.mark.parametrize(
    ("family", "name", "unit", "method", "functional", "truth"),
    [
        ("electronic_structure", "band_gap", "eV", "dft", MIXED, lambda n: n / 8),
        ("electronic_structure", "conduction_band_minimum", "eV", "dft", MIXED, lambda n: 4.0 + n / 8),
        ("elasticity", "bulk_modulus", "GPa", "dft", PBE, lambda n: 9.0 * n),
        ("elasticity", "shear_modulus_reuss", "GPa", "dft", PBE, lambda n: 4.0 * n),
        ("elasticity", "youngs_modulus", "Pa", "dft", PBE, lambda n: 1e9 * n),
        ("elasticity", "debye_temperature", "K", "dft", PBE, lambda n: 100.0 + n),
        ("elasticity", "sound_velocity_transverse", "m/s", "dft", PBE, lambda n: 3000.0 + n),
        ("dielectric", "dielectric_constant", "1", "dfpt", GGA, lambda n: 2.0 + n),
        ("dielectric", "refractive_index", "1", "dfpt", GGA, lambda n: (2.0 + n / 2) ** 0.5),
        ("magnetism", "total_magnetization", "bohr_magneton", "dft", MIXED, float),
        ("piezoelectric", "piezoelectric_modulus_maximum", "C/m^2", "dfpt", GGA, lambda n: n / 32),
        ("absorption", "band_gap", "eV", "dft", PBE, lambda n: n / 8),
    ],
)
def test_every_document_of_a_family_comes_with_its_values(
    harvest: Harvest, family: str, name: str, unit: str, method: str, functional: str, truth: Callable[[int], float]
) -> None:
    rows = [row for row in harvest(family, page_size=7) if row["property"] == name]
    assert {_number(row): row["value"] for row in rows} == {n: truth(n) for n in range(COUNT)}
    assert {(row["unit"], row["method"]) for row in rows} == {(unit, method)}
    assert {row["functional"] for row in rows if _number(row) != 9} == {functional}


@pytest.mark.parametrize(
    ("family", "name", "shape", "diagonal"),
    [
        ("elasticity", "elastic_tensor", [6, 6], lambda n: 10.0 * n),
        ("dielectric", "dielectric_tensor", [3, 3], lambda n: 2.0 + n),
        ("dielectric", "dielectric_tensor_electronic", [3, 3], lambda n: 2.0 + n / 2),
        ("piezoelectric", "piezoelectric_tensor", [3, 6], lambda n: n / 32),
    ],
)
def test_tensors_come_whole(
    harvest: Harvest, family: str, name: str, shape: list[int], diagonal: Callable[[int], float]
) -> None:
    rows = [row for row in harvest(family, page_size=7) if row["property"] == name]
    assert len(rows) == COUNT
    for row in rows:
        assert row["tensor_shape"] == shape
        expected = [diagonal(_number(row)) * (i == j) for i in range(shape[0]) for j in range(shape[1])]
        assert row["tensor"] == expected


def test_a_spectrum_has_a_value_for_each_energy(harvest: Harvest) -> None:
    rows = [row for row in harvest("absorption", page_size=7) if row["property"] == "absorption_coefficient"]
    found = {(_number(row), row["conditions"][0]["value"]): row["value"] for row in rows}
    assert found == {(n, 0.5 * k): 1000.0 * n * 0.5 * k for n in range(COUNT) for k in range(4)}
    assert {(c["name"], c["unit"]) for row in rows for c in row["conditions"]} == {("photon_energy", "eV")}
    assert rows[2]["pointer"].endswith("/absorption_coefficient/2")


def test_thermo_gives_a_record_for_each_set_of_calculations(harvest: Harvest) -> None:
    rows = [row for row in harvest("thermo", page_size=7) if row["property"] == "formation_energy"]
    open_numbers = [n for n in range(COUNT) if n % 10 != 9]  # the server gives no fenced row of this family
    truth = {f"mp-{1000 + n}_GGA_GGA+U": (-n / 16, GGA) for n in open_numbers}
    truth |= {f"mp-{1000 + n}_R2SCAN": (-n / 16 - 0.25, "r2SCAN") for n in open_numbers}
    assert {row["entry"]["source_id"]: (row["value"], row["functional"]) for row in rows} == truth


def test_polymorphs_without_structure_are_not_one_material(harvest: Harvest) -> None:
    rows = [row for row in harvest("elasticity", page_size=7) if row["property"] == "bulk_modulus"]
    assert {row["entry"]["phase"] for row in rows} == {f"mp-{1000 + n}" for n in range(COUNT)}


def test_fenced_rows_of_a_family_have_their_own_licence(harvest: Harvest) -> None:
    rows = harvest("dielectric", page_size=7)
    licences = {_number(row): row["entry"]["licence"] for row in rows}
    assert {n for n, licence in licences.items() if licence == "CC-BY-NC-4.0"} == {9}
    assert {row["functional"] for row in rows if _number(row) == 9} == {"r2SCAN"}


@pytest.mark.parametrize(
    ("family", "query", "numbers"),
    [
        ("dielectric", {"material_ids": ["mp-1003"], "e_total": [4, 6], "e_ionic": [1, 2], "e_electronic": [2, 4],
                        "n": [1, 3]}, {3}),
        ("magnetism", {"material_ids": ["mp-1003"], "total_magnetization": [2, 4]}, {3}),
        ("elasticity", {"material_ids": ["mp-1003", "mp-1004"]}, {3, 4}),
        ("elasticity", {"chemsys": ["Na-O"], "k_vrh": {"min": 1}, "g_vrh": {"min": 1}}, {1, 11}),
        ("electronic_structure", {"material_ids": ["mp-1002"], "is_gap_direct": True, "is_metal": False}, {2}),
    ],
)  # fmt: skip
def test_a_family_is_filtered_by_the_server(
    harvest: Harvest, family: str, query: dict[str, Any], numbers: set[int]
) -> None:
    assert {_number(row) for row in harvest(family, query=query)} == numbers


@pytest.mark.parametrize("query", [{"elements": ["O"]}, {"band_gap": [0, 1]}, {"has_props": "dos"}])
def test_a_filter_that_a_family_does_not_know_is_refused_with_those_that_it_knows(query: dict[str, Any]) -> None:
    with pytest.raises(CardError, match=r"'piezoelectric' cannot be filtered by \w+, only by material_ids"):
        SOURCE.plan("mp", {"family": "piezoelectric", "query": query}, Path())


def test_a_family_is_not_read_from_the_summary_table() -> None:
    with pytest.raises(ValueError, match="`bulk` reads the summary table; the family 'thermo' is asked of the API"):
        SOURCE.plan("mp", {"family": "thermo", "bulk": True, "db_version": "2026.04.13"}, Path())
