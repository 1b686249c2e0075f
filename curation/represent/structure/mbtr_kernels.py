"""MBTR kernels: one crystal and weights of its sites in, distributions around each site out; compiled."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from curation.represent.structure.neighbours import neighbour_pairs, starts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Beyond this many widths a Gaussian adds less than 1e-12 of its area.
_WIDTHS = 7.0


@njit(cache=True)
def distance_spectra(  # noqa: PLR0913, PLR0917 — flat arrays and the numbers of a grid, as compiled code takes them
    lattice: NDArray[np.float64],
    positions: NDArray[np.float64],
    weights: NDArray[np.float64],
    low: float,
    high: float,
    n_points: int,
    sigma: float,
    scale: float,
    threshold: float,
) -> NDArray[np.float64]:
    """Return the distribution of 1/distance to the neighbours of each site, (n_sites, n_channels, n_points).

    Each neighbour counts exp(-scale distance) times its weight.
    """
    n_sites, n_channels = weights.shape
    result = np.zeros((n_sites, n_channels, n_points))
    first, second, _, _, distances = neighbour_pairs(lattice, positions, -np.log(threshold) / scale)
    bump = np.empty(n_points)
    for pair in range(len(first)):
        weight = np.exp(-scale * distances[pair])
        if weight >= threshold:
            begin, end = _gaussian(1.0 / distances[pair], low, high, n_points, sigma, bump)
            for channel in range(n_channels):
                factor = weight * weights[second[pair], channel]
                for point in range(begin, end):
                    result[first[pair], channel, point] += factor * bump[point]
    return result


@njit(cache=True)
def angle_spectra(  # noqa: PLR0913, PLR0917 — as distance_spectra
    lattice: NDArray[np.float64],
    positions: NDArray[np.float64],
    weights: NDArray[np.float64],
    low: float,
    high: float,
    n_points: int,
    sigma: float,
    scale: float,
    threshold: float,
) -> NDArray[np.float64]:
    """Return the distribution of the cosine of angles at each site, (n_sites, n_channel_pairs, n_points).

    Each pair of neighbours counts exp(-scale (sum of the three distances)); pairs of channels k <= k'.
    """
    n_sites, n_channels = weights.shape
    result = np.zeros((n_sites, n_channels * (n_channels + 1) // 2, n_points))
    longest = -np.log(threshold) / scale
    first, second, _, vectors, distances = neighbour_pairs(lattice, positions, 0.5 * longest)
    starts = starts_of(first, n_sites)
    bump = np.empty(n_points)
    for site in range(n_sites):
        for a in range(starts[site], starts[site + 1]):
            for b in range(a + 1, starts[site + 1]):
                square = 0.0
                for axis in range(3):
                    square += (vectors[a, axis] - vectors[b, axis]) ** 2
                total = distances[a] + distances[b] + np.sqrt(square)
                if total <= longest:
                    cosine = (distances[a] ** 2 + distances[b] ** 2 - square) / (2 * distances[a] * distances[b])
                    weight = np.exp(-scale * total)
                    begin, end = _gaussian(min(max(cosine, -1.0), 1.0), low, high, n_points, sigma, bump)
                    _add(weights[second[a]], weights[second[b]], weight, bump, begin, end, result[site])
    return result


@njit(cache=True)
def _gaussian(
    centre: float, low: float, high: float, n_points: int, sigma: float, bump: NDArray[np.float64]
) -> tuple[int, int]:
    """Fill in a Gaussian of area one, averaged over the cells around the points; return where it is not zero."""
    step = (high - low) / (n_points - 1)
    begin = max(int((centre - _WIDTHS * sigma - low) / step - 1), 0)
    end = min(int((centre + _WIDTHS * sigma - low) / step + 2), n_points)
    below = math.erf((low + (begin - 0.5) * step - centre) / (sigma * math.sqrt(2.0)))
    for point in range(begin, end):
        above = math.erf((low + (point + 0.5) * step - centre) / (sigma * math.sqrt(2.0)))
        bump[point] = 0.5 * (above - below) / step
        below = above
    return begin, end


@njit(cache=True)
def _add(  # noqa: PLR0917 — as distance_spectra
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    weight: float,
    bump: NDArray[np.float64],
    begin: int,
    end: int,
    result: NDArray[np.float64],
) -> None:
    """Add a bump to all pairs of channels; each pair counts both ways round."""
    place = 0
    for k in range(len(one)):
        for j in range(k, len(one)):
            factor = one[k] * other[j]
            if j > k:
                factor += one[j] * other[k]
            factor *= weight
            if factor != 0:
                for point in range(begin, end):
                    result[place, point] += factor * bump[point]
            place += 1
