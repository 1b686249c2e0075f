"""ACSF: crystals in, atom-centred symmetry functions out, weighted by element properties, mean over the sites.

Behler, J. Chem. Phys. 134, 074106 (2011), doi:10.1063/1.3553717; weights in place of pairs of elements after Gastegger
et al., J. Chem. Phys. 148, 241709 (2018), doi:10.1063/1.5019667.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from curation.represent.representer import Features
from curation.represent.structure.channels import CHANNELS, channel_weights
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.neighbours import neighbour_pairs, starts_of
from curation.represent.structure.structure_spec import structure_spec

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

CUTOFF_ANGSTROM = 5.0
# (eta in 1/angstrom^2, shift in angstrom) of the radial functions, (eta, zeta, lambda) of the angular ones.
RADIAL = np.array([(4.0, shift) for shift in (1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5)])
ANGULAR = np.array([(eta, zeta, sign) for eta in (0.01, 0.1) for zeta in (1.0, 4.0) for sign in (-1.0, 1.0)])


class Acsf:
    """Symmetry functions G2 of distances and G4 of angles, with four channels of element properties."""

    def __init__(self) -> None:
        pairs = [(a, b) for a in range(len(CHANNELS)) for b in range(a, len(CHANNELS))]
        radial = [f"G2 {channel} eta{eta:g} shift{shift:g}" for channel in CHANNELS for eta, shift in RADIAL]
        angular = [
            f"G4 {CHANNELS[a]}.{CHANNELS[b]} eta{eta:g} zeta{zeta:g} lambda{sign:g}"
            for a, b in pairs
            for eta, zeta, sign in ANGULAR
        ]
        self.spec = structure_spec(
            "acsf",
            "Atom-centred symmetry functions G2 and G4, mean over the sites",
            labels=(*radial, *angular),
            origin="Behler, J. Chem. Phys. 134, 074106 (2011), doi:10.1063/1.3553717",
            parameters={"cutoff_angstrom": f"{CUTOFF_ANGSTROM:g}", "channels": ",".join(CHANNELS)},
        )

    def compute(self, part: pa.Table) -> Features:
        """Return the symmetry functions, (n_rows, width), dimensionless."""
        crystals = read_crystals(part)
        weights, failures = channel_weights(crystals)
        vectors = np.zeros((crystals.n_rows, self.spec.width))
        for row in range(crystals.n_rows):
            some = slice(int(crystals.offsets[row]), int(crystals.offsets[row + 1]))
            if some.start < some.stop:
                sites = symmetry_functions(
                    crystals.lattices[row], crystals.positions[some], weights[some], CUTOFF_ANGSTROM, RADIAL, ANGULAR
                )
                vectors[row] = sites.mean(axis=0)
        return Features(vectors, failures)


@njit(cache=True)
def symmetry_functions(
    lattice: NDArray[np.float64],
    positions: NDArray[np.float64],
    weights: NDArray[np.float64],
    cutoff: float,
    radial: NDArray[np.float64],
    angular: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return G2 by channel and G4 by pair of channels k <= k' of each site, (n_sites, width).

    Args:
        lattice: (3, 3), angstrom.
        positions: (n_sites, 3), fractional.
        weights: (n_sites, n_channels); one column for each species gives the plain functions.
        cutoff: angstrom.
        radial: (n_radial, 2), eta and shift.
        angular: (n_angular, 3), eta, zeta and lambda.
    """
    n_sites, n_channels = weights.shape
    n_radial, n_angular = len(radial), len(angular)
    width = n_channels * n_radial + n_channels * (n_channels + 1) // 2 * n_angular
    result = np.zeros((n_sites, width))
    first, second, _, vectors, distances = neighbour_pairs(lattice, positions, cutoff)
    ending = np.empty(len(first))
    for pair in range(len(first)):
        ending[pair] = 0.5 * (1.0 + np.cos(np.pi * distances[pair] / cutoff))
        for kind in range(n_radial):
            apart = distances[pair] - radial[kind, 1]
            value = np.exp(-radial[kind, 0] * apart * apart) * ending[pair]
            for channel in range(n_channels):
                result[first[pair], channel * n_radial + kind] += weights[second[pair], channel] * value
    starts = starts_of(first, n_sites)
    values = np.empty(n_angular)
    for site in range(n_sites):
        for a in range(starts[site], starts[site + 1]):
            for b in range(a + 1, starts[site + 1]):
                opposite = 0.0
                for axis in range(3):
                    opposite += (vectors[a, axis] - vectors[b, axis]) ** 2
                if opposite < cutoff * cutoff:
                    _angles(distances[a], distances[b], opposite, ending[a] * ending[b], cutoff, angular, values)
                    _add_pairs(weights[second[a]], weights[second[b]], values, result[site], n_channels * n_radial)
    return result


@njit(cache=True)
def _angles(  # noqa: PLR0917 — numbers of one triplet, as compiled code takes them
    near: float,
    far: float,
    opposite: float,
    ending: float,
    cutoff: float,
    angular: NDArray[np.float64],
    values: NDArray[np.float64],
) -> None:
    """Fill in G4 of one pair of neighbours; `opposite` is the square of the distance between them."""
    squares = near * near + far * far + opposite
    cosine = (near * near + far * far - opposite) / (2.0 * near * far)
    ending *= 0.5 * (1.0 + np.cos(np.pi * np.sqrt(opposite) / cutoff))
    for kind in range(len(angular)):
        eta, zeta, sign = angular[kind, 0], angular[kind, 1], angular[kind, 2]
        above = max(1.0 + sign * cosine, 0.0)
        values[kind] = 2.0 * (0.5 * above) ** zeta * np.exp(-eta * squares) * ending


@njit(cache=True)
def _add_pairs(
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    values: NDArray[np.float64],
    result: NDArray[np.float64],
    start: int,
) -> None:
    """Add the values of a pair of neighbours to all pairs of channels; each pair of channels counts both ways round."""
    place = start
    for k in range(len(one)):
        for j in range(k, len(one)):
            weight = one[k] * other[j]
            if j > k:
                weight += one[j] * other[k]
            for kind in range(len(values)):
                result[place + kind] += weight * values[kind]
            place += len(values)
