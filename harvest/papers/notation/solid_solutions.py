"""Solid solutions: a formula with variables and their values in, the formula of that member of the series out.

"Ba_{1−x}Sr_{x}TiO_{3}" with x = 0.1 is Ba0.9Sr0.1TiO3. Amounts are sums of numbers and multiples of x, y or z.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harvest.papers.notation.marked import for_reading, plain
from schemas.elements import atomic_numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLES = "xyz"
_PART = re.compile(r"(?P<symbol>[A-Z][a-z]?|[()\[\]])(?P<amount>[0-9.]*(?:[0-9.+\-]*[xyz][0-9.+\-xyz]*)?)")
_TERM = re.compile(r"(?P<sign>[+-]?)(?P<number>\d*\.?\d*)(?P<variable>[xyz]?)")
_LEAST_ELEMENTS = 2


def is_series(markup: str) -> bool:
    """Tell a formula whose amounts hold a variable from other words."""
    text = _text(markup)
    parts = list(_PART.finditer(text))
    if "".join(part[0] for part in parts) != text or not any(set(part["amount"]) & set(_VARIABLES) for part in parts):
        return False
    symbols = [part["symbol"] for part in parts if part["symbol"].isalpha()]
    return len(symbols) >= _LEAST_ELEMENTS and all(symbol in atomic_numbers() for symbol in symbols)


def member(markup: str, values: Mapping[str, float]) -> str | None:
    """Return the formula with numbers for its variables; none where one has no value or an amount is negative.

    Args:
        markup: a formula that `is_series`.
        values: of the variables, such as x = 0.1.
    """
    written = []
    for part in _PART.finditer(_text(markup)):
        amount = _amount(part["amount"], values)
        if amount is None or amount < 0:
            return None
        is_group = part["symbol"] in "([" or (not part["amount"] and part["symbol"] in ")]")
        number = "" if is_group or amount == 1.0 else f"{amount:g}"
        written.append("" if amount == 0 else part["symbol"] + number)
    return "".join(written)


def variables_of(markup: str) -> frozenset[str]:
    """Return the variables of a series."""
    return frozenset(_text(markup)) & frozenset(_VARIABLES)


def _text(markup: str) -> str:
    return plain(for_reading(markup)).replace(" ", "")


def _amount(expression: str, values: Mapping[str, float]) -> float | None:
    if not expression:
        return 1.0
    total = 0.0
    for term in _TERM.finditer(expression):
        if not term[0]:
            continue
        if term["variable"] and term["variable"] not in values:
            return None
        size = float(term["number"] or 1.0) * (values[term["variable"]] if term["variable"] else 1.0)
        total += -size if term["sign"] == "-" else size
    return round(total, 9)
