"""Mapping: two lattices in, every way to lay one on the other within tolerances out; compiled.

A way is an integer matrix M of determinant one or minus one: the rows of M @ first lie on the rows of second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curation.dedup.kernels.compiled import inner
from curation.dedup.kernels.geometry import determinant, dot, inverse, metric, product, spacings

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BEGIN, _HALF = 64, 0.5
_ROUNDING = 1 + 1e-6


@inner
def mappings(
    first: NDArray[np.float64], second: NDArray[np.float64], length: float, angle: float
) -> NDArray[np.float64]:
    """Return the ways to lay the cell `first` on `second`, (n, 3, 3), whole numbers.

    A way counts if it fits at the vectors of either cell, so that the two change places without changing the answer.

    Args:
        first: (3, 3) rows, angstrom, Niggli reduced.
        second: the same.
        length: most relative difference of lengths.
        angle: most difference of angles, degree.
    """
    ways, count = np.empty((_BEGIN, 3, 3)), 0
    for turn in range(2):
        source, target = (first, second) if turn == 0 else (second, first)
        for way in _onto(source, target, length, angle):
            own = _whole(inverse(way)) if turn else way
            if turn and _fits(product(own, first), second, length, angle):
                continue
            if count == len(ways):
                ways = _longer(ways)
            _copy(own, ways[count])
            count += 1
    return ways[:count]


@inner
def _longer(ways: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a longer array that begins with the same matrices."""
    result = np.empty((2 * len(ways), 3, 3))
    for i in range(len(ways)):
        _copy(ways[i], result[i])
    return result


@inner
def _copy(rows: NDArray[np.float64], target: NDArray[np.float64]) -> None:
    for i in range(3):
        for j in range(3):
            target[i, j] = rows[i, j]


@inner
def _whole(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round a matrix to whole numbers, in place, and return it."""
    for i in range(3):
        for j in range(3):
            rows[i, j] = np.rint(rows[i, j])
    return rows


@inner
def _onto(first: NDArray[np.float64], second: NDArray[np.float64], length: float, angle: float) -> NDArray[np.float64]:
    """Return the ways that fit at the vectors of `second`, (n, 3, 3)."""
    result, count = np.empty((_BEGIN, 3, 3)), 0
    lengths, cosines = _lengths(second), _cosines(_angles(second), angle)
    if _are_longer(_lengths(first), lengths * (1 + length)):
        return result[:0]
    steps, vectors = _vectors(first, lengths, length)
    norms = _lengths(vectors)
    for i in range(len(norms)):
        if not _near(norms[i], lengths[0], length):
            continue
        for j in range(len(norms)):
            if not _near(norms[j], lengths[1], length) or not _turned(vectors, norms, i, j, cosines[2]):
                continue
            for k in range(len(norms)):
                if (
                    _near(norms[k], lengths[2], length)
                    and _turned(vectors, norms, i, k, cosines[1])
                    and _turned(vectors, norms, j, k, cosines[0])
                ):
                    if count == len(result):
                        result = _longer(result)
                    for axis in range(3):
                        result[count, 0, axis] = steps[i, axis]
                        result[count, 1, axis] = steps[j, axis]
                        result[count, 2, axis] = steps[k, axis]
                    count += np.abs(np.abs(determinant(result[count])) - 1) < _HALF
    return result[:count]


@inner
def _are_longer(own: NDArray[np.float64], most: NDArray[np.float64]) -> bool:
    """Tell whether the edges of a Niggli cell, the shortest vectors of its lattice, are longer than they may be."""
    longer = 0
    for i in range(3):
        longer += own[i] > most[i] * _ROUNDING
    return longer > 0


@inner
def _vectors(
    lattice: NDArray[np.float64], lengths: NDArray[np.float64], length: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the lattice vectors about as long as one of the lengths: coefficients and coordinates, (n, 3)."""
    reach, apart = max(lengths[0], lengths[1], lengths[2]) * (1 + length), spacings(metric(lattice))
    most = int(reach / apart[0]), int(reach / apart[1]), int(reach / apart[2])
    total = (2 * most[0] + 1) * (2 * most[1] + 1) * (2 * most[2] + 1)
    steps, vectors, count = np.empty((total, 3)), np.empty((total, 3)), 0
    for h in range(-most[0], most[0] + 1):
        for k in range(-most[1], most[1] + 1):
            for l in range(-most[2], most[2] + 1):  # noqa: E741 — h, k, l are what the field calls them
                vector, step = vectors[count], steps[count]
                step[0], step[1], step[2] = h, k, l
                for axis in range(3):
                    vector[axis] = h * lattice[0, axis] + k * lattice[1, axis] + l * lattice[2, axis]
                count += _near_any(np.sqrt(dot(vector, vector)), lengths, length)
    return steps[:count], vectors[:count]


@inner
def _near_any(norm: float, wanted: NDArray[np.float64], length: float) -> bool:
    return _near(norm, wanted[0], length) or _near(norm, wanted[1], length) or _near(norm, wanted[2], length)


@inner
def _near(norm: float, wanted: float, length: float) -> bool:
    return bool(norm < wanted * (1 + length) and norm * (1 + length) > wanted)


@inner
def _cosines(angles: NDArray[np.float64], most: float) -> NDArray[np.float64]:
    """Return the least and the largest cosine of angles that differ from these by `most` degrees, (3, 2)."""
    result = np.empty((3, 2))
    for i in range(3):
        result[i, 0] = np.cos(np.radians(min(180.0, angles[i] + most)))
        result[i, 1] = np.cos(np.radians(max(0.0, angles[i] - most)))
    return result


@inner
def _turned(
    vectors: NDArray[np.float64], norms: NDArray[np.float64], i: int, j: int, cosines: NDArray[np.float64]
) -> bool:
    """Tell whether the cosine of the angle between two vectors is between the least and the largest."""
    cosine = dot(vectors[i], vectors[j]) / (norms[i] * norms[j])
    return bool(cosines[0] <= cosine <= cosines[1])


@inner
def _angle(cosine: float) -> float:
    return float(np.degrees(np.arccos(min(1.0, max(-1.0, cosine)))))


@inner
def _lengths(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    result = np.empty(len(rows))
    for i in range(len(rows)):
        result[i] = np.sqrt(dot(rows[i], rows[i]))
    return result


@inner
def _angles(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return alpha, beta and gamma, degree."""
    lengths, result = _lengths(rows), np.empty(3)
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        result[i] = _angle(dot(rows[j], rows[k]) / (lengths[j] * lengths[k]))
    return result


@inner
def _fits(rows: NDArray[np.float64], wanted: NDArray[np.float64], length: float, angle: float) -> bool:
    """Tell whether two cells agree in lengths and angles, axis by axis."""
    own, other = _lengths(rows), _lengths(wanted)
    turned, angles = _angles(rows), _angles(wanted)
    fits = 0
    for i in range(3):
        fits += _near(own[i], other[i], length) and np.abs(turned[i] - angles[i]) <= angle
    return fits == len(own)
