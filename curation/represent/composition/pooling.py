"""Pooling: sparse fractions and a table of the elements in, one statistic of each property of each row out; compiled.

Sums run over the elements of a row in their fixed order, in double precision. No fast mathematics: each operation is
rounded by IEEE 754 and nothing is fused, so that mean, sum, least, greatest and range are the same bits everywhere.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from curation.represent.composition.compositions import Compositions


class Pooling(IntEnum):
    """A statistic over the atoms of a formula; the names are what a user writes."""

    MEAN = 0
    SUM = 1
    MAX = 2
    MIN = 3
    RANGE = 4
    STD = 5
    VARIANCE = 6
    AVG_DEV = 7
    MODE = 8
    GEOMETRIC_MEAN = 9
    HARMONIC_MEAN = 10


# Elements whose fractions are this near to the largest are as frequent as it, as in matminer.
_RELATIVE, _ABSOLUTE = 1e-5, 1e-8
# Compiled code does not see the members of `Pooling`; `found` has a line for each, in their order.
_N_POOLINGS, _FIRST_SPREAD, _FIRST_POWER = len(Pooling), int(Pooling.STD), int(Pooling.GEOMETRIC_MEAN)
_LAST_SPREAD = int(Pooling.AVG_DEV)
_AT_A_TIME = 4


def pooled(
    compositions: Compositions,
    table: NDArray[np.float64],
    poolings: tuple[Pooling, ...],
    *,
    single: bool = True,
    by_property: bool = False,
) -> NDArray[Any]:
    """Return statistics of each property over the atoms of each row.

    Mean, variance, standard and average deviation weigh elements by their fractions, `sum` by their amounts in the
    formula; least, greatest and range do not weigh; the mode is the least value among the most frequent elements.

    Args:
        compositions: n_rows rows of sparse fractions.
        table: (118, width), finite, rows in the order of `element_order()`, in the units of the properties.
        poolings: statistics.
        single: round the result to single precision.
        by_property: all statistics of the first property, then of the next.

    Returns:
        (n_rows, len(poolings) * width), all properties of the first statistic, then of the next; 0 for a row without
        pairs. A geometric mean of negative numbers and a harmonic one with a zero are NaN.
    """
    width = table.shape[1]
    starts = starts_of_rows(compositions)
    result = np.empty((compositions.n_rows, len(poolings) * width), np.float32 if single else np.float64)
    plain = np.ascontiguousarray(table)
    if set(poolings) <= {Pooling.MEAN, Pooling.SUM} and not by_property:
        for place, pooling in enumerate(poolings):
            totals = compositions.totals if pooling is Pooling.SUM else np.ones(compositions.n_rows)
            _sum(starts, compositions.codes, compositions.fractions, totals, plain, place * width, result)
        return result
    kinds = np.array(poolings, dtype=np.int64)
    steps = (1, len(poolings)) if by_property else (width, 1)
    _statistics(starts, compositions.codes, compositions.fractions, compositions.totals, plain, kinds, steps, result)
    return result


def starts_of_rows(compositions: Compositions) -> NDArray[np.int64]:
    """Return where the pairs of each row begin, (n_rows + 1,)."""
    counts = np.bincount(compositions.rows, minlength=compositions.n_rows)
    return np.concatenate(([0], np.cumsum(counts)))


@njit(cache=True)
def _sum(  # noqa: PLR0917 — flat arrays, as compiled code takes them
    starts: NDArray[np.int64],
    codes: NDArray[np.int64],
    fractions: NDArray[np.float64],
    totals: NDArray[np.float64],
    table: NDArray[np.float64],
    first_column: int,
    result: NDArray[Any],
) -> None:
    """Fill in weighted sums. Four elements, as most formulas have at most, are summed in one pass over the columns.

    Fewer are made up with weights of zero, and what a formula has beyond four is summed before, in order: adding zeros
    changes no bits, as no sum here is a negative zero.
    """
    sums = np.empty(table.shape[1])
    for row in range(len(starts) - 1):
        begin, end = starts[row], starts[row + 1]
        sums[:] = 0.0
        while end - begin > _AT_A_TIME:
            weight, values = fractions[begin], table[codes[begin]]
            for column in range(len(sums)):
                sums[column] += weight * values[column]
            begin += 1
        n = end - begin
        a, weight_a = (codes[begin], fractions[begin]) if n > 0 else (0, 0.0)
        b, weight_b = (codes[begin + 1], fractions[begin + 1]) if n > 1 else (0, 0.0)
        c, weight_c = (codes[begin + 2], fractions[begin + 2]) if n > 2 else (0, 0.0)  # noqa: PLR2004 — the third
        d, weight_d = (codes[begin + 3], fractions[begin + 3]) if n > 3 else (0, 0.0)  # noqa: PLR2004 — the fourth
        one, two, three, four = table[a], table[b], table[c], table[d]
        total, line = totals[row], result[row, first_column : first_column + len(sums)]
        for column in range(len(sums)):
            value = sums[column] + weight_a * one[column] + weight_b * two[column]
            line[column] = (value + weight_c * three[column] + weight_d * four[column]) * total


@njit(cache=True)
def _statistics(  # noqa: PLR0913, PLR0917 — as _sum
    starts: NDArray[np.int64],
    codes: NDArray[np.int64],
    fractions: NDArray[np.float64],
    totals: NDArray[np.float64],
    table: NDArray[np.float64],
    kinds: NDArray[np.int64],
    steps: tuple[int, int],
    result: NDArray[Any],
) -> None:
    width = table.shape[1]
    found = np.empty((_N_POOLINGS, width))
    spreads, powers = False, False
    for kind in kinds:
        spreads |= _FIRST_SPREAD <= kind <= _LAST_SPREAD
        powers |= kind >= _FIRST_POWER
    for row in range(len(starts) - 1):
        some = slice(starts[row], starts[row + 1])
        _one_row(codes[some], fractions[some], totals[row], table, found)
        if spreads:
            _spreads(codes[some], fractions[some], table, found)
        if powers:
            _power_means(codes[some], fractions[some], table, found)
        for place in range(len(kinds)):
            for column in range(width):
                result[row, place * steps[0] + column * steps[1]] = found[kinds[place], column]


@njit(cache=True)
def _one_row(
    codes: NDArray[np.int64],
    fractions: NDArray[np.float64],
    total: float,
    table: NDArray[np.float64],
    found: NDArray[np.float64],
) -> None:
    """Find mean, sum, extremes, range and mode of one row: `found` has a line for each member of `Pooling`."""
    n_pairs, width = len(codes), table.shape[1]
    largest = 0.0
    for pair in range(n_pairs):
        largest = max(largest, fractions[pair])
    start = np.inf if n_pairs else 0.0
    for column in range(width):
        found[0, column], found[2, column], found[3, column], found[8, column] = 0.0, -start, start, start
    for pair in range(n_pairs):
        weight, code = fractions[pair], codes[pair]
        frequent = abs(weight - largest) <= _ABSOLUTE + _RELATIVE * largest
        for column in range(width):
            value = table[code, column]
            found[0, column] += weight * value
            found[2, column] = max(found[2, column], value)
            found[3, column] = min(found[3, column], value)
            if frequent:
                found[8, column] = min(found[8, column], value)
    for column in range(width):
        found[1, column] = found[0, column] * total
        found[4, column] = found[2, column] - found[3, column]


@njit(cache=True)
def _spreads(
    codes: NDArray[np.int64], fractions: NDArray[np.float64], table: NDArray[np.float64], found: NDArray[np.float64]
) -> None:
    """Find standard deviation, variance and average deviation; the mean is found before."""
    for column in range(table.shape[1]):
        found[6, column], found[7, column] = 0.0, 0.0
    for pair in range(len(codes)):
        weight, code = fractions[pair], codes[pair]
        for column in range(table.shape[1]):
            apart = abs(table[code, column] - found[0, column])
            found[6, column] += weight * apart * apart
            found[7, column] += weight * apart
    for column in range(table.shape[1]):
        found[5, column] = np.sqrt(found[6, column])


@njit(cache=True)
def _power_means(
    codes: NDArray[np.int64], fractions: NDArray[np.float64], table: NDArray[np.float64], found: NDArray[np.float64]
) -> None:
    """Find the geometric and the harmonic mean; NaN where they are not defined."""
    for column in range(table.shape[1]):
        logarithm, inverse = 0.0, 0.0
        for pair in range(len(codes)):
            value = table[codes[pair], column]
            logarithm += fractions[pair] * np.log(value) if value > 0 else np.nan
            inverse += fractions[pair] / value if value != 0 else np.nan
        found[9, column] = np.exp(logarithm)
        found[10, column] = 1.0 / inverse if len(codes) else 0.0
