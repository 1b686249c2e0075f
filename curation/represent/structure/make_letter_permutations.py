"""Make `tables/letter_permutations.json`: how affine normalisers permute Wyckoff letters; run by hand, takes minutes.

    python -m curation.represent.structure.make_letter_permutations

The affine normaliser of a space group holds all changes of origin and axes that leave the group as it is. Each sends
every Wyckoff position onto one, its own or another: positions that it joins are a Wyckoff set (International Tables for
Crystallography A, chapter 3.5 of the sixth edition). Nothing is copied from there: operations come from moyopy, points
of each position are found as fixed points of operations, and moyopy says which letters they have.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import moyopy
import numpy as np

from curation.represent.structure.wyckoff_sets import closure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    type Floats = NDArray[np.float64]
    # Letters, and what each becomes, one word for each generator.
    type Entry = dict[str, str | list[str]]

LETTERS = "abcdefghijklmnopqrstuvwxyzA"
_NEAR, _GRID = 1e-6, 24
_POINTS = np.array(list(itertools.product(range(_GRID), repeat=3))) / _GRID
_TRIALS = 500
_LAST_TRICLINIC, _LAST_MONOCLINIC, _LAST_TETRAGONAL, _LAST_HEXAGONAL = 2, 15, 142, 194


class Group:
    """A space group in its standard setting.

    Args:
        number: of the International Tables, 1 to 230.
    """

    def __init__(self, number: int) -> None:
        operations = moyopy.operations_from_number(number)
        self.number = number
        self.rotations = np.array(operations.rotations, float)
        self.translations = np.array(operations.translations)
        pure = (self.rotations == np.eye(3)).all(axis=(1, 2))
        whole = np.array(list(itertools.product((-2, -1, 0, 1, 2), repeat=3)), float)
        self.centrings = self.translations[pure]
        self.lattice = (whole[:, np.newaxis] + self.centrings).reshape(-1, 3)

    def same(self, difference: Floats) -> NDArray[np.bool_]:
        """Tell which vectors, (..., 3), are lattice vectors."""
        apart = difference[..., np.newaxis, :] - self.centrings
        equal: NDArray[np.bool_] = (np.abs(apart - np.rint(apart)) < _NEAR).all(axis=-1).any(axis=-1)
        return equal


class Positions:
    """Wyckoff positions of a group, by one point of each."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.points: list[Floats] = []
        self._fixed: list[Floats] = []

    def index(self, point: Floats) -> int | None:
        """Return the position that a point is at, if it is known."""
        group = self.group
        fixed = self._stabiliser_mean(point)
        images = group.rotations @ point + group.translations
        turned = group.rotations @ fixed @ np.linalg.inv(group.rotations)
        for place, known in enumerate(self._fixed):
            across = np.eye(3) - known
            for image in images[(np.abs(turned - known) < _NEAR).all(axis=(1, 2))]:
                apart = (image - self.points[place] + group.lattice) @ across.T
                if (np.abs(apart) < _NEAR).all(axis=1).any():
                    return place
        return None

    def add(self, point: Floats) -> None:
        """Take a point of a position that is not known."""
        self.points.append(point)
        self._fixed.append(self._stabiliser_mean(point))

    def _stabiliser_mean(self, point: Floats) -> Floats:
        """Return the projection onto the directions in which a point can move without a loss of symmetry, (3, 3)."""
        images = self.group.rotations @ point + self.group.translations
        mean: Floats = self.group.rotations[self.group.same(images - point)].mean(axis=0)
        return mean


def find_positions(group: Group) -> tuple[Positions, list[str]]:
    """Return all Wyckoff positions of a group and their letters: fixed points of up to three operations, met at random.

    The general position, which is found first, has the last letter: as long as one is missing, the letters have a gap.
    """
    random = np.random.default_rng(group.number)
    positions = Positions(group)
    positions.add(random.random(3))
    while True:
        for _ in range(_TRIALS):
            point = _fixed_point(group, random)
            if point is not None and positions.index(point) is None:
                positions.add(point)
        letters = letters_of(positions)
        if sorted(letters) == sorted(LETTERS[: len(letters)]):
            return positions, letters


def _fixed_point(group: Group, random: np.random.Generator) -> Floats | None:
    """Return a point that some operations leave where it is, near a random one, if they have such a point in common."""
    some = random.integers(len(group.rotations), size=random.integers(1, 4))
    start: Floats = random.random(3)
    apart = group.rotations[some] @ start + group.translations[some] - start
    shifts = group.translations[some] - np.rint(apart)
    left = (group.rotations[some] - np.eye(3)).reshape(-1, 3)
    point: Floats = start - np.linalg.pinv(left) @ (left @ start + shifts.ravel())
    return point if np.abs(left @ point + shifts.ravel()).max() < _NEAR else None


def letters_of(positions: Positions) -> list[str]:
    """Return the letter that moyopy gives each position, of a crystal with an element of its own on each.

    Raises:
        ValueError: the crystal has another space group.
    """
    group = positions.group
    sites: list[Floats] = []
    numbers, firsts = [], []
    # More atoms at general points, so that the crystal has no symmetry beyond the group.
    general = list(np.random.default_rng(0).random((3, 3)))
    for place, point in enumerate([*positions.points, *general]):
        orbit: list[Floats] = []
        for image in group.rotations @ point + group.translations:
            if not any(np.abs((image - one) - np.rint(image - one)).max() < _NEAR for one in orbit):
                orbit.append(image % 1.0)
        firsts.append(len(sites))
        sites += orbit
        numbers += [place + 1] * len(orbit)
    cell = moyopy.Cell(_lattice(group.number).tolist(), np.array(sites).tolist(), numbers)
    data = moyopy.MoyoDataset(cell, symprec=1e-4)
    letters = [data.wyckoffs[first] for first in firsts[: len(positions.points)]]
    if data.number != group.number:
        message = f"a crystal of space group {group.number} was made, {data.number} was found: give it more atoms"
        raise ValueError(message)
    return letters


def _lattice(number: int) -> Floats:
    """Return a large cell that has the symmetry of the lattice and no more, angstrom."""
    a, b, c = 31.0, 37.0, 43.0
    if number <= _LAST_TRICLINIC:
        return np.array([[a, 0, 0], [5.0, b, 0], [3.0, 7.0, c]])
    if number <= _LAST_MONOCLINIC:
        return np.array([[a, 0, 0], [0, b, 0], [6.0, 0, c]])
    if number > _LAST_HEXAGONAL:
        return np.eye(3) * a
    if number > _LAST_TETRAGONAL:
        return np.array([[a, 0, 0], [-a / 2, a * np.sqrt(3) / 2, 0], [0, 0, c]])
    return np.diag([a, b if number <= 74 else a, c])  # noqa: PLR2004 — the last orthorhombic group


def linear_parts(number: int) -> Iterator[Floats]:
    """Yield matrices that generate the linear parts of the affine normaliser, and more; the unit matrix first."""
    yield np.eye(3)
    narrow, wide, none = range(-1, 2), range(-2, 3), range(1)
    if number <= _LAST_TRICLINIC:
        entries = (narrow,) * 9
    elif number <= _LAST_MONOCLINIC:
        entries = (wide, none, wide, none, narrow, none, wide, none, wide)
    elif _LAST_TETRAGONAL < number <= _LAST_HEXAGONAL:
        entries = (narrow, narrow, none, narrow, narrow, none, none, none, narrow)
    else:
        # Signed permutations of the axes.
        for order in itertools.permutations(range(3)):
            for signs in itertools.product((1.0, -1.0), repeat=3):
                yield np.eye(3)[list(order)] * np.array(signs)
        return
    for values in itertools.product(*entries):
        matrix = np.array(values, float).reshape(3, 3)
        if abs(abs(np.linalg.det(matrix)) - 1.0) < _NEAR:
            yield matrix


def origin_shifts(group: Group, linear: Floats) -> Floats:
    """Return shifts (n, 3) that make, with a linear part, members of the normaliser; none if it is in none."""
    grid, none = _POINTS, np.empty((0, 3))
    turned = linear @ group.rotations @ np.linalg.inv(linear)
    equal = (np.abs(turned[:, np.newaxis] - group.rotations) < _NEAR).all(axis=(2, 3))
    if not equal.any(axis=1).all():
        return none
    there = group.translations[equal.argmax(axis=1)]
    # Each rotation once: the others differ by lattice vectors, which a linear part that fits the first ones permutes.
    _, firsts = np.unique(np.rint(turned), axis=0, return_index=True)
    for place in firsts.tolist():
        moved = group.translations[place] @ linear.T - there[place]
        grid = grid[group.same(moved + grid @ (np.eye(3) - turned[place]).T)]
    return grid if group.same(group.centrings @ linear.T).all() else none


def permutations(positions: Positions, letters: list[str]) -> list[str]:
    """Return permutations of the letters that generate what the normaliser does to them."""
    unit = "".join(sorted(letters))
    known = {unit}
    generators: list[str] = []
    seen: set[bytes] = set()
    for linear in linear_parts(positions.group.number):
        mark = (np.rint(linear).astype(int) % 2).tobytes()
        if positions.group.number <= _LAST_TRICLINIC and mark in seen:
            # Inversion centres lie at halves: matrices that are equal modulo two do the same to them.
            continue
        shifts = origin_shifts(positions.group, linear)
        # With the shifts that the unit matrix has, one shift of another matrix gives all of them.
        for shift in shifts[:1] if seen else shifts:
            found = _permutation(positions, letters, linear, shift)
            if found not in known:
                generators.append(found)
                known = closure(unit, generators)
        seen.add(mark)
    return generators


def _permutation(positions: Positions, letters: list[str], linear: Floats, shift: Floats) -> str:
    images = [positions.index((linear @ point + shift) % 1.0) for point in positions.points]
    become = {letter: letters[image] for letter, image in zip(letters, images, strict=True) if image is not None}
    return "".join(become[letter] for letter in sorted(letters))


def entry(number: int) -> Entry:
    """Return the letters of a space group and the generators of their permutations."""
    positions, letters = find_positions(Group(number))
    return {"letters": "".join(sorted(letters)), "generators": permutations(positions, letters)}


if __name__ == "__main__":
    target = Path(__file__).with_name("tables") / "letter_permutations.json"
    target.parent.mkdir(exist_ok=True)
    made = {str(number): entry(number) for number in range(1, 231)}
    target.write_text(json.dumps(made, indent=0) + "\n", encoding="utf-8")
    sys.stdout.write(f"{target}\n")
