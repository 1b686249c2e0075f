"""ACE: crystals in, the B-basis of the atomic cluster expansion out, up to body order 4, mean over the sites.

Drautz, Phys. Rev. B 99, 014104 (2019), doi:10.1103/PhysRevB.99.014104. Neighbours are projected on radial functions
times real spherical harmonics (the atomic basis A, symmetric under permutation); products of one, two and three of
these that are coupled to total angular momentum zero are the B-basis, which no rotation and no reflection changes. Body
order 2 sees distances, 3 sees angles, 4 tells environments apart that have the same distances and angles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from curation.represent.representer import Features
from curation.represent.structure.channels import CHANNELS, channel_weights
from curation.represent.structure.couplings import triple_couplings
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.harmonics import harmonic_norms, solid_harmonics
from curation.represent.structure.neighbours import neighbour_pairs
from curation.represent.structure.structure_spec import structure_spec

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

CUTOFF_ANGSTROM, N_MAX, L_MAX = 5.0, 4, 3
# Body order 4 grows with the cube of what it is made of: two channels and two radial functions are enough to tell.
_TRIPLE_CHANNELS, _TRIPLE_N = (0, 3), 2


@dataclass(frozen=True, eq=False)
class AceBasis:
    """Terms of the products of three, one behind the other.

    Attributes:
        labels: one for each invariant.
        terms: (n_terms, 3), place of each factor in the flat atomic basis of a site.
        coefficients: (n_terms,).
        starts: (n_triples + 1,), terms of each triple.
        norms: ((L_MAX + 1)^2,), of the harmonics.
    """

    labels: tuple[str, ...]
    terms: NDArray[np.int64]
    coefficients: NDArray[np.float64]
    starts: NDArray[np.int64]
    norms: NDArray[np.float64]


@cache
def ace_basis() -> AceBasis:
    """Return the B-basis for the parameters of this module."""
    functions = [(k, n) for k in range(len(CHANNELS)) for n in range(N_MAX)]
    names = [f"{CHANNELS[k]} n{n}" for k, n in functions]
    labels = list(names)
    for a in range(len(functions)):
        for b in range(a, len(functions)):
            labels += [f"({names[a]})({names[b]}) l{degree}" for degree in range(L_MAX + 1)]
    chosen = [f for f, (k, n) in enumerate(functions) if k in _TRIPLE_CHANNELS and n < _TRIPLE_N]
    singles = [(f, degree) for f in chosen for degree in range(L_MAX + 1)]
    terms, coefficients, starts = [], [], [0]
    for places, table in triple_couplings(singles, L_MAX):
        three = [singles[place] for place in places]
        labels.append("".join(f"({names[f]} l{degree})" for f, degree in three))
        terms.append(table[:, :3].astype(np.int64) * len(functions) + np.array([f for f, _ in three]))
        coefficients.append(table[:, 3])
        starts.append(starts[-1] + len(table))
    return AceBasis(
        tuple(labels), np.concatenate(terms), np.concatenate(coefficients), np.array(starts), harmonic_norms(L_MAX)
    )


class Ace:
    """The atomic cluster expansion with four channels of element properties."""

    def __init__(self) -> None:
        self._basis = ace_basis()
        self.spec = structure_spec(
            "ace",
            "Atomic cluster expansion, B-basis of body orders 2 to 4, mean over the sites",
            labels=self._basis.labels,
            origin="Drautz, Phys. Rev. B 99, 014104 (2019), doi:10.1103/PhysRevB.99.014104",
            parameters={
                "cutoff_angstrom": f"{CUTOFF_ANGSTROM:g}",
                "n_max": str(N_MAX),
                "l_max": str(L_MAX),
                "channels": ",".join(CHANNELS),
            },
        )

    def compute(self, part: pa.Table) -> Features:
        """Return the invariants, (n_rows, width), dimensionless."""
        crystals = read_crystals(part)
        weights, failures = channel_weights(crystals)
        vectors = np.zeros((crystals.n_rows, self.spec.width))
        basis = self._basis
        for row in range(crystals.n_rows):
            begin, end = int(crystals.offsets[row]), int(crystals.offsets[row + 1])
            if begin < end:
                some = slice(begin, end)
                atomic = atomic_basis(crystals.lattices[row], crystals.positions[some], weights[some], basis.norms)
                sites = invariants(atomic, basis.terms, basis.coefficients, basis.starts, self.spec.width)
                vectors[row] = sites.mean(axis=0)
        return Features(vectors, failures)


@njit(cache=True)
def atomic_basis(
    lattice: NDArray[np.float64],
    positions: NDArray[np.float64],
    weights: NDArray[np.float64],
    norms: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the atomic basis A of each site, (n_sites, (L_MAX + 1)^2, n_channels * N_MAX).

    Radial functions are Chebyshev polynomials of the distance times a cosine that ends at the cutoff.
    """
    n_sites, n_channels = weights.shape
    n_harmonics = (L_MAX + 1) * (L_MAX + 1)
    basis = np.zeros((n_sites, n_harmonics, n_channels * N_MAX))
    harmonics, weighted = np.empty(n_harmonics), np.empty(n_channels * N_MAX)
    first, second, _, vectors, distances = neighbour_pairs(lattice, positions, CUTOFF_ANGSTROM)
    for pair in range(len(first)):
        distance = max(distances[pair], 1e-9)
        x, y, z = vectors[pair, 0] / distance, vectors[pair, 1] / distance, vectors[pair, 2] / distance
        solid_harmonics(x, y, z, norms, L_MAX, harmonics)
        scaled = 1.0 - 2.0 * distance / CUTOFF_ANGSTROM
        before, now = scaled, 1.0
        ending = 0.5 * (1.0 + np.cos(np.pi * distance / CUTOFF_ANGSTROM))
        for n in range(N_MAX):
            for channel in range(n_channels):
                weighted[channel * N_MAX + n] = weights[second[pair], channel] * now * ending
            before, now = now, 2.0 * scaled * now - before
        for harmonic in range(n_harmonics):
            for function in range(len(weighted)):
                basis[first[pair], harmonic, function] += harmonics[harmonic] * weighted[function]
    return basis


@njit(cache=True)
def invariants(
    basis: NDArray[np.float64],
    terms: NDArray[np.int64],
    coefficients: NDArray[np.float64],
    starts: NDArray[np.int64],
    width: int,
) -> NDArray[np.float64]:
    """Return the B-basis of each site, (n_sites, width): body order 2, then 3, then 4."""
    n_sites, n_harmonics, n_functions = basis.shape
    result = np.zeros((n_sites, width))
    for site in range(n_sites):
        flat = basis[site].reshape(n_harmonics * n_functions)
        place = n_functions
        for function in range(n_functions):
            result[site, function] = flat[function]
        for a in range(n_functions):
            for b in range(a, n_functions):
                for degree in range(L_MAX + 1):
                    for harmonic in range(degree * degree, (degree + 1) * (degree + 1)):
                        result[site, place] += flat[harmonic * n_functions + a] * flat[harmonic * n_functions + b]
                    place += 1
        for triple in range(len(starts) - 1):
            for term in range(starts[triple], starts[triple + 1]):
                product = flat[terms[term, 0]] * flat[terms[term, 1]] * flat[terms[term, 2]]
                result[site, place + triple] += coefficients[term] * product
    return result
