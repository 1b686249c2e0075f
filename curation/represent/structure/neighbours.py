"""Neighbours: one crystal in, all pairs of atoms within a radius out, images of the cell included; compiled.

For a pair of atoms the images within reach are bounded, along each lattice vector, by the distance between the faces
of the cell: positions may lie outside of the cell, and a cell may be as skewed as it likes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Pairs = tuple[
        NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]
    ]

# Atoms nearer than this are one atom, that is: an atom is no neighbour of itself.
_SELF_ANGSTROM = 1e-8


@njit(cache=True)
def cell_volume(lattice: NDArray[np.float64]) -> float:
    """Return the volume of a cell, angstrom^3; by plain arithmetic, which compiles in no time."""
    a, b, c = lattice[0], lattice[1], lattice[2]
    x, y, z = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
    return float(abs(x * c[0] + y * c[1] + z * c[2]))


@njit(cache=True)
def reciprocal_norms(lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return one over the distances between opposite faces of a cell, (3,), 1/angstrom."""
    result = np.empty(3)
    volume = cell_volume(lattice)
    for axis in range(3):
        a, b = lattice[(axis + 1) % 3], lattice[(axis + 2) % 3]
        x, y, z = a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
        result[axis] = np.sqrt(x * x + y * y + z * z) / volume
    return result


@njit(cache=True)
def neighbour_pairs(lattice: NDArray[np.float64], positions: NDArray[np.float64], cutoff: float) -> Pairs:
    """Return every ordered pair of atoms whose distance is at most `cutoff`, sorted by the first atom.

    Args:
        lattice: (3, 3), rows are lattice vectors, angstrom.
        positions: (n_sites, 3), fractional.
        cutoff: angstrom.

    Returns:
        first (n_pairs,), second (n_pairs,), images (n_pairs, 3), vectors (n_pairs, 3) in angstrom and distances
        (n_pairs,): vector = (positions[second] + image - positions[first]) @ lattice.
    """
    n_sites = len(positions)
    reach = cutoff * reciprocal_norms(lattice)
    density = n_sites / cell_volume(lattice)
    room = int(n_sites * (4.2 * cutoff**3 * density + 8) * 1.3) + 16
    first: NDArray[np.int32] = np.empty(room, np.int32)
    second: NDArray[np.int32] = np.empty(room, np.int32)
    images: NDArray[np.int32] = np.empty((room, 3), np.int32)
    vectors: NDArray[np.float64] = np.empty((room, 3))
    distances: NDArray[np.float64] = np.empty(room)
    found = 0
    least = _SELF_ANGSTROM * _SELF_ANGSTROM
    most = cutoff * cutoff
    for i in range(n_sites):
        for j in range(n_sites):
            da, db, dc = (
                positions[j, 0] - positions[i, 0],
                positions[j, 1] - positions[i, 1],
                positions[j, 2] - positions[i, 2],
            )
            for a in range(int(np.ceil(-da - reach[0])), int(np.floor(reach[0] - da)) + 1):
                xa, ya, za = (da + a) * lattice[0, 0], (da + a) * lattice[0, 1], (da + a) * lattice[0, 2]
                for b in range(int(np.ceil(-db - reach[1])), int(np.floor(reach[1] - db)) + 1):
                    xb, yb, zb = (
                        xa + (db + b) * lattice[1, 0],
                        ya + (db + b) * lattice[1, 1],
                        za + (db + b) * lattice[1, 2],
                    )
                    for c in range(int(np.ceil(-dc - reach[2])), int(np.floor(reach[2] - dc)) + 1):
                        x, y, z = (
                            xb + (dc + c) * lattice[2, 0],
                            yb + (dc + c) * lattice[2, 1],
                            zb + (dc + c) * lattice[2, 2],
                        )
                        square = x * x + y * y + z * z
                        if square > most or (square < least and i == j):
                            continue
                        if found == room:
                            room *= 2
                            first, second, distances = grown(first, room), grown(second, room), grown(distances, room)
                            images, vectors = grown(images, room), grown(vectors, room)
                        first[found], second[found] = i, j
                        images[found, 0], images[found, 1], images[found, 2] = a, b, c
                        vectors[found, 0], vectors[found, 1], vectors[found, 2] = x, y, z
                        distances[found] = np.sqrt(square)
                        found += 1
    return first[:found], second[:found], images[:found], vectors[:found], distances[:found]


@njit(cache=True)
def grown(values: NDArray[Any], room: int) -> NDArray[Any]:
    """Return values with room for more, (room, ...); in a loop, as assigning slices takes seconds to compile."""
    result = np.empty((room,) + values.shape[1:], values.dtype)  # noqa: RUF005 — numba does not unpack tuples
    for place in range(len(values)):
        row, source = result[place : place + 1].reshape(-1), values[place : place + 1].reshape(-1)
        for column in range(len(row)):
            row[column] = source[column]
    return result


@njit(cache=True)
def starts_of(first: NDArray[np.int32], n_sites: int) -> NDArray[np.int64]:
    """Return where the pairs of each atom begin, (n_sites + 1,); `first` is sorted."""
    starts = np.zeros(n_sites + 1, np.int64)
    for i in first:
        starts[i + 1] += 1
    for i in range(n_sites):
        starts[i + 1] += starts[i]
    return starts


@njit(cache=True)
def radius_of(lattice: NDArray[np.float64], n_sites: int, n_neighbours: int) -> float:
    """Return the radius of a sphere that holds about `n_neighbours` atoms at the density of a crystal, angstrom."""
    volume: float = cell_volume(lattice) / n_sites * (n_neighbours + 1)
    return float((volume * 3 / (4 * np.pi)) ** (1 / 3))


@njit(cache=True)
def in_order(values: NDArray[np.float64], begin: int, end: int) -> NDArray[np.int64]:
    """Return the places from `begin` to `end` in rising order of their values, equal ones as they stand.

    By insertion: the lists are short, and numpy's sorts take seconds to compile.
    """
    order = np.empty(end - begin, np.int64)
    for place in range(begin, end):
        at = place - begin
        while at > 0 and values[order[at - 1]] > values[place]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = place
    return order


@njit(cache=True)
def _picked(pairs: Pairs, kept: NDArray[np.int64]) -> Pairs:
    """Return some of the pairs, in the order of `kept`."""
    first: NDArray[np.int32] = np.empty(len(kept), np.int32)
    second: NDArray[np.int32] = np.empty(len(kept), np.int32)
    images: NDArray[np.int32] = np.empty((len(kept), 3), np.int32)
    vectors: NDArray[np.float64] = np.empty((len(kept), 3))
    distances: NDArray[np.float64] = np.empty(len(kept))
    for place in range(len(kept)):
        pair = kept[place]
        first[place], second[place], distances[place] = pairs[0][pair], pairs[1][pair], pairs[4][pair]
        for axis in range(3):
            images[place, axis] = pairs[2][pair, axis]
            vectors[place, axis] = pairs[3][pair, axis]
    return first, second, images, vectors, distances


@njit(cache=True)
def nearest_pairs(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], n_neighbours: int, tolerance: float
) -> Pairs:
    """Return the nearest neighbours of each atom, sorted by the first atom, then by distance.

    Args:
        lattice: (3, 3), rows are lattice vectors, angstrom.
        positions: (n_sites, 3), fractional.
        n_neighbours: at least 1.
        tolerance: atoms that are at most this much farther than the last neighbour count too, angstrom; a negative
            one gives exactly `n_neighbours`, ties by the order of atoms and images.

    Returns:
        As `neighbour_pairs`.
    """
    n_sites = len(positions)
    cutoff = radius_of(lattice, n_sites, n_neighbours) * 1.25 + 0.5
    while True:
        first, second, images, vectors, distances = neighbour_pairs(lattice, positions, cutoff)
        starts = starts_of(first, n_sites)
        kept = np.empty(len(first), np.int64)
        n_kept = 0
        enough = True
        for i in range(n_sites):
            begin, end = starts[i], starts[i + 1]
            if end - begin < n_neighbours:
                enough = False
                break
            order = in_order(distances, begin, end)
            limit = distances[order[n_neighbours - 1]] + max(tolerance, 0.0)
            if limit > cutoff:
                enough = False
                break
            for rank in range(end - begin):
                if rank >= n_neighbours and (tolerance < 0 or distances[order[rank]] > limit):
                    break
                kept[n_kept] = order[rank]
                n_kept += 1
        if enough:
            return _picked((first, second, images, vectors, distances), kept[:n_kept])
        cutoff *= 1.3
