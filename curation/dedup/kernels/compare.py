"""Compare: cells of two structures in, how they fit by the rules of a level out, if they are one; compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from curation.dedup.kernels.compiled import inner, outer
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


@inner
def compare(reduced: Reduced, group: NDArray[np.int64], limits: Limits, rules: Rules, one: int, two: int) -> Fit:
    """Return how two structures fit by cells of one size, the best of them; infinite where they are not one."""
    best = Fit(np.inf, np.inf, 1.0)
    for i in range(reduced.cells[one], reduced.cells[one + 1]):
        for j in range(reduced.cells[two], reduced.cells[two + 1]):
            if reduced.begin[i + 1] - reduced.begin[i] == reduced.begin[j + 1] - reduced.begin[j]:
                is_given = i == reduced.cells[one] and j == reduced.cells[two]
                most = most_rms(rules, group[one], group[two], is_given)
                found = compare_cells(reduced, limits, most, is_given, i, j)
                if found.rms < best.rms:
                    best = found
    return best


@inner
def compare_cells(
    reduced: Reduced,
    limits: Limits,
    most: float,
    is_given: bool,  # noqa: FBT001 — a kernel takes no keywords
    i: int,
    j: int,
) -> Fit:
    """Return how two cells of one size fit; infinite where the rms displacement is more than `most`.

    What was averaged away to make cells smaller counts as displacement; cells as given keep theirs.
    """
    first, second = cell(reduced, i), cell(reduced, j)
    residual = 0.0 if is_given else reduced.residual[i] + reduced.residual[j]
    found = fit_cells(first, second, _narrowed(limits, most, len(first.kinds)))
    rms = np.sqrt(found.rms * found.rms + residual / (found.length_angstrom * found.length_angstrom))
    return Fit(rms, found.largest, found.length_angstrom) if rms <= most else Fit(np.inf, np.inf, 1.0)


@inner
def _narrowed(limits: Limits, most: float, size: int) -> Limits:
    """Return limits without what a rule refuses: by a given rms no site of n moves farther than rms * sqrt(n)."""
    site = min(limits.site, most * np.sqrt(size))
    return Limits(limits.length, site, limits.angle, limits.scale, limits.mirror, limits.once)


@inner
def most_rms(rules: Rules, group: int, other: int, is_given: bool) -> float:  # noqa: FBT001 — a kernel takes no keywords
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
