"""Assignment: a square matrix of costs in, the cheapest one-to-one assignment out; compiled.

Shortest augmenting paths, after Jonker and Volgenant (Computing 38, 325, 1987): exact, cubic in the worst case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curation.dedup.kernels.compiled import inner

if TYPE_CHECKING:
    from numpy.typing import NDArray


@inner
def assign(costs: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return for each row the column it is given, (n,), so that the sum of costs, (n, n), is least."""
    size = len(costs)
    row_price, column_price = np.zeros(size), np.zeros(size + 1)
    owner = np.full(size + 1, -1)
    for row in range(size):
        owner[size] = row
        came_from, end = _path(costs, row_price, column_price, owner)
        while end != size:
            owner[end] = owner[came_from[end]]
            end = came_from[end]
    result = np.empty(size, np.int64)
    for column in range(size):
        result[owner[column]] = column
    return result


@inner
def _path(
    costs: NDArray[np.float64],
    row_price: NDArray[np.float64],
    column_price: NDArray[np.float64],
    owner: NDArray[np.int64],
) -> tuple[NDArray[np.int64], int]:
    """Find the cheapest path from the new row, in the extra column, to a free column, and move the prices."""
    size = len(costs)
    least, came_from = np.full(size + 1, np.inf), np.full(size + 1, size)
    done = np.zeros(size + 1, np.bool_)
    column = size
    while owner[column] != -1:
        done[column] = True
        row, following, step = owner[column], -1, np.inf
        for other in range(size):
            if done[other]:
                continue
            cost = costs[row, other] - row_price[row] - column_price[other]
            if cost < least[other]:
                least[other], came_from[other] = cost, column
            if least[other] < step or following == -1:
                step, following = least[other], other
        for other in range(size + 1):
            if done[other]:
                row_price[owner[other]] += step
                column_price[other] -= step
            else:
                least[other] -= step
        column = following
    return came_from, column
