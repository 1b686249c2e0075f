"""Geometry: three by three matrices whose rows are lattice vectors; compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curation.dedup.kernels.compiled import inner

if TYPE_CHECKING:
    from numpy.typing import NDArray


@inner
def determinant(rows: NDArray[np.float64]) -> float:
    """Return the determinant of a (3, 3) matrix: for a lattice in angstrom, its volume with a sign."""
    return float(
        rows[0, 0] * (rows[1, 1] * rows[2, 2] - rows[1, 2] * rows[2, 1])
        - rows[0, 1] * (rows[1, 0] * rows[2, 2] - rows[1, 2] * rows[2, 0])
        + rows[0, 2] * (rows[1, 0] * rows[2, 1] - rows[1, 1] * rows[2, 0])
    )


@inner
def inverse(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the inverse of a (3, 3) matrix that has one."""
    size = determinant(rows)
    result = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            a, b, c, d = (i + 1) % 3, (i + 2) % 3, (j + 1) % 3, (j + 2) % 3
            result[j, i] = (rows[a, c] * rows[b, d] - rows[a, d] * rows[b, c]) / size
    return result


@inner
def product(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix product of (n, 3) and (3, 3)."""
    result = np.empty((first.shape[0], 3))
    for i in range(first.shape[0]):
        for j in range(3):
            result[i, j] = first[i, 0] * second[0, j] + first[i, 1] * second[1, j] + first[i, 2] * second[2, j]
    return result


@inner
def scaled(rows: NDArray[np.float64], factor: float) -> NDArray[np.float64]:
    """Return a (3, 3) matrix times a number."""
    result = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            result[i, j] = rows[i, j] * factor
    return result


@inner
def mean_row(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of the rows of (n, 3), (3,)."""
    result = np.zeros(3)
    for i in range(len(rows)):
        for axis in range(3):
            result[axis] += rows[i, axis]
    for axis in range(3):
        result[axis] /= len(rows)
    return result


@inner
def add_row(rows: NDArray[np.float64], row: int, factor: float, other: int) -> None:
    """Add a multiple of another row to a row of a (3, 3) matrix, in place."""
    for axis in range(3):
        rows[row, axis] += factor * rows[other, axis]


@inner
def dot(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Return the scalar product of two vectors, (3,)."""
    return float(first[0] * second[0] + first[1] * second[1] + first[2] * second[2])


@inner
def metric(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the scalar products of the rows, (3, 3)."""
    result = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            result[i, j] = dot(rows[i], rows[j])
    return result


@inner
def square(products: NDArray[np.float64], x: float, y: float, z: float) -> float:
    """Return the squared length of a vector with the coefficients x, y, z by the metric of its basis."""
    return float(
        products[0, 0] * x * x
        + products[1, 1] * y * y
        + products[2, 2] * z * z
        + 2.0 * (products[0, 1] * x * y + products[0, 2] * x * z + products[1, 2] * y * z)
    )


@inner
def spacings(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances between neighbouring lattice planes along each axis, (3,), from a metric."""
    size = determinant(products)
    result = np.empty(3)
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        result[i] = np.sqrt(size / (products[j, j] * products[k, k] - products[j, k] * products[j, k]))
    return result
