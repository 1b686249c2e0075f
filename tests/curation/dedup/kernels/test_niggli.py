from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from numba import njit

from curation.dedup.kernels.niggli import niggli

if TYPE_CHECKING:
    from numpy.typing import NDArray


@njit
def reduced(lattice: NDArray[np.float64]) -> NDArray[np.float64]:
    return niggli(lattice)


def parameters(lattice: NDArray[np.float64]) -> list[float]:
    lengths = np.linalg.norm(lattice, axis=1)
    products = lattice @ lattice.T
    return [*lengths, *(products[i, j] / lengths[i] / lengths[j] for i, j in ((1, 2), (0, 2), (0, 1)))]


def lattices() -> list[NDArray[np.float64]]:
    random = np.random.default_rng(4)
    special = [
        np.eye(3),
        np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0.0]]),
        np.array([[-1, 1, 1], [1, -1, 1], [1, 1, -1.0]]),
        np.array([[1, 0, 0], [-0.5, np.sqrt(0.75), 0], [0, 0, 1.6]]),
        np.array([[1, 0, 0.02], [0, 1, 0], [0.4, 0.4, 3.0]]),
    ]
    return [4 * lattice for lattice in special] + [random.normal(size=(3, 3)) * 4 for _ in range(60)]


@pytest.mark.parametrize("lattice", lattices())
def test_any_cell_of_a_lattice_reduces_to_the_same(lattice: NDArray[np.float64]) -> None:
    random = np.random.default_rng(1)
    expected = parameters(reduced(lattice))
    for _ in range(5):
        change = np.eye(3)
        for _ in range(6):
            i, j = random.choice(3, 2, replace=False)
            change[i] += random.choice([-1, 1]) * change[j]
        assert parameters(reduced(change @ lattice)) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("lattice", lattices())
def test_the_reduced_cell_is_that_of_pymatgen(lattice: NDArray[np.float64]) -> None:
    from pymatgen.core import Lattice

    ours = reduced(lattice)
    assert abs(np.linalg.det(ours)) == pytest.approx(abs(np.linalg.det(lattice)), rel=1e-9)
    theirs = parameters(Lattice(lattice).get_niggli_reduced_lattice(tol=1e-5).matrix)
    assert np.linalg.norm(ours, axis=1) == pytest.approx(theirs[:3], rel=1e-4)
