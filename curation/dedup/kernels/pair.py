"""Pair: two cells in, the least displacement of their sites over all ways to lay one on the other out; compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from curation.dedup.kernels.compiled import inner
from curation.dedup.kernels.geometry import determinant, inverse, metric, product, scaled, spacings
from curation.dedup.kernels.mapping import mappings
from curation.dedup.kernels.overlay import Frame, Room, overlay, room

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HALF = 0.5
_SAME = 1e-5  # rms displacement over (volume / sites)^(1/3) below which no better way is sought


class Limits(NamedTuple):
    """Tolerances of the matcher; their meaning is that of pymatgen's StructureMatcher.

    Attributes:
        length: relative difference of lattice lengths.
        site: largest displacement of a site over (volume / sites)^(1/3).
        angle: difference of lattice angles, degree.
        scale: bring both cells to the same volume first.
        mirror: a mirror image counts as the same.
        once: be content with the first way that counts, not the best.
    """

    length: float
    site: float
    angle: float
    scale: bool
    mirror: bool
    once: bool


class Cell(NamedTuple):
    """A Niggli reduced cell.

    Attributes:
        lattice: (3, 3) rows, angstrom.
        positions: (n, 3), fractional.
        kinds: what sits on the sites, (n,), sorted.
    """

    lattice: NDArray[np.float64]
    positions: NDArray[np.float64]
    kinds: NDArray[np.int64]


class Fit(NamedTuple):
    """How two cells fit by the best of all ways; infinite where there is none.

    Attributes:
        rms: root mean square displacement over (volume / sites)^(1/3).
        largest: largest displacement of a site by the same way, over the same length.
        length_angstrom: (volume / sites)^(1/3).
    """

    rms: float
    largest: float
    length_angstrom: float


@inner
def fit_cells(first: Cell, second: Cell, limits: Limits) -> Fit:
    """Compare two cells by all ways to lay the lattices on one another and all shifts that bring a site to a site.

    A way by which some site is farther than `limits.site` from its partner does not count.
    """
    if not _same_kinds(first.kinds, second.kinds):
        return Fit(np.inf, np.inf, 1.0)
    one, two = first.lattice, second.lattice
    if limits.scale:
        ratio = np.abs(determinant(two) / determinant(one)) ** (1 / 6)
        one, two = scaled(one, ratio), scaled(two, 1 / ratio)
    length = (np.sqrt(np.abs(determinant(one) * determinant(two))) / len(first.kinds)) ** (1 / 3)
    hand = determinant(one) * determinant(two)
    ways = mappings(one, two, limits.length, limits.angle)
    best, work = Fit(np.inf, np.inf, length), room(len(first.kinds))
    for i in range(len(ways)):
        if determinant(ways[i]) * hand > 0 or limits.mirror:
            turned = product(first.positions, inverse(ways[i]))
            most = min(limits.site, best.rms * np.sqrt(len(turned)))
            frame = _frame(product(ways[i], one), two, most * length)
            best = _better(best, _fit_sites(frame, turned, second, limits, length, work))
            if best.rms < _SAME or (limits.once and np.isfinite(best.rms)):
                break
    return best


@inner
def _fit_sites(
    frame: Frame, first: NDArray[np.float64], second: Cell, limits: Limits, length: float, work: Room
) -> Fit:
    """Compare the sites of two cells in one frame, over the shifts that bring a site of the rarest kind to another."""
    begin, end = _rarest(second.kinds)
    best, shift = Fit(np.inf, np.inf, length), np.empty(3)
    for site in range(begin, end):
        for axis in range(3):
            shift[axis] = first[site, axis] - second.positions[begin, axis]
        mean, largest = overlay(frame, first, second.positions, second.kinds, shift, work)
        found = Fit(np.sqrt(mean) / length, np.sqrt(largest) / length, length)
        if found.largest <= limits.site:
            best = _better(best, found)
            if best.rms < _SAME or limits.once:
                break
    return best


@inner
def _better(first: Fit, second: Fit) -> Fit:
    return second if second.rms < first.rms else first


@inner
def _same_kinds(first: NDArray[np.int64], second: NDArray[np.int64]) -> bool:
    if len(first) != len(second):
        return False
    different = 0
    for i in range(len(first)):
        different += first[i] != second[i]
    return different == 0


@inner
def _rarest(kinds: NDArray[np.int64]) -> tuple[int, int]:
    """Return where the sites of the rarest kind begin and end."""
    best, begin = (0, len(kinds)), 0
    for i in range(1, len(kinds) + 1):
        if i == len(kinds) or kinds[i] != kinds[begin]:
            if i - begin < best[1] - best[0]:
                best = (begin, i)
            begin = i
    return best


@inner
def _frame(one: NDArray[np.float64], two: NDArray[np.float64], most: float) -> Frame:
    """Return the mean of two lattices, by the mean of their metrics, which knows neither orientation nor order.

    A site is at most twice `most` (angstrom) from its partner while some site lies on its own.
    """
    products, other = metric(one), metric(two)
    for i in range(3):
        for j in range(3):
            products[i, j] = (products[i, j] + other[i, j]) / 2
    reach, images = spacings(products), np.zeros(3, np.int64)
    for i in range(3):
        reach[i] = 2 * most / reach[i]
        images[i] = reach[i] > _HALF
    return Frame(products, reach, 4 * most * most, images)
