"""Shelf: the cells of some structures in, those that may match one another side by side out.

Cells of one formula match only if they have the same number of sites, and nearly the same volume for each. So the cells
stand by formula, by number of sites, and by a number that cells that match have nearly in common. Those that come into
question for a cell stand around it; what stands farther away is never looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from curation.dedup.kernels.facts import Facts
    from curation.dedup.kernels.reduce import Reduced


class Shelf(NamedTuple):
    """Cells in order; those of one formula and number of sites are a board.

    Attributes:
        owners: index of the structure of the cell at each place, (c,).
        cells: index of the cell at each place, (c,).
        keys: what the cells of a board are sorted by, rising, (c,).
        begin: where the board of each place begins, (c,).
        end: where it ends, (c,).
        places: where each cell stands, (c,).
    """

    owners: NDArray[np.int64]
    cells: NDArray[np.int64]
    keys: NDArray[np.float64]
    begin: NDArray[np.int64]
    end: NDArray[np.int64]
    places: NDArray[np.int64]


def shelve(blocks: NDArray[np.int64], reduced: Reduced, known: Facts, *, scale: bool) -> Shelf:
    """Return the cells of structures that stand block by block, a block for each formula.

    Args:
        blocks: where each block of structures begins, and the end.
        reduced: their cells.
        known: what is known of the structures.
        scale: cells may match whatever their volume, so that they are sorted by a distance over its cube root.
    """
    count = int(reduced.cells[-1])
    owners = np.repeat(np.arange(len(known.volume)), np.diff(reduced.cells))
    sizes, block = np.diff(reduced.begin[: count + 1]), np.searchsorted(blocks, owners, side="right")
    keys = (known.prints[known.begin[:-1]] / np.cbrt(known.volume) if scale else known.volume)[owners]
    order = np.lexsort((owners, keys, sizes, block))
    is_next = (np.diff(sizes[order]) != 0) | (np.diff(block[order]) != 0)
    bounds = np.concatenate(([0], np.flatnonzero(is_next) + 1, [count]))
    board = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
    places = np.empty(count, np.int64)
    places[order] = np.arange(count)
    return Shelf(owners[order], order, keys[order], bounds[board], bounds[board + 1], places)
