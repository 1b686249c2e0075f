"""Reduce: structures as given in, their primitive cells out; compiled.

A structure has one cell or more, the first being its primitive cell by a strict tolerance. The others are smaller:
cells that the structure repeats nearly, such as the one behind a supercell with noise in its positions. They come with
the residual that was averaged away, so that a comparison of smaller cells is honest about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from curation.dedup.kernels.compiled import inner, outer
from curation.dedup.kernels.geometry import determinant
from curation.dedup.kernels.niggli import niggli
from curation.dedup.kernels.pair import Cell
from curation.dedup.kernels.translation import Smaller, groups, rebased, repeats, shrink

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_CELLS = 3
_STRICT_ANGSTROM = 0.03
_REACH = 0.3


class Structures(NamedTuple):
    """Structures one after another in flat arrays.

    Attributes:
        lattices: (s, 3, 3) rows, angstrom.
        begin: where the sites of each begin, (s + 1,).
        positions: (n, 3), fractional.
        kinds: what sits on the sites, (n,), sorted within each structure.
    """

    lattices: NDArray[np.float64]
    begin: NDArray[np.int64]
    positions: NDArray[np.float64]
    kinds: NDArray[np.int64]


class Reduced(NamedTuple):
    """Cells one after another in flat arrays, which may be longer than what is in them.

    Attributes:
        cells: where the cells of each structure begin, (s + 1,); the last is the number of cells, c.
        lattices: (c, 3, 3) rows, angstrom, Niggli reduced.
        begin: where the sites of each cell begin, (c + 1,).
        positions: (n, 3), fractional.
        kinds: what sits on the sites, (n,), sorted within each cell.
        residual: mean squared distance of the sites of the structure from those of the cell, (c,), angstrom^2.
    """

    cells: NDArray[np.int64]
    lattices: NDArray[np.float64]
    begin: NDArray[np.int64]
    positions: NDArray[np.float64]
    kinds: NDArray[np.int64]
    residual: NDArray[np.float64]


@inner
def cell(reduced: Reduced, index: int) -> Cell:
    """Return one of the cells."""
    begin, end = reduced.begin[index], reduced.begin[index + 1]
    return Cell(reduced.lattices[index], reduced.positions[begin:end], reduced.kinds[begin:end])


@outer
def reduce_structures(given: Structures) -> Reduced:
    """Return the cells of some structures."""
    size, sites = len(given.lattices), len(given.kinds)
    made = Reduced(
        np.zeros(size + 1, np.int64),
        np.empty((_MOST_CELLS * size, 3, 3)),
        np.zeros(_MOST_CELLS * size + 1, np.int64),
        np.empty((_MOST_CELLS * sites, 3)),
        np.empty(_MOST_CELLS * sites, np.int64),
        np.empty(_MOST_CELLS * size),
    )
    count = 0
    for i in range(size):
        begin, end = given.begin[i], given.begin[i + 1]
        count = _reduce(given.lattices[i], given.positions[begin:end], given.kinds[begin:end], made, count)
        made.cells[i + 1] = count
    return made


@inner
def _reduce(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], kinds: NDArray[np.int64], made: Reduced, count: int
) -> int:
    """Write the cells of one structure, and return how many there are by now."""
    whole = niggli(lattice)
    places = rebased(positions, lattice, whole)
    length = (np.abs(determinant(whole)) / len(kinds)) ** (1 / 3)
    found = repeats(whole, places, kinds, _REACH * length)
    sizes = groups(found)
    strict = 0
    for i in range(1, len(sizes)):
        if found.rms[found.order[sizes[i] - 1]] <= _STRICT_ANGSTROM:
            strict = i
    last = len(sizes) - 1
    for size in range(strict, last + 1):
        if size <= strict + 1 or size == last:
            count = _keep(shrink(whole, places, kinds, found, sizes[size]), made, count)
    return count


@inner
def _keep(smaller: Smaller, made: Reduced, count: int) -> int:
    begin = made.begin[count]
    end = begin + len(smaller.kinds)
    made.begin[count + 1] = end
    for i in range(3):
        for axis in range(3):
            made.lattices[count, i, axis] = smaller.lattice[i, axis]
    for i in range(end - begin):
        made.kinds[begin + i] = smaller.kinds[i]
        for axis in range(3):
            made.positions[begin + i, axis] = smaller.positions[i, axis]
    made.residual[count] = smaller.residual
    return count + 1
