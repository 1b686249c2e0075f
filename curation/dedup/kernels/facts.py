"""Facts: cells in, what rules a match out without comparing sites out; compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from curation.dedup.kernels.compiled import outer
from curation.dedup.kernels.fingerprint import NEIGHBOURS, fingerprint, number_of_kinds
from curation.dedup.kernels.geometry import determinant
from curation.dedup.kernels.reduce import Reduced, cell

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
