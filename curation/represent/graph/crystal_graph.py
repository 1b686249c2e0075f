"""Crystal graphs: atoms as nodes, neighbours as edges, more than one edge between two atoms where the crystal says so.

After Xie and Grossman, Phys. Rev. Lett. 120, 145301 (2018), doi:10.1103/PhysRevLett.120.145301.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from curation.represent.graph.periodic import periodic_edges
from curation.represent.representer import Columns
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.structure_spec import PERIODIC, structure_spec
from schemas.representation import Form

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schemas.representation import RepresentationSpec

LABELS = ("lattice", "node_number", "edge_first", "edge_second", "edge_image", "edge_distance")
_ORIGIN = "Xie and Grossman, Phys. Rev. Lett. 120, 145301 (2018), doi:10.1103/PhysRevLett.120.145301"
_TIES_ANGSTROM = 1e-3


class CrystalGraph:
    """Nodes are the atoms of the cell; an edge leads from an atom to an image of an atom.

    Args:
        name: of the representation.
        title: one line.
        cutoff: every pair within this distance, angstrom; 0 where neighbours are counted.
        n_neighbours: of each atom; 0 where a radius is given.
        tolerance: neighbours that are at most this much farther than the last one count too, angstrom; negative for
            exactly `n_neighbours`, of which the last are taken by the order of atoms where several are as far.
    """

    def __init__(
        self, name: str, title: str, *, cutoff: float = 0.0, n_neighbours: int = 0, tolerance: float = _TIES_ANGSTROM
    ) -> None:
        self._cutoff, self._n_neighbours, self._tolerance = cutoff, n_neighbours, tolerance
        chosen = {"cutoff_angstrom": cutoff} if cutoff else {"n_neighbours": n_neighbours, "ties_angstrom": tolerance}
        self.spec: RepresentationSpec = structure_spec(
            name,
            title,
            labels=LABELS,
            origin=_ORIGIN,
            form=Form.COLUMNS,
            parameters={key: f"{value:g}" for key, value in chosen.items()},
            # Which of several equally far neighbours is the last one is the order of the atoms, or rounding.
            invariances=() if tolerance < 0 else PERIODIC,
        )

    def compute(self, part: pa.Table) -> Columns:
        """Return the graphs of the rows: lattice and distances in angstrom, edge_image three numbers an edge."""
        crystals = read_crystals(part)
        edge_offsets, first, second, images, distances = periodic_edges(
            crystals.lattices,
            crystals.offsets,
            crystals.positions,
            self._cutoff,
            self._n_neighbours,
            self._tolerance,
        )
        nines = np.arange(crystals.n_rows + 1, dtype=np.int64) * 9
        content = (
            lists(nines, crystals.lattices.reshape(-1)),
            lists(crystals.offsets, crystals.numbers.astype(np.uint8)),
            lists(edge_offsets, first),
            lists(edge_offsets, second),
            lists(3 * edge_offsets, images.reshape(-1)),
            lists(edge_offsets, distances.astype(np.float32)),
        )
        return Columns(pa.table(dict(zip(LABELS, content, strict=True))), crystals.failures)


def lists(offsets: NDArray[np.int64], values: NDArray[Any]) -> pa.Array[Any]:
    """Return flat values as a column of lists, without a copy."""
    flat: Any = pa.array(np.ascontiguousarray(values))
    starts: Any = pa.array(offsets.astype(np.int32))
    element = pa.field("element", flat.type, nullable=False)
    column: pa.Array[Any] = pa.ListArray.from_arrays(starts, flat, type=pa.list_(element))
    return column


def cutoff_5() -> CrystalGraph:
    """Return the graph of all pairs within 5 angstrom."""
    return CrystalGraph("graph_cutoff5", "Crystal graph, all pairs within 5 angstrom", cutoff=5.0)


def nearest_12() -> CrystalGraph:
    """Return the graph of the 12 nearest neighbours, and of those as far as the twelfth."""
    return CrystalGraph("graph_knn12", "Crystal graph, 12 nearest neighbours and their ties", n_neighbours=12)


def exactly_12() -> CrystalGraph:
    """Return the graph of exactly 12 neighbours: a degree that many models expect."""
    return CrystalGraph("graph_cgcnn", "Crystal graph, exactly 12 neighbours", n_neighbours=12, tolerance=-1.0)
