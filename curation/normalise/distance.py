"""Distance: a cell and its sites in, the shortest distance between any two of them out."""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OFFSETS = np.array(list(itertools.product((-1, 0, 1), repeat=3)), dtype=float)
_OTHER_CELLS = np.array([offset for offset in itertools.product((-1, 0, 1), repeat=3) if any(offset)], dtype=float)
_PAIRS_AT_ONCE = 20_000


def shortest_distance(lattice: NDArray[np.float64], positions: NDArray[np.float64]) -> float:
    """Return the shortest distance between sites, a site and its own images included, in angstrom.

    Images in the 26 neighbouring cells are looked at: exact for cells that are not strongly skewed, and never less
    than the true distance.

    Args:
        lattice: rows are the lattice vectors, (3, 3), angstrom.
        positions: fractional, (n_sites, 3).
    """
    shortest = _least_square(_OTHER_CELLS @ lattice)
    first, second = _pairs(len(positions))
    shifts = _OFFSETS @ lattice
    for start in range(0, len(first), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        apart = positions[second[part]] - positions[first[part]]
        apart -= np.round(apart)
        shortest = min(shortest, _least_square((apart @ lattice)[:, None, :] + shifts))
    return float(np.sqrt(shortest))


def _least_square(vectors: NDArray[np.float64]) -> float:
    return float(np.einsum("...i,...i->...", vectors, vectors).min())


@lru_cache(maxsize=256)
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(count, k=1)
