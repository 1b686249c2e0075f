"""Matrix kernels: one crystal in, its Coulomb, sine or Ewald matrix out, in e^2/angstrom; compiled."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from curation.represent.structure.neighbours import cell_volume, neighbour_pairs, reciprocal_norms

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit(cache=True)
def coulomb_matrix(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], charges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return Z Z' / |R - R'|, and 0.5 Z^2.4 on the diagonal, of the atoms where they are given: not periodic."""
    n_sites = len(charges)
    result = np.empty((n_sites, n_sites))
    for i in range(n_sites):
        result[i, i] = 0.5 * charges[i] ** 2.4
        for j in range(i):
            square = 0.0
            for axis in range(3):
                along = 0.0
                for k in range(3):
                    along += (positions[i, k] - positions[j, k]) * lattice[k, axis]
                square += along * along
            result[i, j] = result[j, i] = charges[i] * charges[j] / np.sqrt(square)
    return result


@njit(cache=True)
def sine_matrix(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], charges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return Z Z' over a length that is periodic in the cell, and 0.5 Z^2.4 on the diagonal."""
    n_sites = len(charges)
    result = np.empty((n_sites, n_sites))
    for i in range(n_sites):
        result[i, i] = 0.5 * charges[i] ** 2.4
        for j in range(i):
            square = 0.0
            for axis in range(3):
                along = 0.0
                for k in range(3):
                    along += np.sin(np.pi * (positions[i, k] - positions[j, k])) ** 2 * lattice[k, axis]
                square += along * along
            result[i, j] = result[j, i] = charges[i] * charges[j] / np.sqrt(square)
    return result


@njit(cache=True)
def ewald_matrix(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], charges: NDArray[np.float64], accuracy: float
) -> NDArray[np.float64]:
    """Return the electrostatic energy of each pair of atoms with all images, in a neutralising background.

    Sums and their cutoffs after Jackson and Catlow, Mol. Simul. 1, 207 (1988), and Toukmaji and Board, Comput. Phys.
    Commun. 95, 73 (1996); the diagonal holds half of an atom's energy with its own images.
    """
    n_sites, volume = len(charges), cell_volume(lattice)
    a = np.sqrt(np.pi) * (n_sites / volume**2) ** (1 / 6)
    reach = np.sqrt(-np.log(accuracy))
    result = np.full((n_sites, n_sites), -np.pi / (volume * a * a))
    first, second, _, _, distances = neighbour_pairs(lattice, positions, reach / a)
    for pair in range(len(first)):
        result[first[pair], second[pair]] += math.erfc(a * distances[pair]) / distances[pair]
    _add_waves(lattice, positions, a, 2.0 * a * reach, result)
    for i in range(n_sites):
        for j in range(n_sites):
            result[i, j] *= charges[i] * charges[j]
        result[i, i] = 0.5 * result[i, i] - charges[i] ** 2 * a / np.sqrt(np.pi)
    return result


@njit(cache=True)
def _reciprocal(lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the reciprocal lattice, (3, 3), 2 pi included, but for the sign that a left-handed cell has."""
    result = np.empty((3, 3))
    for axis in range(3):
        b, c = lattice[(axis + 1) % 3], lattice[(axis + 2) % 3]
        for k in range(3):
            k1, k2 = (k + 1) % 3, (k + 2) % 3
            result[axis, k] = 2 * np.pi * (b[k1] * c[k2] - b[k2] * c[k1]) / cell_volume(lattice)
    return result


@njit(cache=True)
def _add_waves(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], a: float, longest: float, result: NDArray[np.float64]
) -> None:
    """Add the sum over reciprocal lattice vectors up to a length; half of them, the other half is its mirror image."""
    n_sites, volume = len(positions), cell_volume(lattice)
    reciprocal = _reciprocal(lattice)
    reach = longest * reciprocal_norms(reciprocal)
    cosines, sines = np.empty(n_sites), np.empty(n_sites)
    most = np.array([int(reach[0]), int(reach[1]), int(reach[2])])
    for h in range(most[0] + 1):
        for k in range(-most[1] if h > 0 else 0, most[1] + 1):
            for m in range(-most[2] if h > 0 or k > 0 else 1, most[2] + 1):
                square = 0.0
                for axis in range(3):
                    square += (h * reciprocal[0, axis] + k * reciprocal[1, axis] + m * reciprocal[2, axis]) ** 2
                if square > longest * longest:
                    continue
                factor = 8.0 * np.pi / volume * np.exp(-square / (4.0 * a * a)) / square
                for i in range(n_sites):
                    phase = 2 * np.pi * (h * positions[i, 0] + k * positions[i, 1] + m * positions[i, 2])
                    cosines[i], sines[i] = np.cos(phase), np.sin(phase)
                for i in range(n_sites):
                    for j in range(n_sites):
                        result[i, j] += factor * (cosines[i] * cosines[j] + sines[i] * sines[j])
