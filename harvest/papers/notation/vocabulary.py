"""Vocabulary: a header and a unit in, the property of the dictionary that they mean out.

A name or a symbol alone decides nothing: the dimension of the unit must be that of the property. A symbol that fits
several properties means none of them unless the caption names one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from harvest.papers.notation.marked import REMEMBERED
from schemas.properties import PropertyDefinition, PropertyKind, load_properties

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harvest.papers.tables.headers import Header

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
# A header in which one of these stands beside the name speaks of something else than the property.
_OTHER_QUANTITY = frozenset([
    "error", "errors", "deviation", "difference", "change", "shift", "ratio", "rate", "loss", "increase",
    "decrease", "uncertainty", "range", "r2", "mse", "mae", "rmse", "number", "method", "reference", "type",
    "per", "start", "finish", "onset", "end", "peak", "initial", "final",
])  # fmt: skip
_METHOD = re.compile(
    r"^(?:calc(?:d|ulated|ulations?)?|expt?l?|experiment(?:al|s)?|theor(?:y|etical)?|sim(?:ulated|ulations?)?|measured|"
    r"computed|predicted|lit(?:erature)?|reported|(?:this|present|our) (?:work|study)|"
    r"DFT|LDA|GGA|PBE(?:sol)?|HSE(?:06)?)\.?$",
    re.IGNORECASE,
)
_NOTHING: Mapping[str, str] = MappingProxyType({})
_LEAST_COVERED = 0.5
_SETTINGS = frozenset(["processing", "condition"])


@dataclass(frozen=True, slots=True)
class Meaning:
    """Which property a header means, and whether its name or only its symbol says so.

    A setting is what a measurement or a process was done at: a condition of values, not a value.
    """

    property: str
    label: str
    by: Literal["name", "symbol"]
    is_setting: bool


@cache
def _named() -> dict[tuple[str, ...], tuple[PropertyDefinition, ...]]:
    """Return the scalar properties by the words of each of their names."""
    found: dict[tuple[str, ...], tuple[PropertyDefinition, ...]] = {}
    for definition in load_properties().definitions:
        if definition.kind is PropertyKind.SCALAR:
            for name in dict.fromkeys((definition.label, *definition.names)):
                found[_words(name)] = (*found.get(_words(name), ()), definition)
    return found


@cache
def _by_symbol() -> dict[str, tuple[PropertyDefinition, ...]]:
    found: dict[str, tuple[PropertyDefinition, ...]] = {}
    for definition in load_properties().definitions:
        if definition.kind is PropertyKind.SCALAR:
            for symbol in dict.fromkeys(symbol_key(symbol) for symbol in definition.symbols):
                found[symbol] = (*found.get(symbol, ()), definition)
    return found


def symbol_key(symbol: str) -> str:
    """Return a symbol without the marks and blanks in which prints differ."""
    return re.sub(r"[_^{}\s°]", "", symbol).replace("△", "Δ").replace("∆", "Δ").replace("µ", "μ")


def find_meaning(
    header: Header,
    *,
    unit: str | None,
    context: str,
    explained: Mapping[str, str] = _NOTHING,
    families: frozenset[str] = frozenset(),
) -> Meaning | None:
    """Return the property that a header means, or none.

    Args:
        header: the header cells above a column, read together.
        unit: pint's spelling of the unit of the numbers, none where nothing states one.
        context: the caption, which decides between properties that share a symbol.
        explained: names of symbols that caption and footnotes explain, by `symbol_key`.
        families: of the properties beside it, which decide where the caption does not.
    """
    header = _without_methods(header)
    parts = [part.strip() for part in header.name.split("|")]
    candidates = [" ".join(parts), *reversed(parts), *header.remarks]
    named = next((found for candidate in candidates if (found := _by_name(candidate, unit))), None)
    by_name = meaning_of(named, "name" if header.name else "symbol") if named else None
    if by_name is not None and not by_name.is_setting:
        return by_name
    # "Temperatures" over "Ac_{1}": the symbol says which, and that it is no setting.
    by_symbol = _by_any_symbol(header, unit, context, explained, families)
    is_value = by_symbol is not None and not by_symbol.is_setting
    return by_symbol if by_name is None or (is_value and "|" in header.printed) else by_name


def _without_methods(header: Header) -> Header:
    """Return a header without the cells that only say how its numbers were found: "Calc." below "a (Å)"."""
    parts = header.name.split(" | ")
    kept = [part for part in parts if not _METHOD.match(part)]
    return replace(header, name=" | ".join(kept)) if 0 < len(kept) < len(parts) else header


def _by_any_symbol(
    header: Header, unit: str | None, context: str, explained: Mapping[str, str], families: frozenset[str]
) -> Meaning | None:
    """Return the meaning of the last symbol of a header that has one."""
    words = header.name.rpartition("|")[2].strip()
    for symbol in reversed(header.symbols):
        definition = _by_name(explained.get(symbol_key(symbol), ""), unit)
        # "Mole fraction x": a letter beside words that mean nothing here is not a property's own symbol.
        if definition is None and (len(symbol) > 1 or words in {"", symbol}):
            definition = _of_symbol(symbol, unit, context, families)
        if definition is not None:
            return meaning_of(definition, "symbol")
    return None


def meaning_of(definition: PropertyDefinition, by: Literal["name", "symbol"]) -> Meaning:
    """Return a definition as the meaning of a header."""
    return Meaning(definition.id, definition.label, by, is_setting=definition.family in _SETTINGS)


@lru_cache(maxsize=REMEMBERED)
def properties_named_in(text: str) -> frozenset[str]:
    """Return the ids of all properties that a text names, whatever their unit."""
    words = _words(text)
    return frozenset(definition.id for _run, definitions in _runs(words) for definition in definitions)


@lru_cache(maxsize=REMEMBERED)
def longest_named_in(text: str) -> frozenset[str]:
    """Return the ids of the properties that a text names, without those whose name is a part of a longer one."""
    runs = _runs(_words(text))
    names = [f" {' '.join(run)} " for run, _definitions in runs]
    return frozenset(
        definition.id
        for (_run, definitions), name in zip(runs, names, strict=True)
        if not any(name != other and name in other for other in names)
        for definition in definitions
    )


def property_names() -> tuple[str, ...]:
    """Return every name of a scalar property, in the order of the dictionary."""
    scalar = (each for each in load_properties().definitions if each.kind is PropertyKind.SCALAR)
    return tuple(dict.fromkeys(name.lower() for each in scalar for name in (each.label, *each.names)))


def definitions_named(name: str) -> tuple[PropertyDefinition, ...]:
    """Return the properties that have a name, plural or singular."""
    return _named().get(_words(name), ())


@lru_cache(maxsize=REMEMBERED)
def names_value(text: str, unit: str | None) -> bool:
    """Tell whether most of the words of a text name a property that is found, or something about it, not a setting.

    Args:
        text: words of a header.
        unit: pint's spelling; none where nothing states one, and any property is meant then.
    """
    found = next((each for each, _beside in _in_most_words(text) if unit is None or fits(each.unit, unit)), None)
    return found is not None and found.family not in _SETTINGS


@lru_cache(maxsize=REMEMBERED)
def _by_name(text: str, unit: str | None) -> PropertyDefinition | None:
    """Return the property with the longest name in the text that fits the unit and covers most of the words."""
    named = (each for each, beside in _in_most_words(text) if not beside & _OTHER_QUANTITY)
    return next((each for each in named if fits(each.unit, unit)), None)


def _in_most_words(text: str) -> Iterator[tuple[PropertyDefinition, set[str]]]:
    """Yield the properties whose names cover most of the words of a text, the longest first, with the other words."""
    words = _words(text)
    for run, definitions in sorted(_runs(words), key=lambda found: -len(found[0])):
        if len(run) / len(words) >= _LEAST_COVERED:
            yield from ((definition, set(words) - set(run)) for definition in definitions)


def _runs(words: tuple[str, ...]) -> list[tuple[tuple[str, ...], tuple[PropertyDefinition, ...]]]:
    named = _named()
    longest = max(map(len, named))
    count = len(words)
    spans = [(start, end) for start in range(count) for end in range(start + 1, min(start + longest, count) + 1)]
    return [(words[start:end], named[words[start:end]]) for start, end in spans if words[start:end] in named]


def _of_symbol(symbol: str, unit: str | None, context: str, families: frozenset[str]) -> PropertyDefinition | None:
    fitting = [
        definition
        for definition in _by_symbol().get(symbol_key(symbol), ())
        if fits(definition.unit, unit) and (unit in {None, "1"}) == (definition.unit == "1")
    ]
    named = [definition for definition in fitting if definition.id in properties_named_in(context)]
    # A dimensionless single letter is too common a symbol: only a caption that names the property makes it one.
    is_open = len(symbol) == 1 and unit in {None, "1"}
    chosen = named or ([] if is_open else fitting)
    measured = [definition for definition in chosen if definition.family not in _SETTINGS] or chosen
    related = [definition for definition in measured if definition.family in families]
    for group in (
        measured,
        related,
        [each for each in measured if _is_pressure(each.unit) == _is_pressure(unit or "")],
    ):
        if len(group) == 1:
            return group[0]
    return None


def _is_pressure(unit: str) -> bool:
    """Tell pascals from energies per volume, which have the same dimension: moduli are not printed in erg/cm³."""
    return unit.endswith(("Pa", "bar", "psi", "atm"))


@lru_cache(maxsize=REMEMBERED)
def fits(canonical: str, unit: str | None) -> bool:
    """Tell whether a number with this unit can be a value of a property; without a unit only a pure number can."""
    from schemas.units import UnitError, conversion  # noqa: PLC0415 — pint is slow to import

    if unit is None or unit == "1":
        return canonical == "1"
    try:
        conversion(unit, canonical)
    except UnitError:
        return False
    return True


@lru_cache(maxsize=REMEMBERED)
def _words(text: str) -> tuple[str, ...]:
    """Return lower-case words; a hyphen parts them, and a plain plural counts as its singular."""
    return tuple(_singular(word) for word in _WORD.findall(text.lower().replace("’", "'")))


def _singular(word: str) -> str:
    is_plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))  # noqa: PLR2004 — "gas"
    return word[:-1] if is_plural else word
