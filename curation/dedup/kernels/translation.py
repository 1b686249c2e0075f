"""Translation: a cell in, the translations by which it nearly repeats itself, and the smaller cells they make out.

A translation is a permutation of the sites. Sets of them that are closed under composition are groups, and each group
makes a smaller cell, with the mean of the sites that fall together; what is averaged away is kept as a residual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from curation.dedup.kernels.compiled import inner
from curation.dedup.kernels.geometry import inverse, mean_row, metric, product, spacings, square
from curation.dedup.kernels.niggli import niggli

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Repeats(NamedTuple):
    """Translations under which a cell nearly repeats itself, the nearest first, without the one that moves nothing.

    Attributes:
        order: the translations in the order of their distance, (m,): the other attributes are to be taken in it.
        rms: root mean square distance of sites from where the translation brings others, (m,), angstrom.
        site: where the first site of the rarest kind goes, (m,), counted within that kind.
        goes: where every site goes, (m, n).
        shifts: the translations, (m, 3), fractional.
        begin: index of the first site of the rarest kind.
        size: number of sites of the rarest kind.
        common: greatest common divisor of the numbers of sites of each kind: the order of a group divides it.
    """

    order: NDArray[np.int64]
    rms: NDArray[np.float64]
    site: NDArray[np.int64]
    goes: NDArray[np.int64]
    shifts: NDArray[np.float64]
    begin: int
    size: int
    common: int


@inner
def repeats(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], kinds: NDArray[np.int64], reach: float
) -> Repeats:
    """Return the translations that bring every site within `reach` (angstrom) of one of its kind, one to one."""
    begin, end, common = _kinds(kinds)
    count = end - begin
    rms, site, shifts = np.empty(count), np.empty(count, np.int64), np.empty((count, 3))
    goes, found = np.empty((count, len(kinds)), np.int64), 0
    if common > 1:
        products = metric(lattice)
        for j in range(1, count):
            for axis in range(3):
                shifts[found, axis] = positions[begin + j, axis] - positions[begin, axis]
            rms[found] = _permutation(products, positions, kinds, shifts[found], reach, goes[found])
            if np.isfinite(rms[found]):
                site[found] = j
                found += 1
    return Repeats(_rising(rms, found), rms, site, goes, shifts, begin, count, common)


@inner
def _rising(numbers: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """Return the order in which the first numbers rise."""
    order = np.empty(count, np.int64)
    for i in range(count):
        place = i
        while place > 0 and numbers[order[place - 1]] > numbers[i]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = i
    return order


@inner
def _kinds(kinds: NDArray[np.int64]) -> tuple[int, int, int]:
    """Return where the rarest kind begins and ends, and the greatest common divisor of the numbers of sites."""
    best_begin, best_end, begin, common = 0, len(kinds), 0, 0
    for i in range(1, len(kinds) + 1):
        if i == len(kinds) or kinds[i] != kinds[begin]:
            if i - begin < best_end - best_begin:
                best_begin, best_end = begin, i
            common, rest = i - begin, common
            while rest:
                common, rest = rest, common % rest
            begin = i
    return best_begin, best_end, common


@inner
def _permutation(
    products: NDArray[np.float64],
    positions: NDArray[np.float64],
    kinds: NDArray[np.int64],
    shift: NDArray[np.float64],
    reach: float,
    goes: NDArray[np.int64],
) -> float:
    """Write where each site goes and return the rms distance from there; infinity if one goes nowhere.

    The shift, which one pair of sites gave, is adjusted to all of them.
    """
    taken, total, mean = np.zeros(len(kinds), np.bool_), 0.0, np.zeros(3)
    most, move, begin = spacings(products), np.empty(3), 0
    for axis in range(3):
        most[axis] = reach / most[axis]
    for i in range(len(kinds)):
        if kinds[i] != kinds[begin]:
            begin = i
        best, least = -1, reach * reach
        for j in range(begin, len(kinds)):
            if kinds[j] != kinds[i]:
                break
            apart = _apart(products, positions[j], positions[i], shift, most, move)
            if apart <= least:
                best, least = j, apart
        if best == -1 or taken[best]:
            return np.inf
        goes[i], taken[best] = best, True
        total += _apart(products, positions[best], positions[i], shift, most, move)
        for axis in range(3):
            mean[axis] += move[axis] / len(kinds)
    for axis in range(3):
        shift[axis] += mean[axis]
    return float(np.sqrt(max(0.0, total / len(kinds) - square(products, mean[0], mean[1], mean[2]))))


@inner
def _apart(
    products: NDArray[np.float64],
    site: NDArray[np.float64],
    other: NDArray[np.float64],
    shift: NDArray[np.float64],
    most: NDArray[np.float64],
    move: NDArray[np.float64],
) -> float:
    for axis in range(3):
        move[axis] = site[axis] - other[axis] - shift[axis]
        move[axis] -= np.rint(move[axis])
        if np.abs(move[axis]) > most[axis]:
            return np.inf
    return square(products, move[0], move[1], move[2])


@inner
def groups(found: Repeats) -> NDArray[np.int64]:
    """Return how many of the translations, the nearest first, form a group with the one that moves nothing; rising."""
    result, count = np.zeros(len(found.order) + 1, np.int64), 1
    member = np.zeros(found.size, np.bool_)
    member[0] = True
    for last in range(len(found.order)):
        member[found.site[found.order[last]]] = True
        if found.common % (last + 2) == 0 and _is_closed(found, last + 1, member):
            result[count] = last + 1
            count += 1
    return result[:count]


@inner
def _is_closed(found: Repeats, count: int, member: NDArray[np.bool_]) -> bool:
    for i in range(count):
        for j in range(count):
            goes = found.goes[found.order[i], found.begin + found.site[found.order[j]]]
            if not member[goes - found.begin]:
                return False
    return True


class Smaller(NamedTuple):
    """A cell made smaller.

    Attributes:
        lattice: (3, 3) rows, angstrom, Niggli reduced.
        positions: (n, 3), fractional.
        kinds: (n,), sorted.
        residual: mean squared distance of the sites of the larger cell from these, angstrom^2.
    """

    lattice: NDArray[np.float64]
    positions: NDArray[np.float64]
    kinds: NDArray[np.int64]
    residual: float


@inner
def shrink(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], kinds: NDArray[np.int64], found: Repeats, count: int
) -> Smaller:
    """Return the smaller cell that the first `count` translations make."""
    order = count + 1
    shifts = np.empty((count, 3))
    for g in range(count):
        for axis in range(3):
            shifts[g, axis] = np.rint(order * found.shifts[found.order[g], axis]) / order
    products, done, kept, total = metric(lattice), np.zeros(len(kinds), np.bool_), 0, 0.0
    means, kinds_kept = np.empty((len(kinds) // order, 3)), np.empty(len(kinds) // order, np.int64)
    moves = np.zeros((order, 3))
    for i in range(len(kinds)):
        if done[i]:
            continue
        done[i] = True
        for g in range(count):
            other = found.goes[found.order[g], i]
            done[other] = True
            for axis in range(3):
                move = positions[other, axis] - positions[i, axis] - shifts[g, axis]
                moves[g, axis] = move - np.rint(move)
        mean = mean_row(moves)
        for g in range(order):
            total += square(products, moves[g, 0] - mean[0], moves[g, 1] - mean[1], moves[g, 2] - mean[2])
        kinds_kept[kept] = kinds[i]
        for axis in range(3):
            means[kept, axis] = positions[i, axis] + mean[axis]
        kept += 1
    basis = _basis(shifts, order)
    smaller = product(basis, lattice)
    reduced = niggli(smaller)
    return Smaller(reduced, rebased(product(means, inverse(basis)), smaller, reduced), kinds_kept, total / len(kinds))


@inner
def rebased(
    positions: NDArray[np.float64], lattice: NDArray[np.float64], other: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return fractional positions, (n, 3), in another cell of the same lattice, from 0 to 1."""
    change = product(lattice, inverse(other))
    for i in range(3):
        for axis in range(3):
            change[i, axis] = np.rint(change[i, axis])
    moved = product(positions, change)
    for i in range(len(moved)):
        for axis in range(3):
            moved[i, axis] -= np.floor(moved[i, axis])
    return moved


@inner
def _basis(shifts: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """Return a basis of the lattice with more translations, (3, 3) rows, fractional.

    A translation of a group of order N is a whole number of Nths along each axis.
    """
    rows = np.zeros((len(shifts) + 3, 3), np.int64)
    for axis in range(3):
        rows[axis, axis] = order
    for i in range(len(shifts)):
        for axis in range(3):
            rows[3 + i, axis] = int(np.rint(order * shifts[i, axis]))
    for axis in range(3):
        _eliminate(rows, axis)
    basis = np.empty((3, 3))
    for i in range(3):
        for axis in range(3):
            basis[i, axis] = rows[i, axis] / order
    return basis


@inner
def _eliminate(rows: NDArray[np.int64], axis: int) -> None:
    """Bring the greatest common divisor of a column into row `axis`, and zeros below it, by whole-number steps."""
    for i in range(axis + 1, len(rows)):
        while rows[i, axis] != 0:
            times = rows[axis, axis] // rows[i, axis]
            for k in range(3):
                rest = rows[axis, k] - times * rows[i, k]
                rows[axis, k], rows[i, k] = rows[i, k], rest
