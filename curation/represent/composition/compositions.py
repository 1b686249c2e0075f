"""Compositions: the list columns elements and amounts in, sparse atomic fractions out; no loop over rows.

Elements are numbered by the alphabetical order of their symbols, because that is how `materials` lists them:
pairs then arrive in order and need no sorting. Pairs in another order are sorted, and an element that is
listed twice is added up, so that a row gives the same bits however it was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from curation.represent.composition.refusals import RowRefusals
from schemas.elements import ISOTOPES, elements

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from curation.represent.composition.refusals import Lists


@dataclass(frozen=True, eq=False)
class Compositions:
    """Sparse atomic fractions; pairs are sorted by row, then by element, each element at most once in a row.

    Attributes:
        n_rows: number of rows, failed ones included.
        rows: (n_pairs,), row of the pair.
        codes: (n_pairs,), element of the pair: index into `element_order()`.
        fractions: (n_pairs,), dimensionless; they sum to 1 over a row up to rounding.
        failures: reason by row, for rows that have no composition; these have no pairs.
        totals: (n_rows,), sum of the amounts of the row as it was given: 5 for Fe2O3; 0 for a failed row.
    """

    n_rows: int
    rows: NDArray[np.int64]
    codes: NDArray[np.int64]
    fractions: NDArray[np.float64]
    failures: Mapping[int, str]
    totals: NDArray[np.float64]


@cache
def element_order() -> tuple[str, ...]:
    """Return the symbols of the 118 elements in alphabetical order."""
    return tuple(sorted(elements()))


def read_compositions(part: pa.Table) -> Compositions:
    """Return the compositions of the rows of `part`; deuterium and tritium count as hydrogen.

    Args:
        part: columns elements (list of symbols) and amounts (list of positive numbers in the same order), of
            any common scale: Fe2O3 and Fe4O6 give the same fractions.
    """
    symbols, amounts = _lists(part, "elements"), _lists(part, "amounts")
    refusals = RowRefusals()
    counts = refusals.of_lists(symbols, amounts)
    if refusals.reasons:
        readable = pa.array(counts > 0)
        symbols, amounts = symbols.filter(readable), amounts.filter(readable)
    rows = np.repeat(np.arange(part.num_rows, dtype=np.int64), counts)
    codes, values = _codes(symbols.flatten()), _float64(amounts.flatten())
    bad = refusals.of_pairs(rows, symbols.flatten(), codes, values)
    if bad.size:
        keep = ~np.isin(rows, bad)
        rows, codes, values = rows[keep], codes[keep], values[keep]
    rows, codes, values = _in_order(rows, codes, values)
    totals = np.bincount(rows, weights=values, minlength=part.num_rows)
    return Compositions(part.num_rows, rows, codes, values / totals[rows], refusals.reasons, totals)


def _lists(part: pa.Table, name: str) -> Lists:
    return cast("Lists", part.column(name).combine_chunks())


def _codes(symbols: pa.Array[pa.StringScalar]) -> NDArray[np.int64]:
    """Return the code of each symbol, -1 where it is no element."""
    order = element_order()
    value_set = pa.array([*order, *ISOTOPES])
    found = pc.index_in(symbols.cast(pa.string()), value_set=value_set).fill_null(len(value_set))
    known = [*range(len(order)), *(order.index(symbol) for symbol in ISOTOPES.values()), -1]
    codes: NDArray[np.int64] = np.array(known, dtype=np.int64)[found.to_numpy(zero_copy_only=False)]
    return codes


def _float64(values: pa.Array[pa.DoubleScalar]) -> NDArray[np.float64]:
    numbers: NDArray[np.float64] = values.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
    return numbers


def _in_order(
    rows: NDArray[np.int64], codes: NDArray[np.int64], values: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Sort the pairs by row, element and amount, and add up an element that stands twice in a row."""
    keys = rows * len(element_order()) + codes
    if bool(np.all(keys[1:] > keys[:-1])):
        return rows, codes, values
    order = np.lexsort((values, keys))
    keys = keys[order]
    first = np.concatenate(([True], keys[1:] > keys[:-1]))
    summed = np.bincount(np.cumsum(first) - 1, weights=values[order])
    kept = order[first]
    return rows[kept], codes[kept], summed
