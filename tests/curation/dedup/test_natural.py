"""Natural truth: pairs of the dielectric sample, and of the Materials Project where that file is at hand."""

from __future__ import annotations

import csv
import gzip
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from curation.dedup.levels import TOLERANCES
from curation.dedup.match import Task, match_pairs, match_task
from harvest.formats.cif import read_block, structure_of
from schemas.formula import parse_formula
from schemas.recipe import DedupLevel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pyarrow as pa

    Rows = Callable[..., pa.RecordBatch]
    RealSites = Callable[[dict[str, Any]], dict[str, Any]]
    Measured = Callable[[str], dict[str, Any]]

SHARED = Path(__file__).parents[4] / "shared" / "data" / "structures"
MATERIALS_PROJECT = SHARED / "mp_20_biternary_val.csv.gz"
needs_shared = pytest.mark.skipif(not MATERIALS_PROJECT.exists(), reason="the shared structures are not here")
LEVELS = [DedupLevel.STRICT, DedupLevel.LOOSE]


def reduced(formula: str) -> str:
    amounts = parse_formula(formula)
    least = min(amounts.values())
    return " ".join(f"{symbol}{amounts[symbol] / least:.3f}" for symbol in sorted(amounts))


@pytest.fixture(scope="session")
def materials_project(sites: Callable[..., dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The structures of the shared extract by id, with `formula` and `group`."""
    from gemmi import UnitCell, cif

    found = {}
    with gzip.open(MATERIALS_PROJECT, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            block = cif.read_string(row["cif"]).sole_block()
            names = [f"_cell_length_{x}" for x in "abc"] + [f"_cell_angle_{x}" for x in ("alpha", "beta", "gamma")]
            lattice = np.array(UnitCell(*(float(block.find_value(name)) for name in names)).orth.mat.tolist()).T
            table = block.find("_atom_site_", ["type_symbol", "fract_x", "fract_y", "fract_z"])
            places = [[float(line[k]) for k in (1, 2, 3)] for line in table]
            made = sites(lattice.tolist(), [line[0] for line in table], places)
            made |= {"formula": reduced(row["pretty_formula"]), "group": int(row["spacegroup.number"])}
            found[row["material_id"]] = made
    return found


def heads_of(structures: list[dict[str, Any]], rows_of: Rows, level: DedupLevel) -> dict[int, int]:
    order = sorted(range(len(structures)), key=lambda index: (structures[index]["formula"], index))
    rows = rows_of(
        [structures[index] for index in order],
        groups=[structures[index]["group"] for index in order],
        formulas=[structures[index]["formula"] for index in order],
    )
    found = match_task(Task(rows, TOLERANCES[level])).to_pylist()
    return {order[int(row["second"][2:])]: order[int(row["first"][2:])] for row in found}


@pytest.fixture(scope="session")
def sample(samples: dict[str, list[dict[str, Any]]], real_sites: RealSites) -> list[dict[str, Any]]:
    """The structures of the dielectric sample, with `formula` and `group`."""
    rows = samples["dielectric"]
    return [real_sites(row) | {"formula": reduced(row["formula"]), "group": row["spg_num"]} for row in rows]


def compared(structures: Iterable[dict[str, Any]], rows_of: Rows, level: DedupLevel) -> np.ndarray:
    chosen = list(structures)
    rows = rows_of(chosen, groups=[one["group"] for one in chosen])
    return match_pairs(rows, np.array(list(combinations(range(len(chosen)), 2))), TOLERANCES[level])[:, 0]


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("formula", ["SiC", "ZnS", "MoS2", "WS2", "BN", "CdI2", "GaSe", "C"])
def test_polytypes_and_slabs_of_the_sample_stay_apart(
    sample: list[dict[str, Any]], rows_of: Rows, formula: str, level: DedupLevel
) -> None:
    same = [one for one in sample if one["formula"] == reduced(formula)]
    if len(same) > 1:
        assert np.isinf(compared(same, rows_of, level)).all()


@needs_shared
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("formula", ["SiC", "ZnS", "MoS2", "WS2", "MoSe2", "MnO2", "CuAlO2", "CuGaO2", "CuScO2", "BN"])
def test_polytypes_of_the_materials_project_stay_apart(
    materials_project: dict[str, dict[str, Any]], rows_of: Rows, formula: str, level: DedupLevel
) -> None:
    same = [one for one in materials_project.values() if one["formula"] == reduced(formula)]
    if len(same) > 1:
        assert np.isinf(compared(same, rows_of, level)).all()


@needs_shared
@pytest.mark.parametrize("level", LEVELS)
def test_duplicates_in_cells_of_which_other_programs_shrink_one_are_found(
    materials_project: dict[str, dict[str, Any]], rows_of: Rows, level: DedupLevel
) -> None:
    found = compared([materials_project[name] for name in ("mp-1102762", "mp-557569")], rows_of, level)
    assert found[0] == pytest.approx(0.010, abs=2e-3)


@needs_shared
def test_a_tilted_perovskite_is_not_the_cubic_one_at_the_strict_level(
    materials_project: dict[str, dict[str, Any]], rows_of: Rows
) -> None:
    for formula in ("KCuF3", "KMnF3", "SrTiO3", "BaZrO3"):
        same = [one for one in materials_project.values() if one["formula"] == reduced(formula)]
        for one, two in combinations(same, 2):
            if one["group"] != two["group"]:
                assert np.isinf(compared([one, two], rows_of, DedupLevel.STRICT)).all(), formula


def test_phases_of_barium_titanate_are_apart_at_the_strict_level_and_one_at_the_loose(
    sample: list[dict[str, Any]], rows_of: Rows
) -> None:
    same = [one for one in sample if one["formula"] == reduced("BaTiO3")]
    phases = [one for one in same if len(one["site_species"]) == 5]
    assert sorted({one["group"] for one in phases}) == [8, 38, 160]
    assert np.isinf(compared(phases, rows_of, DedupLevel.STRICT)).all()
    assert np.isfinite(compared(phases, rows_of, DedupLevel.LOOSE)).all()


def test_both_hands_of_tellurium_are_one_or_apart_as_asked(
    samples: dict[str, list[dict[str, Any]]], real_sites: RealSites, rows_of: Rows
) -> None:
    from dataclasses import replace

    hands = [row for row in samples["dielectric"] if row["formula"] == "Te3" and row["spg_num"] in {152, 154}]
    assert sorted(round(row["n"], 2) for row in hands) == [6.95, 10.88]
    rows = rows_of([real_sites(row) for row in hands], groups=[row["spg_num"] for row in hands])
    strict = TOLERANCES[DedupLevel.STRICT]
    assert np.isfinite(match_pairs(rows, np.array([[0, 1]]), strict)).all()
    assert np.isinf(match_pairs(rows, np.array([[0, 1]]), replace(strict, mirror=False))).all()


@pytest.mark.parametrize(("level", "merged"), [(DedupLevel.STRICT, 20), (DedupLevel.LOOSE, 67)])
def test_the_groups_of_the_sample_are_those_of_the_documentation(
    sample: list[dict[str, Any]], rows_of: Rows, level: DedupLevel, merged: int
) -> None:
    heads = heads_of(sample, rows_of, level)
    assert len(heads) == merged


@pytest.fixture(scope="session")
def measured(sites: Callable[..., dict[str, Any]]) -> Measured:
    """A function that reads a file of the Crystallography Open Database: its structure, with `group` by moyopy."""
    import moyopy

    from schemas.elements import atomic_numbers

    def read(name: str) -> dict[str, Any]:
        structure = structure_of(read_block((SHARED / "cif" / f"{name}.cif").read_bytes()))
        assert structure is not None
        symbols = [structure.species[index].chemical_symbols[0] for index in structure.site_species]
        lattice, positions = np.array(structure.lattice_vectors), np.array(structure.fractional_positions)
        numbers = [atomic_numbers()[symbol] for symbol in symbols]
        cell = moyopy.Cell(lattice.tolist(), positions.tolist(), numbers)
        return sites(lattice, symbols, positions) | {"group": moyopy.MoyoDataset(cell, symprec=0.01).number}

    return read


@needs_shared
@pytest.mark.parametrize(
    ("name", "entry", "strict", "loose"),
    [
        ("NaCl-Halite", "mp-22862", 0.0, 0.0),
        ("CdS-Hawleyite", "mp-2469", 0.0, 0.0),
        ("SiC-6H-alpha", "mp-7631", 0.0024, 0.0024),
        ("IrO2", "mp-2723", 0.0034, 0.0034),
        ("CrCl2", "mp-22857", 0.0419, 0.0419),
        ("V2O3-Karelianite", "mp-18937", 0.0616, 0.0616),
        ("LiNbO3-LithiumNiobate", "mp-3731", 0.1697, 0.1697),
        ("GeO2-Argutite", "mp-1072104", np.inf, 0.0595),  # rutile beside its orthorhombic distortion
        ("CdS-Greenockite", "mp-2469", np.inf, np.inf),  # wurtzite and zinc blende
        ("SiC-Moissanite", "mp-7631", np.inf, np.inf),  # 2H and 6H
        ("SiC-3C-beta", "mp-7631", np.inf, np.inf),
        ("KCl-Sylvite", "mp-23289", np.inf, np.inf),  # rock salt and the caesium chloride type
    ],
)
def test_a_measured_structure_is_as_far_from_a_computed_one_as_the_table_says(
    measured: Measured,
    materials_project: dict[str, dict[str, Any]],
    rows_of: Rows,
    name: str,
    entry: str,
    strict: float,
    loose: float,
) -> None:
    pair = [measured(name), materials_project[entry]]
    assert compared(pair, rows_of, DedupLevel.STRICT)[0] == pytest.approx(strict, abs=1e-3)
    assert compared(pair, rows_of, DedupLevel.LOOSE)[0] == pytest.approx(loose, abs=2e-3)
