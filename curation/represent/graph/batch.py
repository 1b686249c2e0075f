"""Batch: a published graph representation in, flat arrays of many graphs out, without a copy where Arrow allows it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curation.represent.errors import UnknownRepresentationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_NEEDED = ("node_number", "edge_first", "edge_second", "edge_image", "edge_distance", "lattice")


@dataclass(frozen=True, eq=False)
class GraphBatch:
    """Graphs one behind the other.

    Attributes:
        material_ids: (n_graphs,).
        lattices: (n_graphs, 3, 3), angstrom.
        node_offsets: (n_graphs + 1,), nodes of each graph.
        numbers: (n_nodes,), atomic numbers.
        edge_offsets: (n_graphs + 1,), edges of each graph.
        first: (n_edges,), node that the edge leaves, counted within its graph.
        second: (n_edges,), node that it reaches.
        images: (n_edges, 3), cell of the node that it reaches.
        distances: (n_edges,), angstrom.
    """

    material_ids: NDArray[np.object_]
    lattices: NDArray[np.float64]
    node_offsets: NDArray[np.int64]
    numbers: NDArray[np.uint8]
    edge_offsets: NDArray[np.int64]
    first: NDArray[np.int32]
    second: NDArray[np.int32]
    images: NDArray[np.int16]
    distances: NDArray[np.float32]

    def __len__(self) -> int:
        """Return the number of graphs."""
        return len(self.material_ids)

    @property
    def graph_of_node(self) -> NDArray[np.int64]:
        """The graph that each node belongs to, (n_nodes,)."""
        return np.repeat(np.arange(len(self)), np.diff(self.node_offsets))

    def edge_index(self) -> NDArray[np.int64]:
        """Return both nodes of each edge, counted over the whole batch, (2, n_edges)."""
        shifts = np.repeat(self.node_offsets[:-1], np.diff(self.edge_offsets))
        return np.stack((self.first + shifts, self.second + shifts))

    def edge_features(self, *, n_gaussians: int = 40, longest: float = 8.0) -> NDArray[np.float32]:
        """Return distances as Gaussians on a grid from 0 to `longest` angstrom, (n_edges, n_gaussians), float32."""
        centres = np.linspace(0.0, longest, n_gaussians, dtype=np.float32)
        width = centres[1] - centres[0]
        features: NDArray[np.float32] = np.exp(-(((self.distances[:, np.newaxis] - centres) / width) ** 2))
        return features

    def take(self, graphs: Sequence[int] | NDArray[np.intp]) -> GraphBatch:
        """Return some of the graphs, in the order asked for."""
        chosen = np.asarray(graphs, dtype=np.int64)
        node_offsets, nodes = _ranges(self.node_offsets, chosen)
        edge_offsets, edges = _ranges(self.edge_offsets, chosen)
        return GraphBatch(
            self.material_ids[chosen],
            self.lattices[chosen],
            node_offsets,
            self.numbers[nodes],
            edge_offsets,
            self.first[edges],
            self.second[edges],
            self.images[edges],
            self.distances[edges],
        )


def read_graphs(folder: Path | str) -> GraphBatch:
    """Read all graphs of a published representation; materials that failed are left out.

    Args:
        folder: `representations/graph_knn12` of a dataset version, or of a release.

    Raises:
        UnknownRepresentationError: the folder holds no crystal graphs.
    """
    parts = sorted(Path(folder).glob("part-*.parquet"))
    missing = set(_NEEDED) - set(pq.read_schema(parts[0]).names) if parts else set(_NEEDED)
    if missing:
        message = f"{folder} holds no crystal graphs: the column {min(missing)} is not there"
        raise UnknownRepresentationError(message)
    columns = ["material_id", "failure", *_NEEDED]
    table = pa.concat_tables([pq.read_table(part, columns=columns) for part in parts])
    return graph_batch(table.filter(table["failure"].is_null()))


def graph_batch(table: pa.Table) -> GraphBatch:
    """Return the rows of a table of graphs, none of them failed, as flat arrays."""
    columns = {name: _one_chunk(table[name]) for name in _NEEDED}
    flat = {name: column.flatten().to_numpy() for name, column in columns.items()}
    offsets = {
        name: np.concatenate(([0], np.cumsum(columns[name].value_lengths().to_numpy(), dtype=np.int64)))
        for name in ("node_number", "edge_first")
    }
    ids = table["material_id"] if "material_id" in table.column_names else pa.array([""] * table.num_rows)
    return GraphBatch(
        np.array(ids.to_pylist(), dtype=np.object_),
        flat["lattice"].reshape(-1, 3, 3),
        offsets["node_number"],
        flat["node_number"],
        offsets["edge_first"],
        flat["edge_first"],
        flat["edge_second"],
        flat["edge_image"].reshape(-1, 3),
        flat["edge_distance"],
    )


def _one_chunk(column: pa.ChunkedArray[Any]) -> pa.ListArray[Any]:
    """Return a column as one array; combining chunks copies even where there is but one."""
    return cast("pa.ListArray[Any]", column.chunk(0) if column.num_chunks == 1 else column.combine_chunks())


def _ranges(offsets: NDArray[np.int64], chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the offsets of chosen ranges, one behind the other, and the places that they cover."""
    counts = np.diff(offsets)[chosen]
    new = np.concatenate(([0], np.cumsum(counts)))
    return new, np.arange(new[-1]) + np.repeat(offsets[chosen] - new[:-1], counts)
