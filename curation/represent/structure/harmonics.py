"""Harmonics: a vector in, real solid harmonics r^l Y_lm of it out; orthonormal, without the Condon-Shortley phase."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


def harmonic_norms(l_max: int) -> NDArray[np.float64]:
    """Return the factor of each harmonic, ((l_max + 1)^2,), at l * l + l + m."""
    norms = np.empty((l_max + 1) ** 2)
    for degree in range(l_max + 1):
        for order in range(-degree, degree + 1):
            m = abs(order)
            ratio = math.factorial(degree - m) / math.factorial(degree + m)
            twice = 2.0 if m else 1.0
            norms[degree * degree + degree + order] = math.sqrt(twice * (2 * degree + 1) / (4 * math.pi) * ratio)
    return norms


@njit(cache=True)
def solid_harmonics(
    x: float, y: float, z: float, norms: NDArray[np.float64], l_max: int, result: NDArray[np.float64]
) -> None:
    """Fill in r^l Y_lm of (x, y, z), ((l_max + 1)^2,), at l * l + l + m; m < 0 are the sines.

    Stable recursion over the associated Legendre functions divided by sin(theta)^m, which has no pole on the z axis.
    """
    square = x * x + y * y + z * z
    cosine, sine = 1.0, 0.0
    diagonal = 1.0
    for m in range(l_max + 1):
        before, now = 0.0, diagonal
        for degree in range(m, l_max + 1):
            if degree > m:
                after = ((2 * degree - 1) * z * now - (degree + m - 1) * square * before) / (degree - m)
                before, now = now, after
            middle = degree * degree + degree
            result[middle + m] = norms[middle + m] * now * cosine
            if m > 0:
                result[middle - m] = norms[middle - m] * now * sine
        diagonal *= 2 * m + 1
        cosine, sine = x * cosine - y * sine, x * sine + y * cosine
