from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.build import BuildReport
    from curation.datasets.open import Dataset

SYSTEMS = [
    (2, "triclinic"),
    (15, "monoclinic"),
    (74, "orthorhombic"),
    (142, "tetragonal"),
    (167, "trigonal"),
    (194, "hexagonal"),
    (230, "cubic"),
]


def test_materials_count_what_they_stand_for(dataset: Dataset) -> None:
    rows = dataset.sql(
        "SELECT m.material_id, m.n_entries, m.n_values, m.sources, count(DISTINCT e.entry_id) AS entries, "
        "list_sort(list(DISTINCT e.source)) AS found FROM materials m JOIN entries e USING (material_id) GROUP BY ALL"
    ).rows()
    assert all(row["n_entries"] == row["entries"] and row["sources"] == row["found"] for row in rows)
    values = {
        row["material_id"]: row["n"]
        for row in dataset.sql(
            "SELECT material_id, count(*) AS n FROM properties WHERE status = 'kept' GROUP BY ALL"
        ).rows()
    }
    assert all(row["n_values"] == values.get(row["material_id"], 0) for row in rows)


def test_every_material_has_one_kept_entry_which_is_its_representative(dataset: Dataset) -> None:
    rows = dataset.sql(
        "SELECT m.material_id, m.representative_entry_id, list(e.entry_id) AS kept FROM materials m "
        "JOIN entries e USING (material_id) WHERE e.status = 'kept' GROUP BY ALL"
    ).rows()
    assert len(rows) == dataset.sql("SELECT * FROM materials").arrow().num_rows
    assert all(row["kept"] == [row["representative_entry_id"]] for row in rows)


def test_density_and_crystal_system_as_pymatgen_says(dataset: Dataset) -> None:
    from pymatgen.core import Structure

    rows = dataset.sql(
        "SELECT m.*, s.lattice_vectors, s.fractional_positions, s.site_species, s.species FROM materials m "
        "JOIN structures s ON s.entry_id = m.representative_entry_id ORDER BY m.material_id LIMIT 40"
    ).rows()
    for row in rows:
        given: Any = row
        species = [given["species"][index]["chemical_symbols"][0] for index in given["site_species"]]
        cell = [given["lattice_vectors"][i : i + 3] for i in (0, 3, 6)]
        positions = [given["fractional_positions"][i : i + 3] for i in range(0, 3 * len(species), 3)]
        structure = Structure(cell, species, positions)
        assert given["density_g_per_cm3"] == pytest.approx(float(structure.density), rel=1e-5)
        assert given["volume_angstrom3_per_atom"] == pytest.approx(structure.volume / len(structure))
        system = next(name for last, name in SYSTEMS if given["space_group_number"] <= last)
        assert given["crystal_system"] == system


def test_the_same_value_again_is_merged_and_another_is_not(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., BuildReport]
) -> None:
    rows = [("1", "NaCl", 1.5), ("2", "Na2Cl2", 1.5), ("3", "NaCl", 1.6)]
    dataset = made(table_recipe({"a": rows, "b": [("1", "NaCl", 1.5)]}), tmp_path / "store").dataset
    found = dataset.sql("SELECT source, value, status FROM properties ORDER BY ALL").rows()
    assert [(row["source"], row["value"], row["status"]) for row in found] == [
        ("a", 1.5, "kept"),
        ("a", 1.5, "merged"),
        ("a", 1.6, "kept"),
        ("b", 1.5, "kept"),
    ]


def test_quarantined_rows_keep_their_whole_row(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., BuildReport]
) -> None:
    dataset = made(table_recipe({"a": [("1", "Qq", 1.5), ("2", "NaCl", -4.0, 0.1)]}), tmp_path / "store").dataset
    parsed, validated = dataset.sql("SELECT * FROM quarantine ORDER BY stage").rows()
    assert (parsed["stage"], parsed["source_id"], json.loads(str(parsed["row"]))["formula"]) == ("parse", "1", "Qq")
    row = json.loads(str(validated["row"]))
    assert (validated["stage"], validated["table"], row["value"], row["uncertainty"]) == (
        "validate",
        "properties",
        -4.0,
        0.1,
    )
    assert str(validated["reasons"]).startswith("['outside_possible_range: refractive_index = -4.0 1, possible is")
    assert dataset.sql("SELECT count(*) AS n FROM properties").rows() == [{"n": 0}]
    assert dataset.sql("SELECT count(*) AS n FROM entries").rows() == [{"n": 1}]
