from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from curation.represent.graph.batch import GraphBatch, graph_batch
from curation.represent.graph.crystal_graph import cutoff_5, exactly_12, nearest_12
from curation.represent.graph.line_graph import LineGraph
from curation.represent.graph.loaders import (
    to_ase_neighbours,
    to_dgl,
    to_jraph,
    to_pymatgen,
    to_pytorch_geometric,
)
from curation.represent.graph.motif_graph import motifs_of
from curation.represent.structure.structure_table import structure_table

sys.path.insert(0, str(Path(__file__).parents[1]))
from real_structures import real_structures

PEROVSKITE = (
    np.eye(3) * 3.905,
    np.array([[0, 0, 0], [0.5, 0.5, 0.5], [0.5, 0.5, 0], [0.5, 0, 0.5], [0, 0.5, 0.5]]),
    np.array([38, 22, 8, 8, 8]),
)
MOLYBDENITE = (
    np.array([[3.16, 0, 0], [-1.58, 3.16 * np.sqrt(3) / 2, 0], [0, 0, 12.3]]),
    np.array(
        [
            [1 / 3, 2 / 3, 0.25],
            [2 / 3, 1 / 3, 0.75],
            [1 / 3, 2 / 3, 0.621],
            [2 / 3, 1 / 3, 0.121],
            [2 / 3, 1 / 3, 0.379],
            [1 / 3, 2 / 3, 0.879],
        ]
    ),
    np.array([42, 42, 16, 16, 16, 16]),
)


@pytest.fixture
def batch() -> GraphBatch:
    return graph_batch(nearest_12().compute(structure_table(real_structures(6))).table)


def test_rock_salt_has_six_and_twelve_neighbours() -> None:
    lattice = 2.82 * np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    table = structure_table([(lattice, np.array([[0.0, 0, 0], [0.5, 0.5, 0.5]]), np.array([11, 17]))])
    five = cutoff_5().compute(table).table.to_pylist()[0]
    assert np.bincount(five["edge_first"]).tolist() == [26, 26]
    twelve = nearest_12().compute(table).table.to_pylist()[0]
    assert np.bincount(twelve["edge_first"]).tolist() == [18, 18]
    exact = exactly_12().compute(table).table.to_pylist()[0]
    assert np.bincount(exact["edge_first"]).tolist() == [12, 12]
    assert len(exact["edge_image"]) == 3 * 24


def test_failed_rows_have_empty_graphs_and_a_reason() -> None:
    table = structure_table([PEROVSKITE, (np.zeros((3, 3)), [[0, 0, 0]], [1])])
    computed = nearest_12().compute(table)
    assert list(computed.failures) == [1]
    assert computed.table["edge_first"][1].as_py() == []


def test_a_batch_counts_nodes_over_all_graphs(batch: GraphBatch) -> None:
    index = batch.edge_index()
    assert index.shape == (2, len(batch.first))
    assert np.array_equal(batch.graph_of_node[index[0]], batch.graph_of_node[index[1]])
    some = batch.take([4, 1])
    assert np.array_equal(some.numbers, np.concatenate([batch.take([4]).numbers, batch.take([1]).numbers]))
    assert np.array_equal(some.edge_index().max(axis=1), [len(some.numbers) - 1] * 2)
    assert batch.edge_features(n_gaussians=16).shape == (len(batch.first), 16)


def test_flat_arrays_share_memory_with_arrow() -> None:
    table = nearest_12().compute(structure_table(real_structures(3))).table
    column: Any = table["edge_distance"].chunk(0)
    assert np.shares_memory(graph_batch(table).distances, column.flatten().to_numpy())


def test_pymatgen_gets_each_edge_once(batch: GraphBatch) -> None:
    lattice, positions, numbers = real_structures(6)[0]
    graph = to_pymatgen(batch, 0, Structure(Lattice(lattice), numbers, positions))
    edges = to_ase_neighbours(batch, 0)
    both = {(i, j, *image) for i, j, image in zip(edges["i"], edges["j"], edges["S"].tolist(), strict=True)}
    mirrored = {(j, i, -a, -b, -c) for i, j, a, b, c in both}
    halves = sum(1 for i, j, a, b, c in both if (i, j, a, b, c) <= (j, i, -a, -b, -c))
    assert graph.graph.number_of_edges() == halves
    assert mirrored & both
    with pytest.raises(ValueError, match="has others"):
        to_pymatgen(batch, 0, Structure(Lattice(lattice), numbers[::-1] + 1, positions))


def test_pytorch_geometric_gets_one_batch(batch: GraphBatch) -> None:
    pytest.importorskip("torch_geometric")
    made: Any = to_pytorch_geometric(batch)
    assert made.num_graphs == 6
    assert made.edge_index.shape == (2, len(batch.first))


def test_dgl_gets_one_batch(batch: GraphBatch) -> None:
    pytest.importorskip("dgl")
    assert to_dgl(batch).batch_size == 6


def test_jraph_gets_one_tuple(batch: GraphBatch) -> None:
    pytest.importorskip("jraph")
    made: Any = to_jraph(batch)
    assert made.n_node.sum() == len(batch.numbers)
    assert made.senders.max() < len(batch.numbers)


def test_angles_of_an_octahedron() -> None:
    row = LineGraph().compute(structure_table([PEROVSKITE])).table.to_pylist()[0]
    first = np.array(row["edge_first"])
    at_titanium = np.array([first[edge] == 1 for edge in row["angle_first"]])
    cosines = np.array(row["angle_cosine"])[at_titanium]
    assert np.count_nonzero(np.abs(cosines) < 1e-6) == 12
    assert np.count_nonzero(np.abs(cosines + 1) < 1e-6) == 3


def test_a_perovskite_is_octahedra_that_share_corners() -> None:
    motifs = motifs_of(*PEROVSKITE)
    assert motifs["part_dimension"].tolist() == [3]
    assert dict(zip(motifs["polyhedron_centre"].tolist(), motifs["polyhedron_corners"].tolist(), strict=True)) == {
        0: 12,
        1: 6,
    }
    between = (motifs["edge_first"] == 1) & (motifs["edge_second"] == 1)
    assert motifs["edge_shared"][between].tolist() == [1] * 6


def test_molybdenite_is_two_layers_of_prisms_that_share_edges() -> None:
    motifs = motifs_of(*MOLYBDENITE)
    assert motifs["part_dimension"].tolist() == [2, 2]
    assert motifs["atom_part"].tolist() == [0, 1, 1, 0, 0, 1]
    assert motifs["polyhedron_corners"].tolist() == [6, 6]
    assert set(motifs["edge_shared"].tolist()) == {2}
