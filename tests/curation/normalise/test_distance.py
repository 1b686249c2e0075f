from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curation.normalise import distance
from curation.normalise.distance import shortest_distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

CUBE = 4.0 * np.eye(3)


def by_brute_force(lattice: NDArray[np.float64], positions: NDArray[np.float64], reach: int = 3) -> float:
    shifts = np.array(list(itertools.product(range(-reach, reach + 1), repeat=3)))
    apart = positions[:, None, None, :] - positions[None, :, None, :] + shifts
    lengths = np.linalg.norm(apart @ lattice, axis=-1)
    return float(lengths[lengths > 0].min()) if len(positions) == 1 else float(np.sort(lengths.ravel())[len(positions)])


def test_real_structures_as_pymatgen_measures_them(samples: dict[str, list[dict[str, Any]]]) -> None:
    from pymatgen.core import Lattice

    rows = [row for row in samples["dielectric"] if 2 <= len(row["structure"]["sites"]) <= 16][::40]
    assert len(rows) > 50
    for row in rows:
        lattice = np.array(row["structure"]["lattice"]["matrix"])
        positions = np.array([site["abc"] for site in row["structure"]["sites"]])
        matrix = Lattice(lattice).get_all_distances(positions, positions)
        own_images = np.linalg.norm(np.array(list(itertools.product((-1, 0, 1), repeat=3))) @ lattice, axis=1)
        np.fill_diagonal(matrix, np.sort(own_images)[1])
        assert shortest_distance(lattice, positions) == pytest.approx(matrix.min(), abs=1e-9), row["id"]


def test_a_lone_site_is_one_lattice_vector_from_its_image() -> None:
    assert shortest_distance(np.diag([3.0, 5.0, 4.0]), np.array([[0.2, 0.3, 0.4]])) == pytest.approx(3.0)


@pytest.mark.parametrize("shift", [[0, 0, 0], [1, 0, 0], [-3, 2, 7]])
def test_sites_meet_across_the_border_of_the_cell(shift: list[int]) -> None:
    positions = np.array([[0.01, 0.5, 0.5], [0.99, 0.5, 0.5]])
    positions[1] += shift
    assert shortest_distance(CUBE, positions) == pytest.approx(0.08)


def test_two_sites_on_one_place_are_no_distance_apart() -> None:
    assert shortest_distance(CUBE, np.array([[0.1, 0.2, 0.3], [1.1, -0.8, 0.3]])) == pytest.approx(0, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-1.2, 1.2), min_size=9, max_size=9),
    st.lists(st.tuples(*[st.floats(0, 0.999)] * 3), min_size=2, max_size=5, unique=True),
)
def test_moderately_skewed_cells_as_by_brute_force(skew: list[float], sites: list[tuple[float, ...]]) -> None:
    lattice = CUBE + np.array(skew).reshape(3, 3)
    positions = np.array(sites)
    assert shortest_distance(lattice, positions) == pytest.approx(by_brute_force(lattice, positions), abs=1e-9)


def test_pairs_taken_in_many_slices_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    positions = np.random.default_rng(7).random((40, 3))
    whole = shortest_distance(5 * CUBE, positions)
    monkeypatch.setattr(distance, "_PAIRS_AT_ONCE", 7)
    assert shortest_distance(5 * CUBE, positions) == whole == pytest.approx(by_brute_force(5 * CUBE, positions, 1))


def test_a_strongly_skewed_cell_is_never_reported_shorter_than_it_is() -> None:
    lattice = np.array([[3.0, 0, 0], [9.2, 3.0, 0], [0, 0, 3.0]])
    positions = np.array([[0.0, 0, 0], [0.4, 0.45, 0.5]])
    assert shortest_distance(lattice, positions) >= by_brute_force(lattice, positions, 6) - 1e-9
