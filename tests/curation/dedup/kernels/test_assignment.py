from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from numba import njit
from scipy.optimize import linear_sum_assignment

from curation.dedup.kernels.assignment import assign

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit
def assigned(costs: NDArray[np.float64]) -> NDArray[np.int64]:
    return assign(costs)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 20, 60])
def test_the_sum_is_that_of_scipy(size: int) -> None:
    random = np.random.default_rng(size)
    for _ in range(20):
        costs = random.random((size, size))
        columns = assigned(costs)
        assert sorted(columns.tolist()) == list(range(size))
        rows, best = linear_sum_assignment(costs)
        assert costs[np.arange(size), columns].sum() == pytest.approx(costs[rows, best].sum(), rel=1e-12)


def test_ties_and_pairs_that_are_far_are_no_trouble() -> None:
    costs = np.full((6, 6), 1e9)
    costs[np.arange(6), np.array([3, 1, 0, 5, 4, 2])] = 1.0
    assert assigned(costs).tolist() == [3, 1, 0, 5, 4, 2]
    assert sorted(assigned(np.zeros((5, 5))).tolist()) == list(range(5))
