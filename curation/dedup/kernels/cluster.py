"""Cluster: structures of one formula in, a representative for each out; compiled.

Structures are taken in the order they are given. Each joins the nearest of the representatives before it that the
matcher finds equal, or becomes a representative itself. So every member was compared with its representative, no chain
joins two materials, and what comes later never changes what was decided before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from curation.dedup.kernels.compare import Rules, compare_cells, most_rms
from curation.dedup.kernels.compiled import inner, outer
from curation.dedup.kernels.pair import Fit, Limits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from curation.dedup.kernels.facts import Facts
    from curation.dedup.kernels.reduce import Reduced
    from curation.dedup.kernels.shelf import Shelf


class Clusters(NamedTuple):
    """For each structure its representative.

    Attributes:
        head: index of the representative, itself where it is one, (s,).
        rms_angstrom: root mean square displacement from it, (s,).
        largest_angstrom: largest displacement of a site, (s,); of the mean cell where cells differ in size.
    """

    head: NDArray[np.int64]
    rms_angstrom: NDArray[np.float64]
    largest_angstrom: NDArray[np.float64]


class Known(NamedTuple):
    """What the search for a representative looks at.

    Attributes:
        reduced: the cells of all structures.
        shelf: the same in order.
        facts: what rules a match out.
        limits: tolerances of the matcher.
        rules: what counts as one.
    """

    reduced: Reduced
    shelf: Shelf
    facts: Facts
    limits: Limits
    rules: Rules


@outer
def cluster(known: Known) -> Clusters:
    """Return the representatives of structures."""
    size = len(known.facts.volume)
    result, is_head = Clusters(np.arange(size), np.zeros(size), np.zeros(size)), np.zeros(size, np.bool_)
    for own in range(size):
        best, head = Fit(np.inf, np.inf, 1.0), own
        for index in range(known.reduced.cells[own], known.reduced.cells[own + 1]):
            best, head = _nearest(known, is_head, index, best, head)
        result.head[own], is_head[own] = head, head == own
        if head != own:
            result.rms_angstrom[own] = best.rms * best.length_angstrom
            result.largest_angstrom[own] = best.largest * best.length_angstrom
    return result


@inner
def _nearest(known: Known, is_head: NDArray[np.bool_], index: int, best: Fit, head: int) -> tuple[Fit, int]:
    """Return the nearest of the representatives that a cell of a structure matches, the first of those as near.

    Args:
        known: what there is to look at.
        is_head: which structures are representatives.
        index: the cell.
        best: how the nearest so far fits.
        head: its index; that of the structure itself where there is none.
    """
    shelf = known.shelf
    own = shelf.places[index]
    window = _window(known.limits, known.rules, shelf.keys[own])
    for step in (-1, 1):
        place = own + step
        while shelf.begin[own] <= place < shelf.end[own] and np.abs(shelf.keys[place] - shelf.keys[own]) <= window:
            other = shelf.owners[place]
            if is_head[other]:
                found = _compare(known, place, own)
                if found.rms < best.rms or (found.rms == best.rms and np.isfinite(found.rms) and other < head):
                    best, head = found, other
            place += step
    return best, head


@inner
def _compare(known: Known, place: int, own: int) -> Fit:
    """Return how the cells at two places fit."""
    one, two = known.shelf.owners[place], known.shelf.owners[own]
    i, j = known.shelf.cells[place], known.shelf.cells[own]
    is_given = i == known.reduced.cells[one] and j == known.reduced.cells[two]
    most = most_rms(known.rules, known.facts.group[one], known.facts.group[two], is_given)
    farthest = known.limits.site
    if is_given:
        size = known.reduced.begin[i + 1] - known.reduced.begin[i]
        farthest = min(farthest, (most + min(farthest, most * np.sqrt(size))) / 2 * (1 + known.rules.stretch))
    if _is_far(known, farthest, one, two):
        return Fit(np.inf, np.inf, 1.0)
    return compare_cells(known.reduced, known.limits, most, is_given, i, j)


@inner
def _window(limits: Limits, rules: Rules, key: float) -> float:
    """Return how far the key of a structure that matches may be from this one."""
    if limits.scale:
        return float((2 * limits.site + rules.stretch * key) * (1 + rules.stretch))
    return float(key * rules.volume / (1 - rules.volume))


@inner
def _is_far(known: Known, farthest: float, one: int, two: int) -> bool:
    """Tell whether volume or fingerprint rule out that two structures match.

    Where no site moves farther than u, and all of them by w in the mean, a mean distance changes by u + w at most, and
    by what the lattice stretches it.

    Args:
        known: what there is to look at.
        farthest: half of u + w, over (volume / sites)^(1/3).
        one: index of a structure.
        two: index of another.
    """
    facts, rules = known.facts, known.rules
    volumes = facts.volume[one], facts.volume[two]
    if np.abs(volumes[0] - volumes[1]) > rules.volume * max(volumes):
        return True
    begin, other, size = facts.begin[one], facts.begin[two], facts.begin[one + 1] - facts.begin[one]
    if facts.begin[two + 1] - other != size:
        return True
    ratio = (volumes[0] / volumes[1]) ** (1 / 3) if known.limits.scale else 1.0
    near = 2 * farthest * max(volumes) ** (1 / 3)
    for i in range(size):
        first, second = facts.prints[begin + i], facts.prints[other + i] * ratio
        if np.abs(first - second) > near + rules.stretch * max(first, second):
            return True
    return False
