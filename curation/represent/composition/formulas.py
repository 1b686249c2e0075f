"""Formulas: strings in, sparse atomic fractions out, by a compiled parser over the buffer of an Arrow column.

The parser reads what nearly all formulas are made of: symbols, amounts, brackets. What it does not know (hydrates,
charges, Unicode, mistakes) it leaves to `schemas.formula.parse_formula`, which reads or refuses it with a reason.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
from numba import njit

from curation.represent.composition.compositions import Compositions, element_order
from schemas.elements import ISOTOPES, elements
from schemas.formula import FormulaError, parse_formula

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_DEEPEST, _MOST_ELEMENTS, _MOST_DIGITS, _LONGEST = 8, 118, 16, 256
_UPPER, _LOWER, _DIGIT, _DOT, _OPEN, _CLOSE = 65, 97, 48, 46, 1, 2


@cache
def _symbol_codes() -> NDArray[np.int64]:
    """Return the code of each symbol, (26, 27): first letter, second letter or none; -1 where there is none."""
    codes = np.full((26, 27), -1, dtype=np.int64)
    order = {symbol: code for code, symbol in enumerate(element_order())}
    for symbol in (*elements(), *ISOTOPES):
        second = ord(symbol[1]) - _LOWER + 1 if len(symbol) > 1 else 0
        codes[ord(symbol[0]) - _UPPER, second] = order[ISOTOPES.get(symbol, symbol)]
    return codes


@cache
def _brackets() -> NDArray[np.int64]:
    """Return for each byte whether it opens a bracket or closes one, (256,)."""
    kinds = np.zeros(256, dtype=np.int64)
    kinds[[ord(sign) for sign in "([{"]] = _OPEN
    kinds[[ord(sign) for sign in ")]}"]] = _CLOSE
    return kinds


def read_formulas(formulas: pa.Array[Any] | pa.ChunkedArray[Any] | Sequence[str]) -> Compositions:
    """Return the compositions of formulas; a formula that cannot be read is a failure with its reason."""
    column = _string_array(formulas)
    text = np.frombuffer(column.buffers()[2] or pa.py_buffer(b""), np.uint8)
    offsets = np.frombuffer(column.buffers()[1] or pa.py_buffer(bytes(8)), np.int64)
    offsets = offsets[column.offset : column.offset + len(column) + 1]
    room = int(offsets[-1] - offsets[0]) if len(column) else 0
    starts, codes, amounts = np.zeros(len(column) + 1, np.int64), np.empty(room, np.int64), np.empty(room)
    readable = np.zeros(len(column), dtype=np.bool_)
    found = _parse(text, offsets, _symbol_codes(), _brackets(), starts, codes, amounts, readable)
    failures: dict[int, str] = {}
    if readable.all():
        return _compositions(starts, codes[:found], amounts[:found], failures)
    return _with_the_rest(column, starts, codes[:found], amounts[:found], readable)


def _string_array(formulas: pa.Array[Any] | pa.ChunkedArray[Any] | Sequence[str]) -> pa.Array[Any]:
    column: Any = formulas
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if not isinstance(column, pa.Array):
        column = pa.array(column, pa.large_string())
    return cast("pa.Array[Any]", column.cast(pa.large_string()))


def _compositions(
    starts: NDArray[np.int64], codes: NDArray[np.int64], amounts: NDArray[np.float64], failures: dict[int, str]
) -> Compositions:
    n_rows = len(starts) - 1
    rows = np.repeat(np.arange(n_rows), np.diff(starts))
    totals = np.bincount(rows, weights=amounts, minlength=n_rows)
    return Compositions(n_rows, rows, codes, amounts / totals[rows], failures, totals)


def _with_the_rest(
    column: pa.Array[Any],
    starts: NDArray[np.int64],
    codes: NDArray[np.int64],
    amounts: NDArray[np.float64],
    readable: NDArray[np.bool_],
) -> Compositions:
    """Read what the compiled parser left, one by one, and put it in its place."""
    failures: dict[int, str] = {}
    order = {symbol: code for code, symbol in enumerate(element_order())}
    rows, more_codes, more_amounts = [np.repeat(np.arange(len(column)), np.diff(starts))], [codes], [amounts]
    for row in np.flatnonzero(~readable).tolist():
        try:
            parsed = sorted(parse_formula(column[row].as_py() or "").items())
        except FormulaError as error:
            failures[row] = str(error)
            continue
        rows.append(np.full(len(parsed), row))
        more_codes.append(np.array([order[symbol] for symbol, _ in parsed], dtype=np.int64))
        more_amounts.append(np.array([amount for _, amount in parsed]))
    joined = np.concatenate(rows)
    placed = np.argsort(joined, kind="stable")
    all_starts = np.concatenate(([0], np.cumsum(np.bincount(joined, minlength=len(column)))))
    return _compositions(all_starts, np.concatenate(more_codes)[placed], np.concatenate(more_amounts)[placed], failures)


@njit(cache=True)
def _parse(  # noqa: PLR0913, PLR0917, C901, PLR0912, PLR0915 — one pass, from right to left, over all strings
    text: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    symbol_codes: NDArray[np.int64],
    brackets: NDArray[np.int64],
    starts: NDArray[np.int64],
    codes: NDArray[np.int64],
    amounts: NDArray[np.float64],
    readable: NDArray[np.bool_],
) -> int:
    """Parse all strings from right to left, so that a number is known before what it multiplies; return the pairs."""
    factors = np.empty(_DEEPEST + 1)
    sums = np.zeros(_MOST_ELEMENTS)
    seen = np.empty(_MOST_ELEMENTS, np.int64)
    found = 0
    for row in range(len(offsets) - 1):
        begin, at = offsets[row], offsets[row + 1] - 1
        depth, n_seen, number, scale, waiting = 0, 0, 0.0, 1.0, False
        factors[0] = 1.0
        good = begin <= at < begin + _LONGEST
        while at >= begin and good:
            sign = text[at]
            if _DIGIT <= sign < _DIGIT + 10:
                last = at
                dots, dot = 0, at + 1
                while at >= begin and (_DIGIT <= text[at] < _DIGIT + 10 or text[at] == _DOT):
                    if text[at] == _DOT:
                        dots, dot = dots + 1, at
                    at -= 1
                good = not waiting and dots <= 1 and last - at < _MOST_DIGITS
                number, scale = 0.0, 1.0
                for place in range(at + 1, last + 1):
                    if text[place] != _DOT:
                        number = number * 10 + (text[place] - _DIGIT)
                        if dots and place > dot:
                            scale *= 10
                number /= scale
                good = good and number > 0
                waiting = True
                continue
            value = number if waiting else 1.0
            waiting = False
            if brackets[sign] == _CLOSE:
                good = depth < _DEEPEST
                if good:
                    depth += 1
                    factors[depth] = factors[depth - 1] * value
            elif brackets[sign] == _OPEN:
                good = depth > 0 and value == 1.0 and at + 1 < offsets[row + 1] and brackets[text[at + 1]] != _CLOSE
                depth -= 1
            else:
                second = 0
                if _LOWER <= sign < _LOWER + 26 and at > begin:
                    second = sign - _LOWER + 1
                    at -= 1
                    sign = text[at]
                code = -1
                if _UPPER <= sign < _UPPER + 26:
                    code = symbol_codes[sign - _UPPER, second]
                good = code >= 0
                if good:
                    if sums[code] == 0:
                        seen[n_seen] = code
                        n_seen += 1
                    sums[code] += value * factors[depth]
            at -= 1
        good = good and depth == 0 and not waiting and n_seen > 0
        for place in range(1, n_seen):
            code, slot = seen[place], place
            while slot > 0 and seen[slot - 1] > code:
                seen[slot] = seen[slot - 1]
                slot -= 1
            seen[slot] = code
        for place in range(n_seen):
            if good:
                codes[found] = seen[place]
                amounts[found] = np.rint(sums[seen[place]] * 1e9) / 1e9
                found += 1
            sums[seen[place]] = 0.0
        readable[row] = good
        starts[row + 1] = found
    return found
