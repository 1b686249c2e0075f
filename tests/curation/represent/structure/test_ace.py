from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from curation.represent.structure.ace import Ace, ace_basis, atomic_basis, invariants
from curation.represent.structure.structure_table import structure_table

sys.path.insert(0, str(Path(__file__).parents[1]))
from real_structures import real_structures, rotated

if TYPE_CHECKING:
    from numpy.typing import NDArray

BOX, RADIUS = 40.0, 2.0
ABOVE = np.array([0.0, 0.0, 0.5])
# Two sets of four places on a ring of eight with the same differences (Patterson, Phys. Rev. 65, 195 (1944)).
HOMOMETRIC = ((0, 1, 3, 4), (0, 1, 2, 5))


def of_centre(neighbours: NDArray[np.float64]) -> NDArray[np.float64]:
    """The B-basis of an atom in a large box with neighbours at some places, angstrom."""
    basis = ace_basis()
    positions = (np.concatenate(([[0.0, 0.0, 0.0]], neighbours)) + BOX / 2) / BOX
    weights = np.ones((len(positions), 4))
    atomic = atomic_basis(np.eye(3) * BOX, positions, weights, basis.norms)
    return invariants(atomic, basis.terms, basis.coefficients, basis.starts, len(basis.labels))[0]


def body_orders() -> tuple[slice, slice, slice]:
    n_triples = len(ace_basis().starts) - 1
    width = len(ace_basis().labels)
    return slice(0, 16), slice(16, width - n_triples), slice(width - n_triples, width)


def ring(places: tuple[int, ...]) -> NDArray[np.float64]:
    angles = 2 * np.pi * np.array(places) / 8
    return RADIUS * np.column_stack((np.cos(angles), np.sin(angles), np.zeros(len(places))))


def apart(one: NDArray[np.float64], other: NDArray[np.float64], orders: slice) -> float:
    return float(np.abs(one[orders] - other[orders]).max() / np.abs(one).max())


def test_square_and_tetrahedron_look_alike_to_distances_only() -> None:
    square = RADIUS * np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], dtype=float)
    tetrahedron = RADIUS / np.sqrt(3) * np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]], dtype=float)
    two, three, _ = body_orders()
    one, other = of_centre(square), of_centre(tetrahedron)
    assert apart(one, other, two) < 1e-12
    assert apart(one, other, three) > 1e-2


def test_body_order_four_tells_a_homometric_pair_apart() -> None:
    one, other = (of_centre(ring(places)) for places in HOMOMETRIC)
    two, three, four = body_orders()
    assert apart(one, other, two) < 1e-12
    assert apart(one, other, three) < 1e-12
    assert apart(one, other, four) > 1e-3


def test_a_rotation_changes_nothing_to_1e_10() -> None:
    random = np.random.default_rng(0)
    crystals = real_structures(12)
    before = Ace().compute(structure_table(crystals))
    after = Ace().compute(structure_table([rotated(one, random) for one in crystals]))
    scale = np.abs(before.vectors).max(axis=1, keepdims=True)
    assert (np.abs(before.vectors - after.vectors) / scale).max() < 1e-10


def test_a_reflection_changes_nothing_either() -> None:
    mirrored = ring(HOMOMETRIC[0]) * [-1.0, 1.0, 1.0] + ABOVE
    assert np.allclose(of_centre(mirrored), of_centre(ring(HOMOMETRIC[0]) + ABOVE), rtol=0, atol=1e-12)
