from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from curation.represent.structure.neighbours import nearest_pairs, neighbour_pairs

sys.path.insert(0, str(Path(__file__).parents[1]))
from real_structures import Crystal, real_structures, recut


def by_pymatgen(crystal: Crystal, cutoff: float) -> list[tuple[object, ...]]:
    lattice, positions, numbers = crystal
    first, second, images, _ = Structure(Lattice(lattice), numbers, positions).get_neighbor_list(cutoff)
    return sorted(zip(first.tolist(), second.tolist(), images.astype(int).tolist(), strict=True))


def by_us(crystal: Crystal, cutoff: float) -> list[tuple[object, ...]]:
    first, second, images, _, _ = neighbour_pairs(crystal[0], crystal[1], cutoff)
    return sorted(zip(first.tolist(), second.tolist(), images.tolist(), strict=True))


@pytest.mark.parametrize("cutoff", [2.0, 5.0, 9.0])
def test_pairs_are_those_of_pymatgen(cutoff: float) -> None:
    for crystal in real_structures(20):
        assert by_us(crystal, cutoff) == by_pymatgen(crystal, cutoff)


def test_a_skewed_cell_loses_no_pair() -> None:
    random = np.random.default_rng(3)
    for crystal in real_structures(10):
        skewed = recut(recut(recut(crystal, random), random), random)
        assert len(by_us(skewed, 5.0)) == len(by_us(crystal, 5.0))


def test_positions_outside_of_the_cell_count_where_they_are() -> None:
    lattice, positions, numbers = real_structures(1)[0]
    moved = positions + np.arange(len(numbers))[:, np.newaxis] * [3.0, -2.0, 1.0]
    first, second, images, vectors, distances = neighbour_pairs(lattice, moved, 5.0)
    assert len(first) == len(by_us((lattice, positions, numbers), 5.0))
    assert np.allclose((moved[second] + images - moved[first]) @ lattice, vectors)
    assert np.allclose(np.linalg.norm(vectors, axis=1), distances)


def test_nearest_neighbours_are_the_first_of_all_pairs() -> None:
    for lattice, positions, _ in real_structures(20):
        first, _, _, _, distances = nearest_pairs(lattice, positions, 12, -1.0)
        everything = neighbour_pairs(lattice, positions, 12.0)
        assert np.bincount(first).tolist() == [12] * len(positions)
        for site in range(len(positions)):
            assert np.allclose(distances[first == site], np.sort(everything[4][everything[0] == site])[:12])


def test_ties_with_the_last_neighbour_are_taken_in() -> None:
    rock_salt = np.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5]])
    lattice = 2.82 * np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    assert np.bincount(nearest_pairs(lattice, rock_salt, 7, -1.0)[0]).tolist() == [7, 7]
    assert np.bincount(nearest_pairs(lattice, rock_salt, 7, 1e-3)[0]).tolist() == [18, 18]
