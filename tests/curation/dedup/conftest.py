from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from schemas.arrow import arrow_schema
from schemas.records import EntryRecordRow

if TYPE_CHECKING:
    from collections.abc import Callable

    Sites = Callable[..., dict[str, Any]]

COLUMNS = ("lattice_vectors", "fractional_positions", "site_species", "species")
SCHEMA = pa.schema(
    [
        pa.field("formula", pa.string()),
        pa.field("entry_id", pa.string()),
        pa.field("space_group_number", pa.int32()),
        *(arrow_schema(EntryRecordRow).field(name) for name in COLUMNS),
    ]
)


@pytest.fixture(scope="session")
def rows_of() -> Callable[..., pa.RecordBatch]:
    """A function that makes the rows of a task of structures (from `sites`): of one formula where none is given."""

    def make(
        structures: list[dict[str, Any]], *, groups: list[int | None] | None = None, formulas: list[str] | None = None
    ) -> pa.RecordBatch:
        rows = [
            {
                "formula": formulas[number] if formulas else "X",
                "entry_id": f"e-{number:04d}",
                "space_group_number": groups[number] if groups else None,
            }
            | {name: structure[name] for name in COLUMNS}
            for number, structure in enumerate(structures)
        ]
        return pa.RecordBatch.from_pylist(rows, schema=SCHEMA)

    return make


@pytest.fixture(scope="session")
def other_cell(sites: Sites) -> Callable[..., dict[str, Any]]:
    """A function that describes a structure anew: another cell, orientation, origin and order; truly the same."""

    def change(structure: dict[str, Any], random: np.random.Generator, *, size: int = 1) -> dict[str, Any]:
        lattice = np.array(structure["lattice_vectors"]).reshape(3, 3)
        positions = np.array(structure["fractional_positions"]).reshape(-1, 3)
        names = [structure["species"][index] for index in structure["site_species"]]
        kinds = [dict(zip(s["chemical_symbols"], s["concentration"], strict=True)) for s in names]
        cell = np.eye(3)
        cell[0, 0], cell[1, 0] = size, random.integers(size)
        for _ in range(4):
            i, j = random.choice(3, 2, replace=False)
            cell[i] += random.choice([-1, 1]) * cell[j]
        inverse = np.linalg.inv(cell)
        steps = np.array([[x, y, z] for x in range(-12, 13) for y in range(-12, 13) for z in range(-12, 13)])
        inside = steps @ inverse
        inside = inside[np.all((inside > -1e-6) & (inside < 1 - 1e-6), axis=1)]
        assert len(inside) == size
        moved = ((positions @ inverse)[:, None] + inside[None]).reshape(-1, 3) + random.random(3)
        order = random.permutation(len(moved))
        turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
        turn *= np.sign(np.linalg.det(turn))
        return sites(cell @ lattice @ turn, [kinds[index // size] for index in order], moved[order] % 1)

    return change


@pytest.fixture(scope="session")
def some_structures(
    samples: dict[str, list[dict[str, Any]]], real_sites: Callable[[dict[str, Any]], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Every fiftieth structure of the dielectric sample that has at most twenty sites."""
    rows = [row for row in samples["dielectric"] if len(row["structure"]["sites"]) <= 20]
    return [real_sites(row) for row in rows[::50]]
