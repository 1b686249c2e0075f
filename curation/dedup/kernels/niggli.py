"""Niggli: any cell of a lattice in, its Niggli reduced cell out; compiled.

The steps are those of Krivy and Gruber (Acta Cryst. A32, 297, 1976) with the tolerance of Grosse-Kunstleve, Sauter and
Adams (Acta Cryst. A60, 1, 2004). The cell that comes out depends on the lattice alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curation.dedup.kernels.compiled import inner
from curation.dedup.kernels.geometry import add_row, determinant, dot, scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOLERANCE = 1e-5
_MOST_STEPS = 10_000


@inner
def niggli(lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the Niggli reduced cell of a lattice, (3, 3) rows, in the same orientation; it may change its hand."""
    rows = scaled(lattice, 1.0)
    near = _TOLERANCE * np.abs(determinant(rows)) ** (2 / 3)
    for _ in range(_MOST_STEPS):
        _sort(rows, near)
        _turn(rows, near)
        if not _shorten(rows, near):
            break
    return rows


@inner
def _sort(rows: NDArray[np.float64], near: float) -> None:
    """Order the vectors by length, and those of one length by their angles."""
    for _ in range(3):
        for i in range(2):
            longer = dot(rows[i], rows[i]) - dot(rows[i + 1], rows[i + 1])
            third = rows[2] if i == 0 else rows[0]
            own, other = np.abs(dot(rows[i + 1], third)), np.abs(dot(rows[i], third))
            if longer > near or (np.abs(longer) <= near and 2 * own > 2 * other + near):
                for axis in range(3):
                    rows[i, axis], rows[i + 1, axis] = rows[i + 1, axis], rows[i, axis]


@inner
def _sign(value: float, near: float) -> int:
    return 0 if np.abs(value) <= near else (1 if value > 0 else -1)


@inner
def _turn(rows: NDArray[np.float64], near: float) -> None:
    """Reverse vectors so that the three angles are all acute, or none is."""
    signs = (
        _sign(2 * dot(rows[1], rows[2]), near),
        _sign(2 * dot(rows[0], rows[2]), near),
        _sign(2 * dot(rows[0], rows[1]), near),
    )
    wanted = 1 if signs[0] * signs[1] * signs[2] > 0 else -1
    turns, free = np.empty(3), -1
    for i in range(3):
        turns[i] = 1.0
        if signs[i] == -wanted:
            turns[i] = -1.0
        elif signs[i] == 0:
            free = i
    if turns[0] * turns[1] * turns[2] < 0 and free >= 0:
        turns[free] = -turns[free]
    for i in range(3):
        for axis in range(3):
            rows[i, axis] *= turns[i]


@inner
def _shorten(rows: NDArray[np.float64], near: float) -> bool:
    """Replace one vector by a shorter one, or one that the convention prefers; tell whether there was any."""
    a, b = dot(rows[0], rows[0]), dot(rows[1], rows[1])
    xi, eta, zeta = 2 * dot(rows[1], rows[2]), 2 * dot(rows[0], rows[2]), 2 * dot(rows[0], rows[1])
    if _leans(xi, b, eta, zeta, near):
        add_row(rows, 2, -np.sign(xi), 1)
    elif _leans(eta, a, xi, zeta, near):
        add_row(rows, 2, -np.sign(eta), 0)
    elif _leans(zeta, a, xi, eta, near):
        add_row(rows, 1, -np.sign(zeta), 0)
    else:
        total = xi + eta + zeta + a + b
        if not (total < -near or (np.abs(total) <= near and 2 * (a + eta) + zeta > near)):
            return False
        add_row(rows, 2, 1.0, 0)
        add_row(rows, 2, 1.0, 1)
    return True


@inner
def _leans(product: float, square: float, second: float, third: float, near: float) -> bool:
    """Tell whether a vector comes shorter, or more conventional, by another whose length squared is given."""
    return bool(
        np.abs(product) > square + near
        or (np.abs(product - square) <= near and 2 * second < third - near)
        or (np.abs(product + square) <= near and third < -near)
    )
