"""Loaders: flat graphs in, what PyTorch Geometric, DGL, jraph, ASE and pymatgen work with out.

Each library is imported by the function that needs it; none of them is a dependency of the project.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from schemas.elements import elements

if TYPE_CHECKING:
    from curation.represent.graph.batch import GraphBatch


def to_pytorch_geometric(batch: GraphBatch) -> Any:  # noqa: ANN401 — the library is optional
    """Return one `torch_geometric.data.Batch` of all graphs: z, edge_index, edge_attr (distance), image, cell.

    The arrays are shared with the batch where their type allows it.
    """
    torch = import_module("torch")
    data = import_module("torch_geometric.data")

    made = data.Batch(
        z=torch.from_numpy(batch.numbers.astype(np.int64)),
        edge_index=torch.from_numpy(batch.edge_index()),
        edge_attr=_tensor(torch, batch.distances).unsqueeze(1),
        image=_tensor(torch, batch.images),
        cell=_tensor(torch, batch.lattices),
        batch=torch.from_numpy(batch.graph_of_node),
        ptr=torch.from_numpy(batch.node_offsets),
    )
    # A batch that is not collated from a list has to be told what is of which graph, so that it can be taken apart.
    nodes, edges = torch.from_numpy(batch.node_offsets), torch.from_numpy(batch.edge_offsets)
    each, none = torch.arange(len(batch) + 1), torch.zeros(len(batch), dtype=torch.int64)
    made._num_graphs = len(batch)  # noqa: SLF001 — as above
    made._slice_dict = {  # noqa: SLF001 — as above
        "z": nodes, "edge_index": edges, "edge_attr": edges, "image": edges, "cell": each,
    }  # fmt: skip
    made._inc_dict = dict.fromkeys(made._slice_dict, none) | {"edge_index": nodes[:-1]}  # noqa: SLF001 — as above
    return made


def to_dgl(batch: GraphBatch) -> Any:  # noqa: ANN401 — as above
    """Return one batched `dgl.DGLGraph` with ndata z, and edata distance and image."""
    dgl, torch = import_module("dgl"), import_module("torch")

    first, second = (torch.from_numpy(ends) for ends in batch.edge_index())
    graph = dgl.graph((first, second), num_nodes=len(batch.numbers))
    graph.set_batch_num_nodes(torch.from_numpy(np.diff(batch.node_offsets)))
    graph.set_batch_num_edges(torch.from_numpy(np.diff(batch.edge_offsets)))
    graph.ndata["z"] = torch.from_numpy(batch.numbers.astype(np.int64))
    graph.edata["distance"], graph.edata["image"] = _tensor(torch, batch.distances), _tensor(torch, batch.images)
    return graph


def to_jraph(batch: GraphBatch) -> Any:  # noqa: ANN401 — as above
    """Return one `jraph.GraphsTuple`: nodes are atomic numbers, edges distances, globals lattices."""
    jraph = import_module("jraph")

    senders, receivers = batch.edge_index()
    return jraph.GraphsTuple(
        nodes=batch.numbers,
        edges=batch.distances,
        senders=senders,
        receivers=receivers,
        globals=batch.lattices,
        n_node=np.diff(batch.node_offsets),
        n_edge=np.diff(batch.edge_offsets),
    )


def to_ase_neighbours(batch: GraphBatch, graph: int) -> dict[str, Any]:
    """Return one graph as `ase.neighborlist.neighbor_list("ijSd")` does: i, j, S and d by name."""
    edges = slice(int(batch.edge_offsets[graph]), int(batch.edge_offsets[graph + 1]))
    return {"i": batch.first[edges], "j": batch.second[edges], "S": batch.images[edges], "d": batch.distances[edges]}


def to_pymatgen(batch: GraphBatch, graph: int, structure: Any) -> Any:  # noqa: ANN401 — as above
    """Return one graph as a pymatgen `StructureGraph` over its structure.

    Args:
        batch: of graphs.
        graph: which one.
        structure: the pymatgen `Structure` that it was computed from; its sites in the same order.

    Raises:
        ValueError: the structure has other atoms.
    """
    from pymatgen.analysis.graphs import StructureGraph  # noqa: PLC0415 — slow to import

    nodes = batch.numbers[batch.node_offsets[graph] : batch.node_offsets[graph + 1]]
    symbols = list(elements())
    expected = [symbols[number - 1] for number in nodes.tolist()]
    if [site.specie.symbol for site in structure] != expected:
        message = f"the graph has the atoms {' '.join(expected)}, the structure {structure.formula} has others"
        raise ValueError(message)
    made = StructureGraph.from_empty_graph(structure, edge_weight_name="distance", edge_weight_units="angstrom")
    edges = to_ase_neighbours(batch, graph)
    for first, second, image, distance in zip(*(edges[name].tolist() for name in "ijSd"), strict=True):
        # A StructureGraph is undirected: of the two directions of an edge one is enough.
        if (first, second, image) <= (second, first, [-place for place in image]):
            made.add_edge(first, second, to_jimage=tuple(image), weight=distance, warn_duplicates=False)
    return made


def _tensor(torch: Any, values: Any) -> Any:  # noqa: ANN401 — as above
    """Return a tensor that shares memory; Arrow's arrays are read-only, which torch does not know: they are copied."""
    return torch.from_numpy(values if values.flags.writeable else values.copy())
