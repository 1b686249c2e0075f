"""Refusals: which rows have no composition, and why; loops over the refused rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    type Lists = pa.ListArray[pa.StringScalar | pa.DoubleScalar]


class RowRefusals:
    """Collects one reason for each row that cannot be read, the first that is met.

    Attributes:
        reasons: reason by row index.
    """

    def __init__(self) -> None:
        self.reasons: dict[int, str] = {}

    def of_lists(self, symbols: Lists, amounts: Lists) -> NDArray[np.int64]:
        """Refuse rows whose lists are missing, empty or of different length; return the pairs of each row.

        Returns:
            (n_rows,), 0 for a refused row.
        """
        n_symbols, n_amounts = (_lengths(column) for column in (symbols, amounts))
        for row in np.flatnonzero((n_symbols != n_amounts) | (n_symbols <= 0)).tolist():
            self.reasons[row] = _why_not(int(n_symbols[row]), int(n_amounts[row]))
        if self.reasons:
            n_symbols[np.fromiter(self.reasons, dtype=np.int64)] = 0
        return n_symbols

    def of_pairs(
        self,
        rows: NDArray[np.int64],
        symbols: pa.Array[pa.StringScalar],
        codes: NDArray[np.int64],
        amounts: NDArray[np.float64],
    ) -> NDArray[np.int64]:
        """Refuse rows with a symbol that is no element or an amount that is not positive; return them."""
        wrong = np.flatnonzero((codes < 0) | ~(amounts > 0) | ~np.isfinite(amounts))
        for pair in wrong.tolist():
            symbol = symbols[pair].as_py()
            amount = f"the amount of {symbol} is {amounts[pair]:g}, expected a positive number"
            reason = f"{symbol!r} is not an element" if codes[pair] < 0 else amount
            self.reasons.setdefault(int(rows[pair]), reason)
        return np.unique(rows[wrong])


def _lengths(column: Lists) -> NDArray[np.int64]:
    """Return the number of elements of each list, -1 for a missing list."""
    lengths: NDArray[np.int64] = column.value_lengths().fill_null(-1).to_numpy(zero_copy_only=False)
    return lengths.astype(np.int64)


def _why_not(n_symbols: int, n_amounts: int) -> str:
    if n_symbols < 0 or n_amounts < 0:
        return "elements or amounts is missing"
    if n_symbols != n_amounts:
        return f"{n_symbols} elements but {n_amounts} amounts"
    return "it holds no element"
