from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from curation.dedup.group import deduplicate
from curation.normalise.structure import normalise_structures
from curation.normalise.units import normalise_units
from curation.parallel import spread
from curation.validate.check import validate
from schemas.recipe import DedupLevel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.build import BuildReport
    from curation.datasets.open import Dataset
    from curation.workbench import Workbench

    Sites = Callable[..., dict[str, Any]]
    Bench = Callable[..., Workbench]

A = 5.64
CONVENTIONAL = (A * np.eye(3)).tolist()
NACL = [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0.5, 0.5, 0.5]]
EIGHT = ["Na"] * 4 + ["Cl"] * 4
PRIMITIVE = [[0, A / 2, A / 2], [A / 2, 0, A / 2], [A / 2, A / 2, 0]]
PAIR = [[0, 0, 0], [0.5, 0.5, 0.5]]
PEROVSKITE = ["Ba", "Ti", "O", "O", "O"]
CUBIC = [[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]


def groups(bench: Workbench, level: str = "strict", workers: int = 1) -> list[dict[str, Any]]:
    mapped = partial(spread, workers=workers)
    normalise_units(bench)
    normalise_structures(bench, mapped)
    validate(bench)
    deduplicate(bench, DedupLevel(level), mapped)
    return bench.table("SELECT * FROM groups ORDER BY entry_id").to_pylist()


def heads(bench: Workbench, level: str = "strict") -> list[str]:
    return [row["representative_entry_id"] for row in groups(bench, level)]


def rock_salt(sites: Sites, a: float = A, symbols: tuple[str, str] = ("Na", "Cl")) -> dict[str, Any]:
    return sites((np.array(PRIMITIVE) * a / A).tolist(), list(symbols), PAIR)


def rotation() -> np.ndarray:
    turned, _ = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))
    return turned * np.sign(np.linalg.det(turned))


def other_descriptions(sites: Sites) -> dict[str, dict[str, Any]]:
    """Rock salt as other programs write it."""
    doubled = [[x / 2 + i / 2, y, z] for i in (0, 1) for x, y, z in NACL]
    other_cell = np.array([[1, 1, 0], [0, 1, 0], [1, 0, 1]])
    return {
        "conventional": sites(CONVENTIONAL, EIGHT, NACL),
        "supercell": sites([[2 * A, 0, 0], [0, A, 0], [0, 0, A]], EIGHT * 2, doubled),
        "rotated": sites((np.array(PRIMITIVE) @ rotation()).tolist(), ["Na", "Cl"], PAIR),
        "another cell": sites(
            (other_cell @ np.array(PRIMITIVE)).tolist(), ["Na", "Cl"], np.array(PAIR) @ np.linalg.inv(other_cell)
        ),
        "another origin": sites(PRIMITIVE, ["Na", "Cl"], np.array(PAIR) + 0.13),
        "slightly larger": rock_salt(sites, A * 1.01),
    }


def test_rock_salt_is_found_however_it_is_written(bench_of: Bench, sites: Sites) -> None:
    others = other_descriptions(sites)
    rows = groups(bench_of([rock_salt(sites), *others.values()]))
    assert [row["representative_entry_id"] for row in rows] == ["e-0000"] * 7
    assert [row["level"] for row in rows] == [None, *["strict"] * 6]


@pytest.mark.parametrize("level", ["exact", "strict", "loose"])
def test_the_same_structure_with_its_sites_in_another_order_is_exact(bench_of: Bench, sites: Sites, level: str) -> None:
    moved = np.array(NACL)[::-1] + np.array([1, -2, 3])
    rows = groups(bench_of([sites(CONVENTIONAL, EIGHT, NACL), sites(CONVENTIONAL, EIGHT[::-1], moved)]), level)
    assert [(row["representative_entry_id"], row["level"]) for row in rows] == [("e-0000", None), ("e-0000", "exact")]


def test_exact_asks_no_matcher(bench_of: Bench, sites: Sites) -> None:
    bench = bench_of([rock_salt(sites), sites(CONVENTIONAL, EIGHT, NACL)])
    assert heads(bench, "exact") == ["e-0000", "e-0001"]
    assert bench.count("matches") == 0


def ferroelectrics(sites: Sites) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """A cubic perovskite beside its polar phase: one made by hand, two as measured (P4mm)."""
    moved = np.array(CUBIC)
    moved[1, 2] += 0.3 / 4.0
    lead = [[0, 0, 0], [0.5, 0.5, 0.539], [0.5, 0.5, 0.114], [0.5, 0, 0.617], [0, 0.5, 0.617]]
    barium = [[0, 0, 0], [0.5, 0.5, 0.5135], [0.5, 0.5, -0.025], [0.5, 0, 0.485], [0, 0.5, 0.485]]
    symbols = ["Pb", *PEROVSKITE[1:]]
    return {
        "Ti moved by 0.3 angstrom": (
            sites((4.0 * np.eye(3)).tolist(), PEROVSKITE, CUBIC),
            sites((4.0 * np.eye(3)).tolist(), PEROVSKITE, moved),
        ),
        "PbTiO3": (
            sites((3.97 * np.eye(3)).tolist(), symbols, CUBIC),
            sites(np.diag([3.904, 3.904, 4.152]).tolist(), symbols, lead),
        ),
        "BaTiO3": (
            sites((4.0 * np.eye(3)).tolist(), PEROVSKITE, CUBIC),
            sites(np.diag([3.994, 3.994, 4.038]).tolist(), PEROVSKITE, barium),
        ),
    }


@pytest.mark.parametrize("name", ["Ti moved by 0.3 angstrom", "PbTiO3", "BaTiO3"])
def test_a_ferroelectric_phase_is_not_the_cubic_one(bench_of: Bench, sites: Sites, name: str) -> None:
    assert heads(bench_of(list(ferroelectrics(sites)[name]))) == ["e-0000", "e-0001"]


def test_loose_takes_a_ferroelectric_phase_for_the_cubic_one(bench_of: Bench, sites: Sites) -> None:
    assert heads(bench_of(list(ferroelectrics(sites)["PbTiO3"])), "loose") == ["e-0000", "e-0000"]


@pytest.mark.parametrize("level", ["strict", "loose"])
def test_different_formulas_are_never_one_material(bench_of: Bench, sites: Sites, level: str) -> None:
    same_place = [rock_salt(sites, A, pair) for pair in (("Na", "Cl"), ("K", "Cl"), ("Na", "F"))]
    phases = [{"formula": "NaBr", "phase": "halite"}, {"formula": "KBr", "phase": "halite"}]
    assert heads(bench_of(same_place + phases), level) == [f"e-{n:04d}" for n in range(5)]


def test_polymorphs_are_not_one_material(bench_of: Bench, sites: Sites) -> None:
    caesium_chloride = sites((3.5 * np.eye(3)).tolist(), ["Na", "Cl"], PAIR)
    assert heads(bench_of([rock_salt(sites), caesium_chloride])) == ["e-0000", "e-0001"]


def test_strict_keeps_volumes_apart_and_loose_does_not(bench_of: Bench, sites: Sites) -> None:
    entries = [rock_salt(sites), rock_salt(sites, A * 1.06)]
    assert heads(bench_of(entries), "strict") == ["e-0000", "e-0001"]
    assert heads(bench_of(entries), "loose") == ["e-0000", "e-0000"]


def test_entries_without_structure_are_one_by_formula_and_phase(bench_of: Bench, sites: Sites) -> None:
    entries = [
        {"formula": "TiO2", "phase": "rutile"},
        {"formula": "TiO2", "phase": "anatase"},
        {"formula": "Ti2O4", "phase": " Rutile\u00a0"},
        {"formula": "TiO2"},
        {"formula": "O2Ti"},
        {"formula": "SiO2", "phase": "rutile"},
        rock_salt(sites),
        {"formula": "NaCl"},
    ]
    rows = groups(bench_of(entries))
    expected = ["e-0000", "e-0001", "e-0000", "e-0003", "e-0003", "e-0005", "e-0006", "e-0007"]
    assert [row["representative_entry_id"] for row in rows] == expected
    assert [rows[2]["level"], rows[4]["level"]] == ["composition", "composition"]


def test_the_representative_is_the_first_source_of_the_recipe_then_the_first_id(bench_of: Bench) -> None:
    entries = [
        {"formula": "NaCl", "source": "second", "source_rank": 1, "source_id": "a"},
        {"formula": "NaCl", "source": "first", "source_rank": 0, "source_id": "z"},
        {"formula": "NaCl", "source": "first", "source_rank": 0, "source_id": "b"},
    ]
    rows = groups(bench_of(entries))
    assert [row["is_representative"] for row in rows] == [False, False, True]
    assert {row["material_id"] for row in rows} == {"m-0002"}


def test_quarantined_entries_are_in_no_group(bench_of: Bench, sites: Sites) -> None:
    flat = sites([[4.0, 0, 0], [0, 4.0, 0], [8.0, 4.0, 0]], ["Na", "Cl"], PAIR)
    assert heads(bench_of([flat, rock_salt(sites)])) == ["e-0001"]


def test_disordered_structures_are_compared_by_what_sits_where(bench_of: Bench, sites: Sites) -> None:
    mixed = {"Na": 0.5, "K": 0.5}
    entries = [
        sites(PRIMITIVE, [mixed, "Cl"], PAIR),
        sites(PRIMITIVE, [mixed, "Cl"], np.array(PAIR) + 0.2),
        sites(PRIMITIVE, [{"Na": 0.25, "K": 0.75}, "Cl"], PAIR),
    ]
    assert heads(bench_of(entries)) == ["e-0000", "e-0000", "e-0002"]


@pytest.mark.parametrize(
    "kind", [{"Na": 0.9, "vacancy": 0.1}, {"Na": 0.6, "K": 0.6}], ids=["vacancy", "more than one atom on a site"]
)
def test_an_occupation_that_the_matcher_cannot_read_stops_nothing(
    bench_of: Bench, sites: Sites, kind: dict[str, float]
) -> None:
    entries = [sites(PRIMITIVE, [kind, "Cl"], PAIR), sites(PRIMITIVE, [kind, "Cl"], np.array(PAIR) + 0.2)]
    assert len(groups(bench_of(entries))) == 2


@pytest.mark.parametrize("second", [1.0351, 1 / 1.0351], ids=["larger second", "smaller second"])
def test_which_of_two_comes_first_does_not_decide_whether_they_are_one(
    bench_of: Bench, sites: Sites, second: float
) -> None:
    entries = [rock_salt(sites), rock_salt(sites, A * second)]
    assert len(set(heads(bench_of(entries)))) == len(set(heads(bench_of(entries[::-1]))))


def names_swapped(sites: Sites) -> list[dict[str, Any]]:
    cell = (4.0 * np.eye(3)).tolist()
    entries = [
        sites(cell, ["Ca", "Ti", "O", "O", "O"], CUBIC),
        sites(cell, ["Ti", "Ca", "O", "O", "O"], CUBIC),
    ]
    for entry in entries:
        for species, name in zip(entry["species"], "ABC", strict=True):
            species["name"] = name
    return entries


def test_names_of_species_make_no_duplicates(bench_of: Bench, sites: Sites) -> None:
    assert heads(bench_of(names_swapped(sites)), "exact") == ["e-0000", "e-0001"]


def test_a_source_at_the_end_that_lies_between_two_materials_renames_neither(bench_of: Bench, sites: Sites) -> None:
    before = [rock_salt(sites), rock_salt(sites, A * 1.045)]
    between = rock_salt(sites, A * 1.022) | {"source": "new", "source_rank": 1}
    assert heads(bench_of(before)) == ["e-0000", "e-0001"]
    assert heads(bench_of([*before, between]))[:2] == ["e-0000", "e-0001"]


def test_the_order_of_rows_and_the_number_of_workers_change_nothing(bench_of: Bench, sites: Sites) -> None:
    entries = [rock_salt(sites), *other_descriptions(sites).values(), {"formula": "TiO2"}, {"formula": "Ti2O4"}]
    named = [entry | {"entry_id": f"e-{n:04d}", "source_id": f"{n:04d}"} for n, entry in enumerate(entries)]
    shuffled = [named[i] for i in np.random.default_rng(2).permutation(len(named))]
    alone = bench_of(named)
    expected = groups(alone)
    assert groups(bench_of(shuffled)) == expected
    many = bench_of(named)
    assert groups(many, workers=2) == expected
    question = "SELECT * FROM matches ORDER BY ALL"
    assert many.table(question).to_pylist() == alone.table(question).to_pylist()


def test_a_source_at_the_end_of_the_recipe_renames_no_material(
    excerpt: Path, dataset: Dataset, tmp_path: Path, made: Callable[..., BuildReport]
) -> None:
    text = (excerpt / "recipe.toml").read_text(encoding="utf-8")
    for name in ("dielectric", "prototypes", "formation_energies"):
        for suffix in ("jsonl.gz", "toml"):
            (tmp_path / f"{name}.{suffix}").write_bytes((excerpt / f"{name}.{suffix}").read_bytes())
    (tmp_path / "papers").symlink_to(excerpt / "papers")
    rows = [{"id": str(n), "formula": formula} for n, formula in enumerate(["NaCl", "ZnS", "Al2O3", "XeF2", "Ag2CO3"])]
    (tmp_path / "late.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    (tmp_path / "late.toml").write_text(
        '[card]\ntitle = "late"\nlicence = "CC0-1.0"\norigin = "a test"\nattribution = "A"\n'
        '[rows]\nid = "id"\nformula = "formula"\n',
        encoding="utf-8",
    )
    late = '\n[[papers]]\nsource = "files"\nname = "late"\npath = "late.jsonl"\ncard = "late.toml"\n'
    (tmp_path / "recipe.toml").write_text(text + late, encoding="utf-8")
    question = "SELECT material_id, representative_entry_id, formula FROM materials ORDER BY material_id"
    before = dataset.sql(question).rows()
    after = made(tmp_path / "recipe.toml", tmp_path / "store").dataset.sql(question).rows()
    assert [row for row in after if row["formula"] != "XeF2"] == before
    assert len(after) == len(before) + 1


def test_duplicates_name_their_representative_and_how_they_were_found(dataset: Dataset) -> None:
    rows = dataset.sql(
        "SELECT d.*, e.source, e.formula = r.formula AS same_formula, r.status FROM duplicates d "
        "JOIN entries e USING (entry_id) JOIN entries r ON r.entry_id = d.representative_entry_id"
    ).rows()
    assert {row["level"] for row in rows} >= {"strict", "composition"}
    assert all(row["same_formula"] and row["status"] == "kept" for row in rows)
    assert all((row["rms_angstrom"] is None) or 0 <= float(str(row["rms_angstrom"])) < 0.5 for row in rows)
