"""SOAP kernel: a crystal and weights of its sites in, the smooth overlap of atomic positions out; compiled.

Bartók, Kondor, Csányi, Phys. Rev. B 87, 184115 (2013), doi:10.1103/PhysRevB.87.184115. The radial functions are
r^l exp(-alpha r^2), orthonormalised by Löwdin's method: the overlap of one with a Gaussian atom at R is a solid
harmonic of R times a Gaussian of its length, so that nothing is integrated numerically. Exponents, padding of the
cutoff and prefactor are those of dscribe (Himanen et al., Comput. Phys. Commun. 247, 106949 (2020)).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from curation.represent.structure.harmonics import harmonic_norms, solid_harmonics
from curation.represent.structure.neighbours import neighbour_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DECAY = 1e-3
# Of the table of radial functions, angstrom^2.
STEP = 0.02


@dataclass(frozen=True, eq=False)
class SoapBasis:
    """The radial and angular functions of a SOAP descriptor.

    Attributes:
        cutoff: of the neighbours, padding included, angstrom.
        exponents: (l_max + 1, n_max), of the Gaussians of the distance of a neighbour, 1/angstrom^2.
        table: (n_steps, l_max + 1, n_max), these Gaussians with their factors, at squares of distances that are whole
            multiples of `STEP`; between them a Taylor series of six terms is exact to the last bits.
        betas: (l_max + 1, n_max, n_max), orthonormalise the radial functions.
        norms: ((l_max + 1)^2,), of the harmonics.
    """

    cutoff: float
    exponents: NDArray[np.float64]
    table: NDArray[np.float64]
    betas: NDArray[np.float64]
    norms: NDArray[np.float64]


def soap_basis(*, cutoff: float, n_max: int, l_max: int, sigma: float) -> SoapBasis:
    """Return the basis of a SOAP descriptor.

    Args:
        cutoff: at which the widest radial function has decayed, angstrom; more than 1.
        n_max: number of radial functions.
        l_max: highest degree of the harmonics.
        sigma: width of the Gaussian atoms, angstrom.
    """
    from scipy.special import gamma  # noqa: PLC0415 — slow to import

    ends = np.linspace(1.0, cutoff, n_max)
    eta = 1.0 / (2.0 * sigma**2)
    exponents, factors = np.empty((l_max + 1, n_max)), np.empty((l_max + 1, n_max))
    betas = np.empty((l_max + 1, n_max, n_max))
    for degree in range(l_max + 1):
        alphas = -np.log(_DECAY / ends**degree) / ends**2
        overlap = 0.5 * gamma(degree + 1.5) * (alphas[:, np.newaxis] + alphas) ** (-degree - 1.5)
        values, vectors = np.linalg.eigh(overlap)
        betas[degree] = vectors @ np.diag(values**-0.5) @ vectors.T
        exponents[degree] = alphas * eta / (alphas + eta)
        factors[degree] = (np.pi / (alphas + eta)) ** 1.5 * (eta / (alphas + eta)) ** degree
    padding = sigma * np.sqrt(-2.0 * np.log(_DECAY))
    squares = STEP * np.arange(int((cutoff + padding) ** 2 / STEP) + 2)
    table = factors * np.exp(-exponents * squares[:, np.newaxis, np.newaxis])
    return SoapBasis(cutoff + padding, exponents, table, betas, harmonic_norms(l_max))


@njit(cache=True)
def density_coefficients(  # noqa: PLR0913, PLR0917 — flat arrays, as compiled code takes them
    lattice: NDArray[np.float64],
    positions: NDArray[np.float64],
    weights: NDArray[np.float64],
    cutoff: float,
    exponents: NDArray[np.float64],
    table: NDArray[np.float64],
    betas: NDArray[np.float64],
    norms: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the coefficients of the density around each site, (n_sites, (l_max + 1)^2, n_channels * n_max)."""
    n_sites, n_channels = weights.shape
    n_degrees, n_max = exponents.shape
    n_harmonics = n_degrees * n_degrees
    raw = np.zeros((n_sites, n_harmonics, n_channels * n_max))
    solid, radial = np.empty(n_harmonics), np.empty((n_degrees, n_max))
    weighted = np.empty(n_channels * n_max)
    first, second, _, vectors, _ = neighbour_pairs(lattice, positions, cutoff)
    for pair in range(-n_sites, len(first)):
        # The atom at the centre is one of its own neighbours; it stands before the list.
        i, j, x, y, z = pair + n_sites, pair + n_sites, 0.0, 0.0, 0.0
        if pair >= 0:
            i, j = first[pair], second[pair]
            x, y, z = vectors[pair, 0], vectors[pair, 1], vectors[pair, 2]
        square = x * x + y * y + z * z
        solid_harmonics(x, y, z, norms, n_degrees - 1, solid)
        _radial(square, exponents, table, radial)
        for degree in range(n_degrees if pair >= 0 else 1):
            for channel in range(n_channels):
                for n in range(n_max):
                    weighted[channel * n_max + n] = weights[j, channel] * radial[degree, n]
            for place in range(degree * degree, (degree + 1) * (degree + 1)):
                angular = solid[place]
                for function in range(n_channels * n_max):
                    raw[i, place, function] += angular * weighted[function]
    _orthonormalise(raw, betas, n_channels)
    return raw


@njit(cache=True)
def _radial(
    square: float, exponents: NDArray[np.float64], table: NDArray[np.float64], radial: NDArray[np.float64]
) -> None:
    """Fill in the Gaussians of all radial functions: the nearest entries of the table times a short exponential."""
    nearest = int(np.rint(square / STEP))
    apart = nearest * STEP - square
    for degree in range(exponents.shape[0]):
        for n in range(exponents.shape[1]):
            x = apart * exponents[degree, n]
            series = 1 + x * (1 + x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x / 720)))))
            radial[degree, n] = table[nearest, degree, n] * series


@njit(cache=True)
def _orthonormalise(raw: NDArray[np.float64], betas: NDArray[np.float64], n_channels: int) -> None:
    """Turn the coefficients of Gaussians into those of orthonormal radial functions, in place."""
    n_max = betas.shape[1]
    line = np.empty(n_max)
    for degree in range(len(betas)):
        for place in range(degree * degree, (degree + 1) * (degree + 1)):
            for site in range(len(raw)):
                for channel in range(n_channels):
                    start = channel * n_max
                    for n in range(n_max):
                        line[n] = 0.0
                        for k in range(n_max):
                            line[n] += betas[degree, n, k] * raw[site, place, start + k]
                    for n in range(n_max):
                        raw[site, place, start + n] = line[n]


@njit(cache=True)
def power_spectrum(
    coefficients: NDArray[np.float64],
    n_max: int,
    scale: float,
    compressed: bool,  # noqa: FBT001 — compiled code takes arguments by position
    result: NDArray[np.float64],
) -> None:
    """Add the power spectrum of one site to `result`, times `scale`.

    For channels k <= k', radial functions n, n' (n <= n' where k = k') and degrees l, in that order, the sum over m of
    c_knlm c_k'n'lm, times pi sqrt(8 / (2 l + 1)). Compressed (mu = 1, nu = 1, after Darby, Kermode, Csányi, npj Comput.
    Mater. 8, 166 (2022)): channel 0 is the density of all atoms, and stands in for k; k' runs over the others.
    """
    n_harmonics, n_functions = coefficients.shape
    n_degrees = int(np.sqrt(n_harmonics))
    n_channels = n_functions // n_max
    place = 0
    for k in range(1 if compressed else n_channels):
        for other in range(1 if compressed else k, n_channels):
            for n in range(n_max):
                for m in range(n if k == other else 0, n_max):
                    for degree in range(n_degrees):
                        total = 0.0
                        for harmonic in range(degree * degree, (degree + 1) * (degree + 1)):
                            total += coefficients[harmonic, k * n_max + n] * coefficients[harmonic, other * n_max + m]
                        result[place] += scale * np.pi * np.sqrt(8.0 / (2 * degree + 1)) * total
                        place += 1


@njit(cache=True)
def pooled_spectrum(
    coefficients: NDArray[np.float64],
    n_max: int,
    inner: bool,  # noqa: FBT001 — as power_spectrum
    compressed: bool,  # noqa: FBT001 — compiled code takes arguments by position
    result: NDArray[np.float64],
) -> None:
    """Fill in the power spectrum of a crystal: the mean over its sites, or the spectrum of the mean density (inner)."""
    n_sites, n_harmonics, n_functions = coefficients.shape
    for place in range(len(result)):
        result[place] = 0.0
    if not inner:
        for site in range(n_sites):
            power_spectrum(coefficients[site], n_max, 1.0 / n_sites, compressed, result)
        return
    mean = np.zeros((n_harmonics, n_functions))
    for site in range(n_sites):
        for harmonic in range(n_harmonics):
            for function in range(n_functions):
                mean[harmonic, function] += coefficients[site, harmonic, function] / n_sites
    power_spectrum(mean, n_max, 1.0, compressed, result)
