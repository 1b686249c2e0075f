from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.normalise import structure
from curation.normalise.structure import SYMPREC_ANGSTROM, normalise_structures, structure_facts
from curation.parallel import spread
from schemas.arrow import arrow_schema
from schemas.records import EntryRecordRow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.workbench import Workbench

ONE = partial(spread, workers=1)
CUBE = [[5.6, 0, 0], [0, 5.6, 0], [0, 0, 5.6]]
NACL = [[0, 0, 0], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5], [0.5, 0.5, 0.5]]
SYMBOLS = ["Na"] * 4 + ["Cl"] * 4
NACL_FOUND = SimpleNamespace(number=225)
COLUMNS = ("entry_id", "lattice_vectors", "fractional_positions", "site_species", "species")
SCHEMA = pa.schema([arrow_schema(EntryRecordRow).field(name) for name in COLUMNS])


def facts_of(*structures: dict[str, Any]) -> list[dict[str, Any]]:
    rows = [{"entry_id": f"e-{n:04d}"} | {name: s[name] for name in COLUMNS[1:]} for n, s in enumerate(structures)]
    return structure_facts(pa.RecordBatch.from_pylist(rows, schema=SCHEMA)).to_pylist()


def hash_of(structure: dict[str, Any]) -> str:
    return str(facts_of(structure)[0]["structure_sha256"])


@pytest.mark.filterwarnings("ignore:Set OLD_ERROR_HANDLING:DeprecationWarning")
def test_volume_and_space_group_of_real_structures_as_pymatgen_and_spglib_find_them(
    samples: dict[str, list[dict[str, Any]]], real_sites: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    import spglib
    from pymatgen.core import Lattice

    rows = [row for row in samples["dielectric"] if len(row["structure"]["sites"]) <= 30][::38]
    assert len(rows) >= 100
    for row, facts in zip(rows, facts_of(*(real_sites(row) for row in rows)), strict=True):
        lattice = row["structure"]["lattice"]["matrix"]
        symbols = [site["species"][0]["element"] for site in row["structure"]["sites"]]
        positions = [site["abc"] for site in row["structure"]["sites"]]
        numbers = [sorted(set(symbols)).index(symbol) + 1 for symbol in symbols]
        found = spglib.get_symmetry_dataset((lattice, positions, numbers), symprec=SYMPREC_ANGSTROM)
        assert facts["space_group_number"] == found.number, row["id"]
        assert facts["volume_angstrom3"] == pytest.approx(Lattice(lattice).volume, rel=1e-9)
        assert (facts["n_sites"], facts["is_ordered"], facts["problem"]) == (len(symbols), True, None)


def test_rock_salt_by_hand(sites: Callable[..., dict[str, Any]]) -> None:
    (facts,) = facts_of(sites(CUBE, SYMBOLS, NACL))
    assert (facts["space_group_number"], facts["n_sites"]) == (225, 8)
    assert facts["volume_angstrom3"] == pytest.approx(5.6**3)
    assert facts["shortest_distance_angstrom"] == pytest.approx(2.8)


def test_the_content_hash_knows_no_order_of_sites_and_no_whole_cells(sites: Callable[..., dict[str, Any]]) -> None:
    random = np.random.default_rng(5)
    order = random.permutation(8)
    moved = np.array(NACL)[order] + random.integers(-3, 4, (8, 3))
    whole = hash_of(sites(CUBE, SYMBOLS, NACL))
    assert hash_of(sites(CUBE, [SYMBOLS[i] for i in order], moved)) == whole
    assert hash_of(sites(CUBE, SYMBOLS, np.array(NACL) - 1e-9)) == whole


def test_the_content_hash_of_real_structures_knows_no_order_and_no_whole_cells(
    samples: dict[str, list[dict[str, Any]]], sites: Callable[..., dict[str, Any]]
) -> None:
    random = np.random.default_rng(11)
    for row in samples["dielectric"][:200:10]:
        cell = row["structure"]["lattice"]["matrix"]
        symbols = [site["species"][0]["element"] for site in row["structure"]["sites"]]
        positions = np.array([site["abc"] for site in row["structure"]["sites"]])
        order = random.permutation(len(symbols))
        shifted = positions[order] + random.integers(-2, 3, positions.shape)
        assert hash_of(sites(cell, [symbols[i] for i in order], shifted)) == hash_of(sites(cell, symbols, positions))


@pytest.mark.parametrize("change", ["cell", "position", "element", "site"])
def test_the_content_hash_changes_with_the_structure(sites: Callable[..., dict[str, Any]], change: str) -> None:
    cell, symbols, positions = np.array(CUBE), list(SYMBOLS), np.array(NACL, dtype=float)
    if change == "cell":
        cell[2, 2] += 1e-4
    elif change == "position":
        positions[3, 1] += 1e-4
    elif change == "element":
        symbols[7] = "Br"
    else:
        symbols, positions = symbols[:-1], positions[:-1]
    assert hash_of(sites(cell, symbols, positions)) != hash_of(sites(CUBE, SYMBOLS, NACL))


def test_the_content_hash_sees_occupations(sites: Callable[..., dict[str, Any]]) -> None:
    half = [{"Na": 0.5, "K": 0.5}] * 4 + ["Cl"] * 4
    quarter = [{"Na": 0.25, "K": 0.75}] * 4 + ["Cl"] * 4
    assert len({hash_of(sites(CUBE, kinds, NACL)) for kinds in (half, quarter, SYMBOLS)}) == 3


def test_the_content_hash_sees_the_elements_behind_names_that_a_provider_chose(
    sites: Callable[..., dict[str, Any]],
) -> None:
    original = sites(
        CUBE, ["Ca", "Ti", "O", "O", "O"], [[0, 0, 0], [0.5] * 3, [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
    )
    swapped = sites(
        CUBE, ["Ti", "Ca", "O", "O", "O"], [[0, 0, 0], [0.5] * 3, [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]
    )
    for made in (original, swapped):
        for species, name in zip(made["species"], ("A", "B", "C"), strict=True):
            species["name"] = name
    assert hash_of(original) != hash_of(swapped)


def test_the_content_hash_does_not_see_names(sites: Callable[..., dict[str, Any]]) -> None:
    renamed = sites(CUBE, SYMBOLS, NACL)
    for species in renamed["species"]:
        species["name"] += "1"
    assert hash_of(renamed) == hash_of(sites(CUBE, SYMBOLS, NACL))


def test_a_disordered_structure_has_no_space_group_here(sites: Callable[..., dict[str, Any]]) -> None:
    mixed, vacant = facts_of(
        sites(CUBE, [{"Na": 0.5, "K": 0.5}] * 4 + ["Cl"] * 4, NACL), sites(CUBE, [{"Na": 0.9}] * 4 + ["Cl"] * 4, NACL)
    )
    for facts in (mixed, vacant):
        assert (facts["is_ordered"], facts["space_group_number"], facts["problem"]) == (False, None, None)
        assert facts["volume_angstrom3"] == pytest.approx(5.6**3)


@pytest.mark.parametrize(
    ("cell", "positions"),
    [
        ([[4.0, 0, 0], [0, 4.0, 0], [8.0, 4.0, 0]], [[0, 0, 0], [0.5, 0.5, 0.5]]),
        ([[0.0, 0, 0], [0, 0, 0], [0, 0, 0]], [[0, 0, 0], [0.5, 0.5, 0.5]]),
        ([[4.0, 0, 0], [0, 4.0, 0], [0, 0, 4.0]], [[0, 0, 0], [0, 0, 0]]),
    ],
    ids=["flat", "nothing", "twice"],
)
def test_a_cell_without_symmetry_or_volume_stops_nothing(
    sites: Callable[..., dict[str, Any]], cell: list[list[float]], positions: list[list[float]]
) -> None:
    _, facts, good = facts_of(
        *(sites(CUBE, SYMBOLS, NACL), sites(cell, ["Na", "Cl"], positions)), sites(CUBE, SYMBOLS, NACL)
    )
    assert facts["space_group_number"] is None or facts["volume_angstrom3"] > 0
    assert good["space_group_number"] == 225


def test_no_symmetry_is_sought_in_a_cell_that_is_no_crystal(
    sites: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(structure.moyopy, "MoyoDataset", lambda cell, **_: asked.append(cell) or NACL_FOUND)
    needle = sites([[1e-9, 0, 0], [0, 1e9, 0], [0, 0, 1.0]], ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    good, thin = facts_of(sites(CUBE, SYMBOLS, NACL), needle)
    assert (good["space_group_number"], thin["space_group_number"]) == (225, None)
    assert len(asked) == 1


def test_entries_without_a_structure_have_no_facts(
    bench_of: Callable[..., Workbench], sites: Callable[..., dict[str, Any]]
) -> None:
    bench = bench_of([{"formula": "NaCl"}, sites(CUBE, SYMBOLS, NACL)])
    normalise_structures(bench, ONE)
    assert bench.table("SELECT entry_id, n_sites FROM structure_facts").to_pylist() == [
        {"entry_id": "e-0001", "n_sites": 8}
    ]


def test_no_structure_at_all_leaves_an_empty_table(bench_of: Callable[..., Workbench]) -> None:
    bench = bench_of([{"formula": "NaCl"}])
    normalise_structures(bench, ONE)
    assert bench.count("structure_facts") == 0


def test_what_is_known_of_an_unchanged_structure_is_not_computed_again(
    bench_of: Callable[..., Workbench],
    sites: Callable[..., dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    same, moved = sites(CUBE, SYMBOLS, NACL), sites(CUBE, SYMBOLS, [[0.01, 0, 0], *NACL[1:]])
    before = bench_of([same, same, {"formula": "NaCl"}])
    normalise_structures(before, ONE)
    known = before.table("FROM structure_facts JOIN (SELECT * EXCLUDE (source) FROM raw_entries) USING (entry_id)")
    pq.write_table(known, tmp_path / "structures.parquet")
    expected = bench_of([same, moved, {"formula": "NaCl"}, same])
    normalise_structures(expected, ONE)
    asked, find = [], structure.moyopy.MoyoDataset
    monkeypatch.setattr(structure.moyopy, "MoyoDataset", lambda cell, **how: asked.append(cell) or find(cell, **how))
    bench = bench_of([same, moved, {"formula": "NaCl"}, same])
    normalise_structures(bench, ONE, [tmp_path / "structures.parquet"])
    question = "SELECT * FROM structure_facts ORDER BY entry_id"
    assert bench.table(question).equals(expected.table(question))
    assert len(asked) == 2  # the structure that moved, and the one that came
