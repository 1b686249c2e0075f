"""Motif graphs: crystals in, what their atoms build out: polyhedra and how they share corners, layers, links between.

Three scales and the links between them: each atom knows the polyhedron that it is the centre of and the part of the
crystal that it is bonded into; each polyhedron its corners, and the polyhedra that it shares corners, edges or faces
with; each part whether it is a molecule, a chain, a layer or a framework. The cell is the last scale: the whole row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from curation.represent.graph.bonds import FEWEST_CORNERS, POLAR, TOUCHING, bonds_of, components
from curation.represent.graph.crystal_graph import lists
from curation.represent.representer import Columns
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.structure_spec import structure_spec
from schemas.representation import Form

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from curation.represent.graph.bonds import Bonds

# Column, numbers of an entry, type.
COLUMNS = {
    "node_number": (1, np.uint8),
    "atom_part": (1, np.int32),
    "part_dimension": (1, np.int32),
    "polyhedron_centre": (1, np.int32),
    "polyhedron_corners": (1, np.int32),
    "corner_polyhedron": (1, np.int32),
    "corner_atom": (1, np.int32),
    "corner_image": (3, np.int16),
    "edge_first": (1, np.int32),
    "edge_second": (1, np.int32),
    "edge_image": (3, np.int16),
    "edge_shared": (1, np.int32),
}


class MotifGraph:
    """Nodes are coordination polyhedra, edges the corners that they share; with links to atoms and to layers."""

    def __init__(self) -> None:
        self.spec = structure_spec(
            "graph_motifs",
            "Coarse graph: polyhedra, shared corners, layers, and links from atoms to them",
            labels=tuple(COLUMNS),
            origin="Bonds by covalent radii (Cordero et al., Dalton Trans. 2832 (2008)) as Magpie tabulates them",
            form=Form.COLUMNS,
            parameters={"touching": f"{TOUCHING:g}", "polar": f"{POLAR:g}", "fewest_corners": str(FEWEST_CORNERS)},
            licence="MIT",
        )

    def compute(self, part: pa.Table) -> Columns:
        """Return the graphs of the rows; indices count within the row, images are three numbers each."""
        crystals = read_crystals(part)
        found: dict[str, list[NDArray[Any]]] = {name: [] for name in COLUMNS}
        for row in range(crystals.n_rows):
            for name, values in motifs_of(*crystals.crystal(row)).items():
                found[name].append(values.reshape(-1))
        table = {}
        for name, (_, kind) in COLUMNS.items():
            offsets = np.concatenate(([0], np.cumsum([len(one) for one in found[name]], dtype=np.int64)))
            table[name] = lists(offsets, np.concatenate([np.empty(0), *found[name]]).astype(kind))
        return Columns(pa.table(table), crystals.failures)


def motifs_of(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], numbers: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    """Return the motif graph of one crystal, by the names of `COLUMNS`; an edge between polyhedra stands both ways."""
    if not len(numbers):
        return {name: np.empty(0) for name in COLUMNS}
    bonds, electronegativities = bonds_of(lattice, positions, numbers)
    labels, dimensions = components(*bonds[:3], len(numbers))
    centres, corners = _polyhedra(bonds, electronegativities)
    edges, shared = _shared_corners(corners)
    return {
        "node_number": numbers,
        "atom_part": labels,
        "part_dimension": dimensions,
        "polyhedron_centre": centres,
        "polyhedron_corners": np.bincount(corners[:, 0], minlength=len(centres)),
        "corner_polyhedron": corners[:, 0],
        "corner_atom": corners[:, 1],
        "corner_image": corners[:, 2:],
        "edge_first": edges[:, 0],
        "edge_second": edges[:, 1],
        "edge_image": edges[:, 2:],
        "edge_shared": shared,
    }


def _polyhedra(bonds: Bonds, electronegativities: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the centres of polyhedra (n,), and their corners: polyhedron, atom and its image, (n_corners, 5)."""
    first, second, images, _ = bonds
    polar = electronegativities[second] >= electronegativities[first] + POLAR
    gives = np.bincount(first[polar], minlength=len(electronegativities)) > 0
    # A corner has nothing more electronegative beside it: titanium next to strontium is a centre, not a corner.
    polar &= ~gives[second]
    counts = np.bincount(first[polar], minlength=len(electronegativities))
    centres = np.flatnonzero(counts >= FEWEST_CORNERS)
    polyhedra = np.full(len(electronegativities), -1)
    polyhedra[centres] = np.arange(len(centres))
    corners = polar & (polyhedra[first] >= 0)
    table = np.column_stack((polyhedra[first[corners]], second[corners], images[corners]))
    return centres, table.astype(np.int64)


def _shared_corners(corners: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of polyhedra with the image of the second, (n_edges, 5), and how many corners they share."""
    pairs = [np.empty((0, 5), np.int64)]
    for atom in np.unique(corners[:, 1]):
        around = corners[corners[:, 1] == atom]
        one, other = (index.ravel() for index in np.indices((len(around), len(around))))
        # The atom is a corner of both: seen from the first, the second stands at the difference of the two images.
        images = around[one, 2:] - around[other, 2:]
        distinct = (one != other) & ((around[one, 0] != around[other, 0]) | (images != 0).any(axis=1))
        joined = np.column_stack((around[one, 0], around[other, 0], images))
        pairs.append(joined[distinct])
    edges, counts = np.unique(np.concatenate(pairs), axis=0, return_counts=True)
    return edges, counts
