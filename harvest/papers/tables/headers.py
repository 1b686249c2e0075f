"""Headers: the marked-up text of a header cell in; its name, symbols, unit, multiplier and conditions out.

The grammar is `name [symbol] [× 10^n] [(10^n unit)] [, condition]` with "(", "[", "," and "/" as separators.
"X × 10^n" prints X times 10^n, so the numbers below are divided by it; "(10^n unit)" and "/ 10^n unit" print
multiples of that unit, so the numbers below are multiplied by it (the calculus of quantities, ISO 80000-1, 7.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from harvest.papers.notation.conditions import read_condition, split_at
from harvest.papers.notation.marked import REMEMBERED, as_printed, for_reading, plain
from harvest.papers.notation.quantities import looks_numeric
from harvest.papers.notation.units import Unit, read_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.measurement import Condition

_BRACKET = re.compile(r"(?<![_^])[(\[]((?:[^()\[\]]|[(\[][^()\[\]]*[)\]])*)[)\]]")
_SEPARATOR = re.compile(r"[,;/]|\bin\b")
_NAME_MULTIPLIER = re.compile(
    r"\s*[x×·]\s?10\s?(?:\^\{\s*([+-]?\s?\d+)\s*\})?\s*$|^10\s?\^\{\s*([+-]?\s?\d+)\s*\}\s?[x×·]?\s*"
)
# "10^{8} D (cm^{2}/s)" is a multiple of D, not a quantity.
_MULTIPLE = re.compile(r"^10\s?\^\{[^{}]*\}\s?[x×·]?\s?[^\s\d(\[]+\s?[(\[,]")
# The logarithm of a quantity is another quantity, without a unit.
_LOGARITHM = re.compile(r"^(?:log(?:_\{?10\}?|10)?|lg|ln)\b\s?[(\[]?", re.IGNORECASE)
# How far the numbers below are off, which is no part of the name: "± SD", "(± 0.01)", but not the unit in "(± 2 °C)".
_SPREAD = re.compile(
    r"\(\s?±\s?[\d.]+\s?%?\s?\)|(?<=\()\s?±\s?[\d.]+\s?(?=\S)|±\s?[\d.]+\s?%?\s*$|"
    r"\(?\s?±\s?(?:s\.?[de]\.?(?:m\.?)?|std\.?(?: dev\.?)?|standard (?:deviation|error)|errors?|uncertainty)\b\s?\)?",
    re.IGNORECASE,
)
_BARE_MULTIPLIER = re.compile(r"^[x×·]?\s?10\s?(?:\^\{\s*([+-]?\s?\d+)\s*\})$")
_SYMBOL = re.compile(r"^(?:[A-Za-zΑ-Ωα-ωħ∆△'*]{1,4}\d?|\S{0,4}[_^]\{[^{}]*\}\S{0,6}|[Α-Ωα-ωħ∆△]\S{0,6})$")
_MARKED = re.compile(r"[_^]\{|[Α-Ωα-ω∆△ħ]")
_TIMES = frozenset("×·∙⋅*")
_SINGLE = re.compile(r"^(?:[A-Z][a-z]?|[a-z])$")
# A ratio of two elements, not henry per coulomb.
_RATIO = re.compile(r"^(?:[HCNOSPKFBVUWY]|[A-Z][a-z]) ?/ ?(?:[HCNOSPF]|[A-Z][a-z])$")
# "T/K" alone over a column is a symbol by its unit, though "V/nm" could be a unit: a field has a name before it.
_BY_ITS_UNIT = re.compile(r"^[A-Za-z] ?/ ?(?:K|°C|%|[kMG]?Pa|nm|Å(?:\^\{3\})?|m?eV)$")
_BRACKET_BEHIND = re.compile(r"[\w}%] ?[(\[]")
_MARKED_UNIT = re.compile(r"[\^/%°]|^(?:HV[\d.]*|HBW?|HK|[kMGmn]?Pa|m?eV|[kM]?J|nm|S|ppm|mAh|Wh)\b")
_SHARE = re.compile(r"^((?:wt\.?|at\.?|mol\.?|vol\.?)?\s?%)\s+of\b.*$", re.IGNORECASE)
_REFERENCE_ELECTRODE = re.compile(r"\s+(?:vs?\.?|versus)\s+(\S.*)$")


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says.

    Attributes:
        printed: the text as printed.
        title: its words and symbols, without unit and conditions.
        name: its words alone.
        symbols: as printed, without marks: "Eg", "Rm".
        unit: with the factor of a power of ten that belongs to the unit.
        name_factor: what a printed number is multiplied by because of a "× 10^n" behind the name.
        remarks: words in brackets that are none of the above.
    """

    printed: str
    title: str = ""
    name: str = ""
    symbols: tuple[str, ...] = ()
    unit: Unit | None = None
    name_factor: float = 1.0
    conditions: tuple[Condition, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def has_measure(self) -> bool:
        """Tell whether the header says how its numbers are counted: by a unit or a power of ten."""
        return self.unit is not None or self.name_factor != 1.0

    @property
    def factor(self) -> float:
        """What a printed number is multiplied by to be in the spelled unit."""
        return self.name_factor * (self.unit.factor if self.unit else 1.0)


@lru_cache(maxsize=REMEMBERED)
def read_header(markup: str) -> Header:
    """Return what one header cell says."""
    markup = _SPREAD.sub(" ", markup).strip() if "±" in markup[1:] else markup
    if _LOGARITHM.match(markup):
        return Header(printed=plain(markup), title=plain(markup), name=plain(markup))
    is_multiple = _MULTIPLE.match(for_reading(markup)) or (not looks_numeric(markup) and markup[:1].isdigit())
    whole = None if is_multiple else read_condition(markup)
    if whole is not None and whole.value is not None and markup[:1].isdigit():
        return Header(printed=plain(markup), conditions=(_printed(whole, markup),))
    rest, unit = _split_unit(for_reading(markup))
    if unit is not None and unit.scale and not rest:
        return Header(printed=plain(markup), title=plain(markup), symbols=(unit.scale,), unit=unit)
    conditions: list[Condition] = []
    symbols: list[str] = []
    remarks: list[str] = []
    for group in _BRACKET.findall(rest):
        found = _group(group)
        if isinstance(found, Unit):
            unit = unit or found
        elif isinstance(found, str):
            (symbols if _SYMBOL.match(found) else remarks).append(plain(found))
        else:
            conditions.append(found)
    rest = _BRACKET.sub(" ", rest).strip(" ,;:")
    rest, trailing = (rest, None) if unit else _split_unit(rest)
    rest, name_factor = _split_multiplier(rest)
    rest, condition = split_at(rest)
    name, own_symbols = _split_symbols(rest)
    return Header(
        printed=plain(markup),
        title=as_printed(markup, rest.strip(" ,;:")),
        name=name,
        symbols=tuple(dict.fromkeys([*own_symbols, *symbols])),
        unit=unit or trailing,
        name_factor=name_factor,
        conditions=tuple(_printed(found, markup) for found in (*conditions, condition) if found),
        remarks=tuple(remarks),
    )


@lru_cache(maxsize=REMEMBERED)
def read_path(parts: tuple[str, ...]) -> Header:
    """Return what the header cells above a column say together, from the top down."""
    headers = [read_header(part) for part in dict.fromkeys(parts) if part]
    names = [header.name for header in headers if header.name]
    measured = [header for header in headers if header.has_measure]
    units = [header.unit for header in headers if header.unit]
    return Header(
        printed=" | ".join(header.printed for header in headers),
        title=" | ".join(header.title for header in headers if header.title),
        name=" | ".join(names),
        symbols=tuple(dict.fromkeys(symbol for header in headers for symbol in header.symbols)),
        unit=units[-1] if units else None,
        name_factor=measured[-1].name_factor if measured else 1.0,
        conditions=tuple(condition for header in headers for condition in header.conditions),
        remarks=tuple(remark for header in headers for remark in header.remarks),
    )


def _printed(condition: Condition, markup: str) -> Condition:
    return condition.model_copy(update={"text": as_printed(markup, condition.text or "")})


def _group(text: str) -> Unit | Condition | str:
    """Return what a bracket holds: a unit, a condition, or words."""
    bare = _BARE_MULTIPLIER.match(text.strip())
    if bare:
        return Unit("1", factor=float(f"1e{bare[1].replace(' ', '')}"))
    without, condition = split_at(text)
    share = _SHARE.match(without)
    unit = read_unit(_REFERENCE_ELECTRODE.sub("", share[1] if share else without))
    if unit is not None:
        return unit
    return read_condition(text) or condition or text.strip()


def _split_unit(text: str) -> tuple[str, Unit | None]:
    """Split the unit off the end: the whole text, what stands behind a separator, or trailing symbols."""
    if _RATIO.match(text):
        return text, None
    whole = None if _SINGLE.match(text) or _BY_ITS_UNIT.match(text) else _unbracketed_unit(text)
    if whole is not None:
        return "", whole
    for separator in _SEPARATOR.finditer(text):
        tail, before = text[separator.end() :].strip(), text[: separator.start()].strip(" ,;/")
        unit = _unbracketed_unit(tail) if before else None
        if unit is not None:
            return before, unit
    return _split_trailing(text)


def _unbracketed_unit(text: str) -> Unit | None:
    """Return the unit that a text spells, unless a bracket follows its first symbols: "A (%)" is A in per cent."""
    return None if _BRACKET_BEHIND.search(text) else read_unit(_REFERENCE_ELECTRODE.sub("", text))


def _split_trailing(text: str) -> tuple[str, Unit | None]:
    """Split a unit off that follows the words without a separator; a single letter there is a symbol."""
    words = text.split(" ")
    for start in range(1, len(words)):
        tail = " ".join(words[start:])
        if words[start - 1][-1:].isdigit() or tail[0] in "x×·" or not _MARKED_UNIT.search(tail):
            continue
        unit = _unbracketed_unit(tail)
        if unit is not None:
            return " ".join(words[:start]), unit
    return text, None


def _split_multiplier(text: str) -> tuple[str, float]:
    """Split "× 10^n" off a name and return what the numbers are multiplied by."""
    match = _NAME_MULTIPLIER.search(text)
    exponent = match and (match[1] or match[2])
    if not match or not exponent:
        return text, 1.0
    rest = text[match.end() :] if match[2] else text[: match.start()]
    return rest, float(f"1e{-int(exponent.replace(' ', ''))}")


def _split_symbols(text: str) -> tuple[str, list[str]]:
    """Split symbols from words: tokens with marks or Greek letters, short ones at the end, and one alone."""
    tokens: Sequence[str] = [token.strip(",;:.") for token in text.split(" ") if token.strip(",;:.")]
    if len(tokens) == 1 and _SYMBOL.match(tokens[0]):
        return ("" if _MARKED.search(tokens[0]) else plain(tokens[0])), [plain(tokens[0])]
    last = len(tokens) - 1 if len(tokens) > 1 and tokens[-2] not in _TIMES else -1
    symbols = [token for index, token in enumerate(tokens) if _is_symbol(token, is_last=index == last)]
    words = [plain(token) for token in tokens if token not in symbols]
    return " ".join(words), [plain(symbol) for symbol in symbols]


def _is_symbol(token: str, *, is_last: bool) -> bool:
    if _MARKED.search(token) and "-" not in token:
        return bool(_SYMBOL.match(token))
    return is_last and bool(re.fullmatch(r"[A-Z]{1,4}\d?|[a-z]", token))
