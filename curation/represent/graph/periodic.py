"""Periodic graphs: crystals in, atoms joined by edges through the faces of the cell out; compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from curation.represent.structure.neighbours import grown, nearest_pairs, neighbour_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Edges = tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int16], NDArray[np.float64]]


@njit(cache=True)
def periodic_edges(
    lattices: NDArray[np.float64],
    offsets: NDArray[np.int64],
    positions: NDArray[np.float64],
    cutoff: float,
    n_neighbours: int,
    tolerance: float,
) -> Edges:
    """Return the directed edges of many crystals, one behind the other.

    Args:
        lattices: (n_rows, 3, 3), angstrom.
        offsets: (n_rows + 1,), sites of each row.
        positions: (n_sites, 3), fractional.
        cutoff: every pair within this distance, angstrom, where `n_neighbours` is 0.
        n_neighbours: of each atom, else.
        tolerance: see `nearest_pairs`, angstrom.

    Returns:
        Offsets of the edges (n_rows + 1,), first and second atom (n_edges,), counted within the crystal; images
        (n_edges, 3) of the second atom; distances (n_edges,), angstrom.
    """
    n_rows = len(lattices)
    edge_offsets = np.zeros(n_rows + 1, np.int64)
    room = 1024
    first: NDArray[np.int32] = np.empty(room, np.int32)
    second: NDArray[np.int32] = np.empty(room, np.int32)
    images: NDArray[np.int16] = np.empty((room, 3), np.int16)
    distances: NDArray[np.float64] = np.empty(room)
    n_edges = 0
    for row in range(n_rows):
        sites = positions[offsets[row] : offsets[row + 1]]
        if len(sites) > 0:
            if n_neighbours > 0:
                pairs = nearest_pairs(lattices[row], sites, n_neighbours, tolerance)
            else:
                pairs = neighbour_pairs(lattices[row], sites, cutoff)
            new = len(pairs[0])
            if n_edges + new > room:
                room = 2 * (n_edges + new)
                first, second = grown(first, room), grown(second, room)
                images, distances = grown(images, room), grown(distances, room)
            for pair in range(new):
                first[n_edges + pair], second[n_edges + pair] = pairs[0][pair], pairs[1][pair]
                distances[n_edges + pair] = pairs[4][pair]
                for axis in range(3):
                    images[n_edges + pair, axis] = pairs[2][pair, axis]
            n_edges += new
        edge_offsets[row + 1] = n_edges
    return edge_offsets, first[:n_edges], second[:n_edges], images[:n_edges], distances[:n_edges]
