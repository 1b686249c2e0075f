"""Distances: crystals in, their average and pointwise distributions of distances to the nearest neighbours out.

After Widdowson, Mosca, Pulido, Cooper, Kurlin, MATCH Commun. Math. Comput. Chem. 87, 529 (2022),
doi:10.46793/match.87-3.529W, written anew. They change continuously with the structure, and no choice of cell touches
them. They are blind to elements; `distances_species` is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numba import njit

from curation.represent.graph.crystal_graph import lists
from curation.represent.representer import Columns, Features
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.neighbours import in_order, nearest_pairs, neighbour_pairs, radius_of, starts_of
from curation.represent.structure.structure_spec import structure_spec
from schemas.representation import Form

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from curation.represent.structure.crystals import Crystals

N_NEIGHBOURS, N_OF_SPECIES = 100, 12
# Rows of the pointwise distribution that differ by less than this are one row with the sum of their weights.
SAME_ANGSTROM = 1e-4
SELF_ANGSTROM = 1e-6
_ORIGIN = "Widdowson et al., MATCH 87, 529 (2022), doi:10.46793/match.87-3.529W"


class AverageDistances:
    """Component k is the distance to the k-th nearest neighbour, averaged over the atoms."""

    def __init__(self) -> None:
        self.spec = structure_spec(
            "distances",
            "Average distances to the 100 nearest neighbours",
            labels=tuple(f"distance_{k + 1}" for k in range(N_NEIGHBOURS)),
            origin=_ORIGIN,
            parameters={"n_neighbours": str(N_NEIGHBOURS)},
        )

    def compute(self, part: pa.Table) -> Features:
        """Return the average distances, (n_rows, 100), angstrom."""
        crystals = read_crystals(part)
        vectors = np.zeros((crystals.n_rows, N_NEIGHBOURS))
        for row in range(crystals.n_rows):
            lattice, positions, _ = crystals.crystal(row)
            if len(positions):
                vectors[row] = nearest_distances(lattice, positions, N_NEIGHBOURS).mean(axis=0)
        return Features(vectors, crystals.failures)


class PointwiseDistances:
    """The distances of each atom, equal rows put together: a matrix whose number of rows is that of kinds of atoms."""

    def __init__(self) -> None:
        self.spec = structure_spec(
            "distances_pointwise",
            "Distances to the 12 nearest neighbours, of each kind of atom with its share",
            labels=("share", "distances"),
            origin=_ORIGIN,
            form=Form.COLUMNS,
            parameters={"n_neighbours": str(N_OF_SPECIES), "same_angstrom": f"{SAME_ANGSTROM:g}"},
        )

    def compute(self, part: pa.Table) -> Columns:
        """Return the share of each kind of atom, and its 12 distances in angstrom, kinds by rising distances."""
        crystals = read_crystals(part)
        shares, rows, counts = [np.empty(0)], [np.empty(0)], []
        for row in range(crystals.n_rows):
            lattice, positions, _ = crystals.crystal(row)
            share, kinds = _kinds(nearest_distances(lattice, positions, N_OF_SPECIES)) if len(positions) else _NONE
            shares.append(share)
            rows.append(kinds.ravel())
            counts.append(len(share))
        offsets = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        table = {
            "share": lists(offsets, np.concatenate(shares)),
            "distances": lists(offsets * N_OF_SPECIES, np.concatenate(rows).astype(np.float32)),
        }
        return Columns(pa.table(table), crystals.failures)


class SpeciesDistances:
    """For each ordered pair of elements, the distances from one to the nearest of the other, averaged."""

    def __init__(self) -> None:
        self.spec = structure_spec(
            "distances_species",
            "Average distances to the 12 nearest neighbours of each element, by pair of elements",
            labels=("centre", "neighbour", "distances"),
            origin=_ORIGIN,
            form=Form.COLUMNS,
            parameters={"n_neighbours": str(N_OF_SPECIES)},
        )

    def compute(self, part: pa.Table) -> Columns:
        """Return atomic numbers of the pairs, rising, and 12 distances a pair, angstrom."""
        crystals = read_crystals(part)
        centres, neighbours, values, counts = [np.empty(0)], [np.empty(0)], [np.empty(0)], []
        for row in range(crystals.n_rows):
            species, averages = _species_averages(crystals, row)
            centres.append(np.repeat(species, len(species)))
            neighbours.append(np.tile(species, len(species)))
            values.append(averages.ravel())
            counts.append(len(species) ** 2)
        offsets = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        table = {
            "centre": lists(offsets, np.concatenate(centres).astype(np.uint8)),
            "neighbour": lists(offsets, np.concatenate(neighbours).astype(np.uint8)),
            "distances": lists(offsets * N_OF_SPECIES, np.concatenate(values).astype(np.float32)),
        }
        return Columns(pa.table(table), crystals.failures)


_NONE = (np.empty(0), np.empty((0, N_OF_SPECIES)))


def _kinds(distances: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Put rows together that are the same, in the order of their first difference; return shares and rows."""
    ordered = distances[np.lexsort(np.round(distances / SAME_ANGSTROM).T[::-1])]
    starts = [0]
    for row in range(1, len(ordered)):
        if np.abs(ordered[row] - ordered[starts[-1]]).max() > SAME_ANGSTROM:
            starts.append(row)
    counts = np.diff([*starts, len(ordered)])
    return counts / len(ordered), np.add.reduceat(ordered, starts, axis=0) / counts[:, np.newaxis]


def _species_averages(crystals: Crystals, row: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the species of a crystal and the average distances between them, (n_species, n_species, 12)."""
    lattice, positions, numbers = crystals.crystal(row)
    species = np.unique(numbers)
    averages = np.empty((len(species), len(species), N_OF_SPECIES))
    for column, number in enumerate(species):
        there = positions[numbers == number]
        for line, centre in enumerate(species):
            here = positions[numbers == centre]
            averages[line, column] = distances_to(lattice, here, there, N_OF_SPECIES).mean(axis=0)
    return species, averages


@njit(cache=True)
def distances_to(
    lattice: NDArray[np.float64], here: NDArray[np.float64], there: NDArray[np.float64], n_neighbours: int
) -> NDArray[np.float64]:
    """Return the distances from each site of one kind to the nearest of another, (n_here, n_neighbours), angstrom.

    A site that is of both kinds is no neighbour of itself, but its images are.
    """
    n_here, n_there = len(here), len(there)
    both = np.empty((n_here + n_there, 3))
    for site in range(n_here + n_there):
        for axis in range(3):
            both[site, axis] = here[site, axis] if site < n_here else there[site - n_here, axis]
    result = np.empty((n_here, n_neighbours))
    cutoff = radius_of(lattice, n_there, n_neighbours) * 1.25 + 0.5
    while True:
        first, second, _, _, distances = neighbour_pairs(lattice, both, cutoff)
        starts = starts_of(first, n_here + n_there)
        enough = True
        for site in range(n_here):
            begin, end = starts[site], starts[site + 1]
            found = 0
            for pair in in_order(distances, begin, end):
                if second[pair] >= n_here and distances[pair] > SELF_ANGSTROM and found < n_neighbours:
                    result[site, found] = distances[pair]
                    found += 1
            enough = enough and found == n_neighbours
        if enough:
            return result
        cutoff *= 1.3


@njit(cache=True)
def nearest_distances(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], n_neighbours: int
) -> NDArray[np.float64]:
    """Return the rising distances from each site to its nearest neighbours, (n_sites, n_neighbours), angstrom."""
    n_sites = len(positions)
    first, _, _, _, distances = nearest_pairs(lattice, positions, n_neighbours, -1.0)
    starts = starts_of(first, n_sites)
    result = np.empty((n_sites, n_neighbours))
    for site in range(n_sites):
        for k in range(n_neighbours):
            result[site, k] = distances[starts[site] + k]
    return result
