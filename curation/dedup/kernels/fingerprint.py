"""Fingerprint: a cell in, its mean distances to nearest neighbours, species by species, out; compiled.

For each ordered pair of kinds: the mean, over the sites of the first, of the distances to the nearest, second nearest
and further sites of the second; after the average minimum distances of Widdowson et al. (MATCH Commun. Math. Comput.
Chem. 87, 529, 2022), resolved by species. It knows neither the choice of cell, nor orientation, nor the order of sites.
It is continuous: where no site moves more than u and no length is stretched by more than a factor 1 + s, a number d of
it changes by at most 2 u + s d. So it can rule a match out. It never makes one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curation.dedup.kernels.compiled import inner
from curation.dedup.kernels.geometry import determinant, metric, spacings, square

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from curation.dedup.kernels.pair import Cell

NEIGHBOURS = 6
_BEGIN, _GROW = 1.5, 1.3


@inner
def number_of_kinds(kinds: NDArray[np.int64]) -> int:
    """Return how many different kinds there are among sorted ones."""
    count = 1
    for i in range(1, len(kinds)):
        count += kinds[i] != kinds[i - 1]
    return count


@inner
def fingerprint(cell: Cell, result: NDArray[np.float64]) -> None:
    """Write the fingerprint of a cell, (number of kinds * number of kinds * NEIGHBOURS,), zeros before, angstrom."""
    products, nearest = metric(cell.lattice), np.empty(NEIGHBOURS)
    volume, size, place, begin = np.abs(determinant(cell.lattice)), len(cell.kinds), 0, 0
    while begin < size:
        end, other = _end_of_kind(cell.kinds, begin), 0
        while other < size:
            other_end = _end_of_kind(cell.kinds, other)
            radius = (_BEGIN * NEIGHBOURS * 3 * volume / (4 * np.pi * (other_end - other))) ** (1 / 3)
            for i in range(begin, end):
                reach = radius
                while not _nearest(products, cell.positions, i, (other, other_end), reach, nearest):
                    reach *= _GROW
                for k in range(NEIGHBOURS):
                    result[place + k] += np.sqrt(nearest[k]) / (end - begin)
            place, other = place + NEIGHBOURS, other_end
        begin = end


@inner
def _end_of_kind(kinds: NDArray[np.int64], begin: int) -> int:
    """Return where the sites of the kind that begins here end."""
    end = begin + 1
    while end < len(kinds) and kinds[end] == kinds[begin]:
        end += 1
    return end


@inner
def _nearest(
    products: NDArray[np.float64],
    positions: NDArray[np.float64],
    site: int,
    others: tuple[int, int],
    reach: float,
    nearest: NDArray[np.float64],
) -> bool:
    """Write the least squared distances from a site to others, rising; tell whether enough are within reach."""
    for k in range(len(nearest)):
        nearest[k] = np.inf
    most = spacings(products)
    low, high = np.empty(3, np.int64), np.empty(3, np.int64)
    move = np.empty(3)
    for j in range(others[0], others[1]):
        for axis in range(3):
            move[axis] = positions[j, axis] - positions[site, axis]
            low[axis] = np.ceil(-reach / most[axis] - move[axis])
            high[axis] = np.floor(reach / most[axis] - move[axis])
        for h in range(low[0], high[0] + 1):
            for k in range(low[1], high[1] + 1):
                for l in range(low[2], high[2] + 1):  # noqa: E741 — h, k, l are what the field calls them
                    if j == site and h == 0 and k == 0 and l == 0:
                        continue
                    _insert(nearest, square(products, move[0] + h, move[1] + k, move[2] + l))
    return bool(nearest[-1] <= reach * reach)


@inner
def _insert(nearest: NDArray[np.float64], value: float) -> None:
    """Put a number into its place among the least ones."""
    place = len(nearest) - 1
    if value >= nearest[place]:
        return
    while place > 0 and nearest[place - 1] > value:
        nearest[place] = nearest[place - 1]
        place -= 1
    nearest[place] = value
