"""Cluster: structures of one formula in, a representative for each out; compiled.

Structures are taken in the order they are given. Each joins the nearest of the representatives before it that the
matcher finds equal, or becomes a representative itself. So every member was compared with its representative, no chain
joins two materials, and what comes later never changes what was decided before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from curation.dedup.kernels.compiled import inner, outer
from curation.dedup.kernels.fingerprint import NEIGHBOURS, fingerprint, number_of_kinds
from curation.dedup.kernels.geometry import determinant
from curation.dedup.kernels.pair import Fit, Limits, fit_cells
from curation.dedup.kernels.reduce import Reduced, cell

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Rules(NamedTuple):
    """Up to which rms displacement, over (volume / sites)^(1/3), two structures are one.

    Attributes:
        same: where both have the same space group and primitive cells of one size.
        noise: where not, and one of them has no symmetry at all, as noise leaves none.
        across: where groups differ, and both have a symmetry of their own.
        cells: where primitive cells differ in size, and both have a symmetry of their own.
        stretch: relative change of a distance by the lattice, above which a pair is not compared.
        volume: difference of volume per site, relative to the larger, above which a pair is not compared.
    """

    same: float
    noise: float
    across: float
    cells: float
    stretch: float
    volume: float


class Facts(NamedTuple):
    """What is known of structures before they are compared.

    Attributes:
        group: space group number, left and right hand alike, 0 where unknown, (s,).
        volume: volume per site, (s,), angstrom^3.
        begin: where the fingerprint of each begins, (s + 1,).
        prints: the fingerprints, (n,), angstrom.
    """

    group: NDArray[np.int64]
    volume: NDArray[np.float64]
    begin: NDArray[np.int64]
    prints: NDArray[np.float64]


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


class Heads(NamedTuple):
    """Representatives in the order of a number, so that far ones are passed over.

    Attributes:
        rows: indices of the structures, (h,).
        keys: what they are sorted by, rising, (h,).
    """

    rows: NDArray[np.int64]
    keys: NDArray[np.float64]


@outer
def facts(reduced: Reduced, group: NDArray[np.int64]) -> Facts:
    """Return the facts of some structures."""
    size = len(group)
    volume, begin = np.empty(size), np.zeros(size + 1, np.int64)
    for i in range(size):
        own = cell(reduced, reduced.cells[i])
        volume[i] = np.abs(determinant(own.lattice)) / len(own.kinds)
        begin[i + 1] = begin[i] + NEIGHBOURS * number_of_kinds(own.kinds) ** 2
    prints = np.zeros(begin[size])
    for i in range(size):
        fingerprint(cell(reduced, reduced.cells[i]), prints[begin[i] : begin[i + 1]])
    return Facts(group, volume, begin, prints)


@outer
def cluster(blocks: NDArray[np.int64], reduced: Reduced, known: Facts, limits: Limits, rules: Rules) -> Clusters:
    """Return the representatives of structures that stand block by block, a block for each formula."""
    size = len(known.volume)
    result = Clusters(np.arange(size), np.zeros(size), np.zeros(size))
    heads = Heads(np.empty(size, np.int64), np.empty(size))
    for block in range(len(blocks) - 1):
        count = 0
        for i in range(blocks[block], blocks[block + 1]):
            best, head = _nearest(reduced, known, limits, rules, i, Heads(heads.rows[:count], heads.keys[:count]))
            if head >= 0:
                result.head[i] = head
                result.rms_angstrom[i] = best.rms * best.length_angstrom
                result.largest_angstrom[i] = best.largest * best.length_angstrom
                continue
            _insert(heads, count, _key(known, limits, i), i)
            count += 1
    return result


@inner
def _insert(heads: Heads, count: int, key: float, index: int) -> None:
    """Put a representative into its place among the first `count`."""
    place = count
    while place > 0 and heads.keys[place - 1] > key:
        heads.keys[place], heads.rows[place] = heads.keys[place - 1], heads.rows[place - 1]
        place -= 1
    heads.keys[place], heads.rows[place] = key, index


@inner
def _key(known: Facts, limits: Limits, index: int) -> float:
    """Return the number by which structures of one formula are sorted: volume, or where that is free, a distance."""
    volume = known.volume[index]
    return float(known.prints[known.begin[index]] / volume ** (1 / 3) if limits.scale else volume)


@inner
def _nearest(
    reduced: Reduced,
    known: Facts,
    limits: Limits,
    rules: Rules,
    own: int,
    heads: Heads,
) -> tuple[Fit, int]:
    """Return the nearest of the representatives that are equal to a structure, the first of those as near; or -1.

    Args:
        reduced: the cells of all structures.
        known: the facts of all structures.
        limits: tolerances of the matcher.
        rules: what counts as one.
        own: index of the structure.
        heads: the representatives of the block so far.
    """
    best, head = Fit(np.inf, np.inf, 1.0), -1
    key = _key(known, limits, own)
    window = _window(limits, rules, key)
    for k in range(np.searchsorted(heads.keys, key - window), len(heads.keys)):
        if heads.keys[k] > key + window:
            break
        other = heads.rows[k]
        if _is_far(known, limits, rules, own, other):
            continue
        found = compare(reduced, known.group, limits, rules, other, own)
        if found.rms < best.rms or (found.rms == best.rms and np.isfinite(found.rms) and other < head):
            best, head = found, other
    return best, head


@inner
def _window(limits: Limits, rules: Rules, key: float) -> float:
    """Return how far the key of a structure that matches may be from this one."""
    if limits.scale:
        return float((2 * limits.site + rules.stretch * key) * (1 + rules.stretch))
    return float(key * rules.volume / (1 - rules.volume))


@inner
def _is_far(known: Facts, limits: Limits, rules: Rules, one: int, two: int) -> bool:
    """Tell whether volume or fingerprint rule out that two structures match."""
    volumes = known.volume[one], known.volume[two]
    if np.abs(volumes[0] - volumes[1]) > rules.volume * max(volumes):
        return True
    begin, other, size = known.begin[one], known.begin[two], known.begin[one + 1] - known.begin[one]
    if known.begin[two + 1] - other != size:
        return True
    ratio = (volumes[0] / volumes[1]) ** (1 / 3) if limits.scale else 1.0
    near = 2 * limits.site * max(volumes) ** (1 / 3)
    for i in range(size):
        first, second = known.prints[begin + i], known.prints[other + i] * ratio
        if np.abs(first - second) > near + rules.stretch * max(first, second):
            return True
    return False


@inner
def compare(reduced: Reduced, group: NDArray[np.int64], limits: Limits, rules: Rules, one: int, two: int) -> Fit:
    """Return how two structures fit by cells of one size, the best of them; infinite where they are not one.

    What was averaged away to make cells smaller counts as displacement.
    """
    best = Fit(np.inf, np.inf, 1.0)
    for i in range(reduced.cells[one], reduced.cells[one + 1]):
        for j in range(reduced.cells[two], reduced.cells[two + 1]):
            is_given = i == reduced.cells[one] and j == reduced.cells[two]
            first, second = cell(reduced, i), cell(reduced, j)
            if len(first.kinds) != len(second.kinds):
                continue
            residual = 0.0 if is_given else reduced.residual[i] + reduced.residual[j]
            most = _most(rules, group[one], group[two], is_given)
            found = fit_cells(first, second, _narrowed(limits, most, len(first.kinds)))
            rms = np.sqrt(found.rms * found.rms + residual / (found.length_angstrom * found.length_angstrom))
            if rms < best.rms and rms <= most:
                best = Fit(rms, found.largest, found.length_angstrom)
    return best


@inner
def _narrowed(limits: Limits, most: float, size: int) -> Limits:
    """Return limits without what a rule refuses: by a given rms no site of n moves farther than rms * sqrt(n)."""
    site = min(limits.site, most * np.sqrt(size))
    return Limits(limits.length, site, limits.angle, limits.scale, limits.mirror, limits.once)


@inner
def _most(rules: Rules, group: int, other: int, is_given: bool) -> float:  # noqa: FBT001 — a kernel takes no keywords
    """Return the rms displacement up to which two structures of these space groups are one."""
    if is_given and group == other:
        return rules.same
    if group == 1 or other == 1:
        return rules.noise
    return rules.across if is_given else rules.cells


@outer
def compare_pairs(
    pairs: NDArray[np.int64], reduced: Reduced, group: NDArray[np.int64], limits: Limits, rules: Rules
) -> NDArray[np.float64]:
    """Return rms and largest displacement of pairs of structures, (p, 2), angstrom; infinite where they are not one.

    Args:
        pairs: indices of structures, (p, 2).
        reduced: their cells.
        group: space group numbers, as in Facts.
        limits: tolerances of the matcher.
        rules: what counts as one.
    """
    result = np.empty((len(pairs), 2))
    for i in range(len(pairs)):
        found = compare(reduced, group, limits, rules, pairs[i, 0], pairs[i, 1])
        result[i, 0] = found.rms * found.length_angstrom
        result[i, 1] = found.largest * found.length_angstrom
    return result
