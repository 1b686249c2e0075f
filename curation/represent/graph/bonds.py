"""Bonds: one crystal in, the pairs of atoms that touch out, and the molecules, chains and layers that they make."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from curation.represent.composition.compositions import element_order
from curation.represent.composition.element_table import element_table
from curation.represent.structure.neighbours import neighbour_pairs, starts_of
from schemas.elements import elements

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Bonds = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]

# Atoms touch where their distance is at most this many times the sum of their covalent radii.
TOUCHING = 1.2
# A centre of a polyhedron is less electronegative than its corners by at least this much (Pauling's scale).
POLAR = 0.3
FEWEST_CORNERS = 3


@cache
def _radii() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return covalent radii (angstrom) and electronegativities by atomic number, (119,); 1.5 and 0 where unknown."""
    table = element_table("magpie")
    radius, electronegativity = (table.labels.index(label) for label in ("CovalentRadius", "Electronegativity"))
    found = np.full((2, len(elements()) + 1), 0.0)
    for symbol, element in elements().items():
        values = table.values[element_order().index(symbol)]
        found[:, element.number] = values[radius] / 100.0 or 1.5, values[electronegativity]
    return found[0], found[1]


def bonds_of(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], numbers: NDArray[np.int64]
) -> tuple[Bonds, NDArray[np.float64]]:
    """Return the bonds of a crystal, and the electronegativities of its sites.

    Returns:
        first and second atom (n_bonds,), images (n_bonds, 3), vectors (n_bonds, 3) in angstrom, each bond both ways
        round, sorted by the first atom; and (n_sites,), Pauling's scale, 0 where unknown.
    """
    radii, electronegativities = _radii()
    sizes = radii[numbers]
    first, second, images, vectors, distances = neighbour_pairs(lattice, positions, 2 * TOUCHING * float(sizes.max()))
    touching = distances <= TOUCHING * (sizes[first] + sizes[second])
    return (first[touching], second[touching], images[touching], vectors[touching]), electronegativities[numbers]


@njit(cache=True)
def components(
    first: NDArray[np.int32], second: NDArray[np.int32], images: NDArray[np.int32], n_sites: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the part of the crystal that each site is bonded into, (n_sites,), and the dimension of each part.

    A part that closes on itself through no face of the cell is a molecule (0), through faces along one direction a
    chain (1), along two a layer (2), along three a framework (3).
    """
    labels = np.full(n_sites, -1, np.int32)
    shifts = np.zeros((n_sites, 3), np.int64)
    dimensions = np.zeros(n_sites, np.int32)
    starts = starts_of(first, n_sites)
    waiting = np.empty(n_sites, np.int64)
    n_parts = 0
    for seed in range(n_sites):
        if labels[seed] >= 0:
            continue
        labels[seed] = n_parts
        waiting[0], n_waiting = seed, 1
        basis = np.zeros((3, 3))
        rank = 0
        while n_waiting > 0:
            n_waiting -= 1
            site = waiting[n_waiting]
            for bond in range(starts[site], starts[site + 1]):
                other = second[bond]
                if labels[other] < 0:
                    labels[other] = n_parts
                    for axis in range(3):
                        shifts[other, axis] = shifts[site, axis] + images[bond, axis]
                    waiting[n_waiting] = other
                    n_waiting += 1
                elif rank < 3:  # noqa: PLR2004 — the dimension of space
                    rank = _widened(basis, rank, shifts[site], images[bond], shifts[other])
        dimensions[n_parts] = rank
        n_parts += 1
    return labels, dimensions[:n_parts]


@njit(cache=True)
def _widened(
    basis: NDArray[np.float64],
    rank: int,
    here: NDArray[np.int64],
    image: NDArray[np.int32],
    there: NDArray[np.int64],
) -> int:
    """Add the way around a cycle to orthogonal directions if it leads out of them; return their number."""
    way = np.empty(3)
    for axis in range(3):
        way[axis] = here[axis] + image[axis] - there[axis]
    for line in range(rank):
        along, square = 0.0, 0.0
        for axis in range(3):
            along += way[axis] * basis[line, axis]
            square += basis[line, axis] ** 2
        for axis in range(3):
            way[axis] -= along / square * basis[line, axis]
    length = 0.0
    for axis in range(3):
        length += way[axis] ** 2
    if length < 1e-6:  # noqa: PLR2004 — whole numbers: what is left is zero or not small
        return rank
    for axis in range(3):
        basis[rank, axis] = way[axis]
    return rank + 1
