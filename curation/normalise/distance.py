"""Distance: a cell and its sites in, the shortest distance between any two of them out."""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PAIRS_AT_ONCE = 20_000
_MARGIN = 1 + 1e-9  # what rounding may take


def shortest_distance(lattice: NDArray[np.float64], positions: NDArray[np.float64]) -> float:
    """Return the shortest distance between sites, a site and its own images included, in angstrom.

    Images in the 26 neighbouring cells are looked at: exact for cells that are not strongly skewed, and never less
    than the true distance. Along an axis whose lattice planes are far apart, the nearest image is the next one, and no
    other is looked at.

    Args:
        lattice: rows are the lattice vectors, (3, 3), angstrom.
        positions: fractional, (n_sites, 3).
    """
    shortest = _least_square(_offsets((1, 1, 1))[1:] @ lattice)
    first, second = _pairs(len(positions))
    for start in range(0, len(first), _PAIRS_AT_ONCE):
        part = slice(start, start + _PAIRS_AT_ONCE)
        apart = positions[second[part]] - positions[first[part]]
        apart -= np.round(apart)
        shortest = min(shortest, _least_square(apart @ lattice))
        axes = _thin(lattice, shortest)
        if any(axes):
            shortest = min(shortest, _least_square((apart @ lattice)[:, None, :] + _offsets(axes)[1:] @ lattice))
    return float(np.sqrt(shortest))


def _thin(lattice: NDArray[np.float64], square: float) -> tuple[int, int, int]:
    """Return 1 for each axis along which a site half a cell away may be nearer than the root of a square, else 0.

    Half a cell away along an axis is half of the distance of its lattice planes, at least.
    """
    a, b, c = lattice.tolist()
    faces = _cross(b, c), _cross(c, a), _cross(a, b)
    volume = sum(x * y for x, y in zip(a, faces[0], strict=True))
    thin = [volume * volume <= 4 * square * _MARGIN * sum(x * x for x in face) for face in faces]
    return int(thin[0]), int(thin[1]), int(thin[2])


def _cross(first: list[float], second: list[float]) -> tuple[float, float, float]:
    ax, ay, az = first
    bx, by, bz = second
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


def _least_square(vectors: NDArray[np.float64]) -> float:
    return float(np.einsum("...i,...i->...", vectors, vectors).min())


@lru_cache(maxsize=8)
def _offsets(reach: tuple[int, int, int]) -> NDArray[np.float64]:
    """Return the cells around one up to `reach` along each axis, (n, 3), that one first."""
    around = itertools.product(*(range(-most, most + 1) for most in reach))
    return np.array(sorted(around, key=any), dtype=float)


@lru_cache(maxsize=256)
def _pairs(count: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(count, k=1)
