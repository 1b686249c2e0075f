"""Formula: a chemical formula string in, amounts of elements out.

The grammar covers what databases and papers print: nested brackets, fractional amounts, subscripts in Unicode,
hydrates with a middle dot, charges at the end. It refuses what it does not understand: a formula is never guessed.
"""

from __future__ import annotations

import re

from schemas.elements import ISOTOPES, elements

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_TOKEN = re.compile(r"([A-Z][a-z]?)|([(\[{])|([)\]}])|(\d+(?:\.\d+)?|\.\d+)")
# A charge has its number behind "^", or is a bare sign, or stands behind a single symbol: "SO4^2-", "NH4+", "Fe3+".
_CHARGE = re.compile(r"(?:\^\d*[+-]|(?<=^[A-Z])\d[+-]|(?<=^[A-Z][a-z])\d[+-]|[+\-⁺⁻]+)$")
_AMBIGUOUS = re.compile(r"(?<!^[A-Z])(?<!^[A-Z][a-z])\d{2,}[+-]$")
_DOTS = re.compile(r"[·•∙*]")
_LEADING = re.compile(r"^(\d+(?:\.\d+)?)(?=[A-Z(\[])")
_MAX_LENGTH = 256


class FormulaError(ValueError):
    """The text is not a chemical formula; says what was got and at which character it went wrong."""


def parse_formula(text: str) -> dict[str, float]:
    """Return the amount of each element, in the order of first appearance.

    Args:
        text: for example "Fe2O3", "Ca(OH)2", "Li0.9Na0.1FePO4", "CuSO4·5H2O".

    Raises:
        FormulaError: an unknown symbol, unbalanced brackets, a character outside the grammar, an empty text.
    """
    if len(text) > _MAX_LENGTH:
        message = f"a formula has at most {_MAX_LENGTH} characters, got {len(text)}"
        raise FormulaError(message)
    if _AMBIGUOUS.search(text) and "^" not in text:
        raise _refused(text, "its last digits may be a subscript or a charge; write the charge as ^2-")
    amounts: dict[str, float] = {}
    for part in _DOTS.split(text.translate(_SUBSCRIPTS).replace(" ", "")):
        leading = _LEADING.match(part)
        factor = float(leading.group(1)) if leading else 1.0
        body = _CHARGE.sub("", part[leading.end() :] if leading else part)
        for symbol, amount in _parse_part(body, whole=text).items():
            amounts[symbol] = amounts.get(symbol, 0.0) + factor * amount
    return {symbol: round(amount, 9) for symbol, amount in amounts.items()}


def _parse_part(body: str, *, whole: str) -> dict[str, float]:
    """Parse one part without dots by a stack of open brackets."""
    stack: list[dict[str, float]] = [{}]
    last: dict[str, float] = {}
    position = 0
    while position < len(body):
        match = _TOKEN.match(body, position)
        if match is None:
            raise _refused(whole, f"the character {body[position]!r} is not part of a formula")
        symbol, opening, closing, number = match.groups()
        if symbol:
            last = {_element(symbol, whole): 1.0}
            _add(stack[-1], last, 1.0)
        elif opening:
            stack.append({})
            last = {}
        elif closing:
            if len(stack) == 1:
                raise _refused(whole, "a bracket is closed that was not opened")
            last = stack.pop()
            _add(stack[-1], last, 1.0)
        else:
            if not last:
                raise _refused(whole, f"the number {number} follows no element or bracket")
            _add(stack[-1], last, float(number) - 1.0)
            last = {}
        position = match.end()
    if len(stack) > 1:
        raise _refused(whole, "a bracket is not closed")
    amounts = {symbol: amount for symbol, amount in stack[0].items() if amount > 0}
    if not amounts:
        raise _refused(whole, "it holds no element")
    return amounts


def _element(symbol: str, whole: str) -> str:
    symbol = ISOTOPES.get(symbol, symbol)
    if symbol not in elements():
        raise _refused(whole, f"{symbol} is not an element")
    return symbol


def _add(target: dict[str, float], amounts: dict[str, float], factor: float) -> None:
    for symbol, amount in amounts.items():
        target[symbol] = target.get(symbol, 0.0) + factor * amount


def _refused(text: str, why: str) -> FormulaError:
    return FormulaError(f"{text!r} is not a chemical formula: {why}")
