"""Structure: cells and sites in; symmetry, volume, shortest distance and a content hash out; parts in parallel.

Symmetry by moyopy at symprec 0.01 angstrom. Only ordered structures have a space group here.

The content hash is a cheap sure hit: equal hashes mean the same elements in the same cell at the same places, to 1e-4.
Different hashes mean nothing: other cells of one crystal, or coordinates on two sides of a step, are for the matcher.
"""

from __future__ import annotations

import hashlib
import logging
import math
from typing import TYPE_CHECKING, Any

import moyopy
import numpy as np
import pyarrow as pa

from curation.datasets.database import quoted
from curation.normalise.distance import shortest_distance
from schemas.arrow import arrow_schema
from schemas.elements import atomic_numbers
from schemas.quantity import Model

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from curation.parallel import Spread
    from curation.workbench import Workbench

# It warns of symmetry operations that a skewed input cell cannot express; the space group is not touched by that.
logging.getLogger("moyo").setLevel(logging.ERROR)

BATCH = 1000
SYMPREC_ANGSTROM = 0.01
# Moyo's search does not end for cells much thinner than an atom.
THINNEST_ANGSTROM = 0.1
_STEPS = 10_000
# Moves the edges between steps off the numbers that people and programs write: those with few digits, and fractions.
_OFFSET = 0.5 + 1 / (10 * np.pi)


class StructureFactsRow(Model):
    """What is computed of a structure."""

    entry_id: str | None
    n_sites: int | None
    is_ordered: bool | None
    volume_angstrom3: float | None
    shortest_distance_angstrom: float | None
    space_group_number: int | None
    structure_sha256: str | None
    problem: str | None


FACTS = arrow_schema(StructureFactsRow)
_STRUCTURES = """
SELECT e.entry_id, lattice_vectors, fractional_positions, site_species, species, known_group, known_sha256
FROM raw_entries e LEFT JOIN known_structures USING (entry_id) WHERE lattice_vectors IS NOT NULL ORDER BY e.entry_id
"""
# Of structures without a group nothing is taken over: it is not known here whether there is a problem to be told.
_KNOWN = """
CREATE TABLE known_structures AS
SELECT e.entry_id, space_group_number AS known_group, structure_sha256 AS known_sha256
FROM raw_entries e JOIN read_parquet([{paths}], hive_partitioning = false) s USING (entry_id)
WHERE s.space_group_number IS NOT NULL AND s.lattice_vectors = e.lattice_vectors AND s.species = e.species
    AND s.fractional_positions = e.fractional_positions AND s.site_species = e.site_species
"""
_NONE_KNOWN = "CREATE TABLE known_structures (entry_id VARCHAR, known_group BIGINT, known_sha256 VARCHAR)"


def normalise_structures(bench: Workbench, spread: Spread, known: Sequence[Path] = ()) -> None:
    """Make the table `structure_facts`, a row for each entry with a structure.

    Args:
        bench: where raw_entries stands.
        spread: maps a function over batches, in order (`curation.parallel.spread`).
        known: parts of the table `structures` of a version that the same code made; symmetry and hash of a structure
            that did not change since are taken from there.
    """
    bench.run(_KNOWN.format(paths=", ".join(map(quoted, known))) if known else _NONE_KNOWN)
    facts = spread(structure_facts, bench.batches(_STRUCTURES, BATCH))
    bench.keep("structure_facts", pa.Table.from_batches(facts, schema=FACTS))


def structure_facts(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the facts of a batch of structures, row by row: each row is work for compiled code."""
    rows = [_facts(row) for row in batch.to_pylist()]
    return pa.RecordBatch.from_pylist(rows, schema=FACTS)


def _facts(row: dict[str, Any]) -> dict[str, object]:
    lattice = np.array(row["lattice_vectors"], dtype=float).reshape(3, 3)
    positions = np.array(row["fractional_positions"], dtype=float).reshape(-1, 3)
    species, sites = row["species"], row["site_species"]
    is_ordered = all(len(s["chemical_symbols"]) == 1 and s["concentration"][0] == 1 for s in species)
    facts: dict[str, object] = {
        "entry_id": row["entry_id"],
        "n_sites": len(sites),
        "is_ordered": is_ordered,
        "volume_angstrom3": _volume(row["lattice_vectors"]),
        "shortest_distance_angstrom": shortest_distance(lattice, positions),
        "space_group_number": row.get("known_group"),
        "structure_sha256": row.get("known_sha256"),
        "problem": None,
    }
    if facts["structure_sha256"] is not None:
        return facts
    occupations = [_occupation(one) for one in species]
    facts["structure_sha256"] = _content_hash(lattice, positions, [occupations[index] for index in sites])
    known = [atomic_numbers().get(one["chemical_symbols"][0], 0) for one in species]
    numbers = [known[index] for index in sites]
    if _thin(row["lattice_vectors"]):
        facts["problem"] = f"symmetry_not_found: the cell is thinner than {THINNEST_ANGSTROM} angstrom"
    elif is_ordered and all(numbers):
        try:
            cell = moyopy.Cell(lattice.tolist(), positions.tolist(), numbers)
            found = moyopy.MoyoDataset(cell, symprec=SYMPREC_ANGSTROM, rotate_basis=False)
            facts["space_group_number"] = found.number
        except ValueError as error:
            facts["problem"] = f"symmetry_not_found: {error}"
    return facts


def _volume(cell: list[float]) -> float:
    """Return the volume of a cell by plain arithmetic, the same bits on every machine: LAPACK does not promise that."""
    ax, ay, az, bx, by, bz, cx, cy, cz = cell
    return abs(ax * (by * cz - bz * cy) - ay * (bx * cz - bz * cx) + az * (bx * cy - by * cx))


def _thin(cell: list[float]) -> bool:
    """Tell whether two opposite faces of a cell are nearer than atoms can be."""
    a, b, c = cell[:3], cell[3:6], cell[6:]
    largest_face = max(_area(a, b), _area(b, c), _area(c, a))
    return _volume(cell) < THINNEST_ANGSTROM * largest_face


def _area(first: list[float], second: list[float]) -> float:
    """Return the area between two vectors; numpy takes longer for three numbers than the whole of it."""
    ax, ay, az = first
    bx, by, bz = second
    return math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)


def _occupation(species: dict[str, Any]) -> str:
    """Return what sits on a site: symbols with their shares; the name is the provider's own affair."""
    shares = zip(species["chemical_symbols"], species["concentration"], strict=True)
    return "+".join(sorted(f"{symbol}{share:.4f}" for symbol, share in shares if symbol != "vacancy"))


def _content_hash(lattice: NDArray[np.float64], positions: NDArray[np.float64], occupations: list[str]) -> str:
    """Return the hash of a canonical text of the structure: sites sorted, numbers as steps of 1e-4."""
    places = (np.floor(positions * _STEPS + _OFFSET) % _STEPS).tolist()
    sites = sorted([f"{kind} {x:.0f} {y:.0f} {z:.0f}" for kind, (x, y, z) in zip(occupations, places, strict=True)])
    cell = " ".join([f"{value:.0f}" for value in np.floor(lattice * _STEPS + _OFFSET).ravel().tolist()])
    return hashlib.sha256("\n".join([cell, *sites]).encode()).hexdigest()
