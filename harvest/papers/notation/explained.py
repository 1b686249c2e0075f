"""Explained: a caption or a footnote in; the symbols that it explains by names of properties out.

"bulk modulus B", "open-circuit voltage (V_{OC})", "E_{corr} - corrosion potential", "UTS: ultimate tensile strength".
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from harvest.papers.notation.marked import REMEMBERED, plain
from harvest.papers.notation.vocabulary import definitions_named, symbol_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SYMBOL = re.compile(
    r"^(?:[A-Za-z]{0,3}[Α-Ωα-ω∆△]\S{0,6}|[A-Za-z]{1,3}\S?[_^]\{[^{}]*\}\S{0,6}|[A-Z][A-Za-z0-9]{0,5}|[a-z])$"
)
_JOINT = frozenset(["-", "–", "—", "−", "=", ":", "is", "denotes", "means", "represents", "the"])
_OPENING = frozenset([
    "the", "a", "an", "and", "or", "of", "with", "by", "for", "in", "as", "calculated", "measured", "experimental",
    "average", "mean", "total", "corresponding", "values", "value",
])  # fmt: skip
_MOST_WORDS = 6
_ENDS = (",", ";", ".", ":", ")")


@lru_cache(maxsize=REMEMBERED)
def explained_in(markup: str) -> Mapping[str, str]:
    """Return the name of each symbol that a text explains, by `symbol_key`."""
    tokens = re.sub(r" (?=[_^]\{)", "", markup).split()
    found: dict[str, str] = {}
    for index, token in enumerate(tokens):
        symbol = token.strip("()[],;:.")
        if not _SYMBOL.match(symbol):
            continue
        name = _before(tokens[:index]) or _behind(tokens[index:], symbol)
        if name:
            found.setdefault(symbol_key(symbol), name)
    return MappingProxyType(found)


def _before(tokens: Sequence[str]) -> str:
    """Return the longest name of a property that ends where the symbol begins: "bulk modulus" before "B"."""
    if not tokens or tokens[-1].endswith(_ENDS):
        return ""
    for count in range(min(_MOST_WORDS, len(tokens)), 0, -1):
        words = plain(" ".join(tokens[-count:])).strip("()[],;:.")
        if definitions_named(words):
            return words if _begins(tokens[:-count]) else ""
    return ""


def _begins(before: Sequence[str]) -> bool:
    """Tell whether a name may begin here: "van der Waals cohesive energy" is another than "cohesive energy"."""
    return not before or before[-1].lower() in _OPENING or before[-1].endswith((*_ENDS, "("))


def _behind(tokens: Sequence[str], symbol: str) -> str:
    """Return the longest name that a sign parts from the symbol before it: "YS: yield strength"."""
    start = 1
    while start < len(tokens) and tokens[start] in _JOINT:
        start += 1
    if start == 1 and tokens[0].strip("([") == symbol:
        return ""
    words = [tokens[start]] if start < len(tokens) else []
    while words and len(words) < _MOST_WORDS and start + len(words) < len(tokens) and not words[-1].endswith(_ENDS):
        words.append(tokens[start + len(words)])
    for count in range(len(words), 0, -1):
        name = plain(" ".join(words[:count])).strip("()[],;:.")
        if definitions_named(name):
            return name
    return ""
