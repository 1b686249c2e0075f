"""Couplings: which products of three harmonics make a number that no rotation changes, and with what coefficients."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from curation.represent.structure.harmonics import harmonic_norms, solid_harmonics

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEGLIGIBLE = 1e-12


@cache
def gaunt_coefficients(l_max: int) -> NDArray[np.float64]:
    """Return the integral of three real harmonics over the sphere, three times ((l_max + 1)^2,) in shape.

    For fixed degrees they are proportional to the 3j symbols of real harmonics, so that summing products of three
    harmonics with them is invariant under rotation and reflection. They vanish for odd sums of degrees. The integral is
    a sum: Gauss and Legendre's points in the cosine of theta, equal steps in phi, exact for these polynomials.
    """
    n_points = 3 * l_max // 2 + 2
    cosines, weights = np.polynomial.legendre.leggauss(n_points)
    angles = np.arange(2 * n_points) * np.pi / n_points
    norms, size = harmonic_norms(l_max), (l_max + 1) ** 2
    values = np.empty((len(cosines) * len(angles), size))
    for place, (cosine, angle) in enumerate((c, a) for c in cosines for a in angles):
        sine = np.sqrt(1.0 - cosine * cosine)
        solid_harmonics(sine * np.cos(angle), sine * np.sin(angle), cosine, norms, l_max, values[place])
    area = np.repeat(weights, len(angles)) * np.pi / n_points
    integrals: NDArray[np.float64] = np.einsum("p,pi,pj,pk->ijk", area, values, values, values, optimize=True)
    integrals[np.abs(integrals) < _NEGLIGIBLE] = 0.0
    return integrals


def triple_couplings(
    labels: list[tuple[int, int]], l_max: int
) -> list[tuple[tuple[int, int, int], NDArray[np.float64]]]:
    """Return the invariants of three functions: which functions, and their non-zero terms.

    Args:
        labels: (function, degree) of each one-particle function.
        l_max: highest degree.

    Returns:
        For each set of three labels with a coupling, their indices and terms (n_terms, 4): three harmonics and the
        coefficient.
    """
    gaunt = gaunt_coefficients(l_max)
    found = []
    for a in range(len(labels)):
        for b in range(a, len(labels)):
            for c in range(b, len(labels)):
                blocks = [slice(d * d, (d + 1) ** 2) for d in (labels[a][1], labels[b][1], labels[c][1])]
                block = gaunt[blocks[0], blocks[1], blocks[2]]
                places = np.argwhere(block)
                if len(places):
                    starts = np.array([one.start for one in blocks])
                    found.append(((a, b, c), np.column_stack((places + starts, block[tuple(places.T)]))))
    return found
