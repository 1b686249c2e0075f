"""The invariances that each representation of structures claims, on real structures described in another way."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from curation.represent.registry import load_representer, representer_names
from curation.represent.representer import Columns
from curation.represent.structure.structure_table import structure_table
from schemas.representation import Form, Invariance, Needs

sys.path.insert(0, str(Path(__file__).parents[1]))
from real_structures import doubled, permuted, real_structures, recut, rotated, translated

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa
    from numpy.typing import NDArray

    from curation.represent.representer import Representer

OTHERWISE = {
    Invariance.PERMUTATION: permuted,
    Invariance.TRANSLATION: translated,
    Invariance.ROTATION: rotated,
    Invariance.CELL_CHOICE: recut,
    Invariance.SUPERCELL: doubled,
}
TOLERANCE = 1e-8
# What is learned is an extra, and held in an environment of its own: see test_learned.py.
STRUCTURAL = [
    name
    for name in representer_names()
    if load_representer(name).spec.needs is Needs.STRUCTURE and "torch" not in load_representer(name).spec.libraries
]


def signatures(representer: Representer, table: pa.Table) -> list[NDArray[np.float64] | list[str] | None]:
    """What must stay the same of each row: the vector, or what of the columns does not depend on an order."""
    computed = representer.compute(table)
    if isinstance(computed, Columns):
        rows = computed.table.to_pylist()
        return [None if i in computed.failures else SIGNED[representer.spec.name](row) for i, row in enumerate(rows)]
    return [None if row in computed.failures else vector for row, vector in enumerate(computed.vectors)]


def of_each_atom(values: list[float], n_atoms: int) -> NDArray[np.float64]:
    """Quantiles of the sorted values, and how many an atom has: the same for a supercell."""
    ordered = np.sort(np.array(values, dtype=float))
    places = ((np.arange(20) + 0.5) / 20 * len(ordered)).astype(int)
    picked = ordered[places] if len(ordered) else np.zeros(20)
    return np.array([len(ordered) / n_atoms, ordered.sum() / n_atoms, *picked])


SIGNED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "distances_pointwise": lambda row: np.concatenate((row["share"], row["distances"])),
    "distances_species": lambda row: np.concatenate((row["centre"], row["neighbour"], row["distances"])),
    "graph_cgcnn": lambda row: of_each_atom(row["edge_distance"], len(row["node_number"])),
    "graph_cutoff5": lambda row: of_each_atom(row["edge_distance"], len(row["node_number"])),
    "graph_knn12": lambda row: of_each_atom(row["edge_distance"], len(row["node_number"])),
    "graph_line6": lambda row: of_each_atom(row["angle_cosine"], len(set(row["edge_first"]))),
    "graph_motifs": lambda row: np.array(
        [
            len(row["polyhedron_centre"]) / len(row["node_number"]),
            len(row["corner_atom"]) / len(row["node_number"]),
            sum(row["edge_shared"]) / len(row["node_number"]),
            *np.bincount(row["part_dimension"], minlength=4).astype(bool),
        ]
    ),
    "lmbtr": lambda row: of_each_atom(row["site_tensors"], len(row["site_tensors"]) // 350),
    "soap_species": lambda row: np.concatenate((row["species"], row["spectrum"])),
    "symmetry": lambda row: [
        str(row[name])
        for name in ("space_group_number", "crystal_system", "pearson_symbol", "wyckoff_sequence", "prototype")
    ],
}


def broken(representer: Representer, invariance: Invariance, n: int, seed: int = 0) -> list[str]:
    """Structures for which a representation changes, although the crystal does not."""
    random = np.random.default_rng(seed)
    crystals = real_structures(n, most_sites=16)
    before = signatures(representer, structure_table(crystals))
    after = signatures(representer, structure_table([OTHERWISE[invariance](one, random) for one in crystals]))
    found = []
    for place, (one, other) in enumerate(zip(before, after, strict=True)):
        if one is None or other is None or isinstance(one, list):
            if one is not other and one != other:
                found.append(f"structure {place}: {one} became {other}")
        elif not np.allclose(one, other, rtol=0, atol=tolerance(representer) * np.abs(one).max()):
            found.append(
                f"structure {place}: by {np.abs(one - np.asarray(other)).max():.1e} of {np.abs(one).max():.1e}"
            )
    return found


def tolerance(representer: Representer) -> float:
    """Columns are stored in single precision; distances within it may round to either side."""
    return 1e-5 if representer.spec.form is Form.COLUMNS else TOLERANCE


CLAIMS = [(name, invariance) for name in STRUCTURAL for invariance in load_representer(name).spec.invariances]


@pytest.mark.parametrize(("name", "invariance"), CLAIMS, ids=[f"{n}-{i.value}" for n, i in CLAIMS])
def test_a_claimed_invariance_holds(name: str, invariance: Invariance) -> None:
    assert broken(load_representer(name), invariance, n=8) == []


@pytest.mark.sweep
@pytest.mark.parametrize(("name", "invariance"), CLAIMS, ids=[f"{n}-{i.value}" for n, i in CLAIMS])
def test_a_claimed_invariance_holds_for_many(name: str, invariance: Invariance) -> None:
    assert broken(load_representer(name), invariance, n=240, seed=1) == []


@pytest.mark.parametrize(
    ("name", "invariance"),
    [
        ("voxels", Invariance.TRANSLATION),
        ("voxels", Invariance.CELL_CHOICE),
        ("coulomb_matrix", Invariance.TRANSLATION),
        ("sine_matrix", Invariance.CELL_CHOICE),
        ("sine_sorted", Invariance.PERMUTATION),
        ("ewald_matrix", Invariance.SUPERCELL),
    ],
)
def test_what_is_not_invariant_is_caught(name: str, invariance: Invariance) -> None:
    representer = load_representer(name)
    assert invariance not in representer.spec.invariances
    assert len(broken(representer, invariance, n=8)) >= 2
