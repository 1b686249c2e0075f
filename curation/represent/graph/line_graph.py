"""Line graphs: edges of a crystal graph in, pairs of edges that meet in an atom and the angle between them out.

After Choudhary and DeCost, npj Computational Materials 7, 185 (2021), doi:10.1038/s41524-021-00650-1: the bonds are the
nodes, so that a model of graphs sees angles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numba import njit

from curation.represent.graph.crystal_graph import lists
from curation.represent.graph.periodic import periodic_edges
from curation.represent.representer import Columns
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.neighbours import starts_of
from curation.represent.structure.structure_spec import structure_spec
from schemas.representation import Form

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_NEIGHBOURS, TIES_ANGSTROM = 6, 1e-3
LABELS = ("edge_first", "edge_second", "edge_distance", "angle_first", "angle_second", "angle_cosine")


class LineGraph:
    """The bonds to the 6 nearest neighbours (and their ties) as nodes, joined where they leave one atom."""

    def __init__(self) -> None:
        self.spec = structure_spec(
            "graph_line6",
            "Line graph: bonds to the 6 nearest neighbours, joined by the angles between them",
            labels=LABELS,
            origin="Choudhary and DeCost, npj Comput. Mater. 7, 185 (2021), doi:10.1038/s41524-021-00650-1",
            form=Form.COLUMNS,
            parameters={"n_neighbours": str(N_NEIGHBOURS), "ties_angstrom": f"{TIES_ANGSTROM:g}"},
        )

    def compute(self, part: pa.Table) -> Columns:
        """Return bonds (atoms, distance in angstrom) and pairs of bonds (indices of bonds, cosine of their angle)."""
        crystals = read_crystals(part)
        edges = periodic_edges(
            crystals.lattices, crystals.offsets, crystals.positions, 0.0, N_NEIGHBOURS, TIES_ANGSTROM
        )
        offsets, first, second, images, distances = edges
        some = np.repeat(np.arange(crystals.n_rows), np.diff(offsets))
        ends = crystals.positions[crystals.offsets[some] + second] + images
        begins = crystals.positions[crystals.offsets[some] + first]
        vectors = np.einsum("ei,eij->ej", ends - begins, crystals.lattices[some])
        angle_offsets, one, other, cosines = angles(offsets, crystals.counts, first, vectors, distances)
        content = (
            lists(offsets, first),
            lists(offsets, second),
            lists(offsets, distances.astype(np.float32)),
            lists(angle_offsets, one),
            lists(angle_offsets, other),
            lists(angle_offsets, cosines.astype(np.float32)),
        )
        return Columns(pa.table(dict(zip(LABELS, content, strict=True))), crystals.failures)


@njit(cache=True)
def angles(
    offsets: NDArray[np.int64],
    counts: NDArray[np.int64],
    first: NDArray[np.int32],
    vectors: NDArray[np.float64],
    distances: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Return the pairs of edges that leave one atom, each once.

    Args:
        offsets: (n_rows + 1,), edges of each crystal, sorted by their first atom.
        counts: (n_rows,), atoms of each crystal.
        first: (n_edges,), first atom.
        vectors: (n_edges, 3), angstrom.
        distances: (n_edges,), angstrom.

    Returns:
        Offsets (n_rows + 1,), the two edges, counted within the crystal, and the cosine of the angle between them.
    """
    n_rows = len(counts)
    angle_offsets = np.zeros(n_rows + 1, np.int64)
    for row in range(n_rows):
        starts = starts_of(first[offsets[row] : offsets[row + 1]], counts[row])
        total = 0
        for site in range(counts[row]):
            degree = starts[site + 1] - starts[site]
            total += degree * (degree - 1) // 2
        angle_offsets[row + 1] = angle_offsets[row] + total
    one: NDArray[np.int32] = np.empty(angle_offsets[n_rows], np.int32)
    other: NDArray[np.int32] = np.empty(angle_offsets[n_rows], np.int32)
    cosines: NDArray[np.float64] = np.empty(angle_offsets[n_rows])
    place = 0
    for row in range(n_rows):
        base = offsets[row]
        starts = starts_of(first[base : offsets[row + 1]], counts[row])
        for site in range(counts[row]):
            for a in range(starts[site], starts[site + 1]):
                for b in range(a + 1, starts[site + 1]):
                    product = 0.0
                    for axis in range(3):
                        product += vectors[base + a, axis] * vectors[base + b, axis]
                    one[place], other[place] = a, b
                    cosines[place] = product / (distances[base + a] * distances[base + b])
                    place += 1
    return angle_offsets, one, other, cosines
