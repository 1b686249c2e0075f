"""Unit spans: a place behind a number in running text in, the unit that is printed there out."""

from __future__ import annotations

import re
from functools import lru_cache

from harvest.papers.notation.marked import REMEMBERED
from harvest.papers.notation.units import Unit, read_unit

_WORD = re.compile(r"\s*[^\s,;()\[\]]+")
# Units that papers print and that have no spelling in pint; the number is kept, without a unit to convert.
_OTHER = re.compile(
    r"\s?(?:sccm|slm|bar ?\(?[ag]\)?|kPag|MPag|% ?RH|RH|wt|at\.?|cycles?|times|fold|orders? of magnitude|a\.?u\.?|"
    r"counts|cps|rpm|°|◦|o)(?![\w])",
)
_PERCENT = re.compile(
    r"\s?(?:(?P<before>wt|weight|mass|at|atomic|mol|mole|vol|volume)\s?\.?[-\s]?)?(?:%|per\s?cent|percent)"
    r"(?:\s?(?P<after>by (?:weight|mass|volume)|RH))?(?!\w)",
    re.IGNORECASE,
)
_CELSIUS = re.compile(r"\s{0,2}(?:[°º˚◦∘]\s?C|℃|o\s?C|deg\.?\s?C|degrees? (?:C|Celsius)|(?<=\d)\s\sC)(?![A-Za-z])")
_SPELLED = re.compile(
    r"\s?(?:degrees?|hours?|hrs?|minutes?|mins?|seconds?|secs?|days?|weeks?|months?|years?|kelvins?|volts?|microns?|"
    r"nanomet(?:er|re)s?|micromet(?:er|re)s?|millimet(?:er|re)s?|centimet(?:er|re)s?|met(?:er|re)s?|angstroms?)(?!\w)",
    re.IGNORECASE,
)
_SPELLINGS = {
    "degree": "degree", "hour": "hour", "hr": "hour", "minute": "min", "min": "min", "second": "second",
    "sec": "second", "day": "day", "week": "week", "month": "month", "year": "year", "kelvin": "K", "volt": "V",
    "micron": "um", "nanometer": "nm", "nanometre": "nm", "micrometer": "um", "micrometre": "um", "millimeter": "mm",
    "millimetre": "mm", "centimeter": "cm", "centimetre": "cm", "meter": "m", "metre": "m", "angstrom": "angstrom",
}  # fmt: skip
_REFERENCE = re.compile(
    r"\s?\(?(?:vs?\.?|versus)\s?\.?\s?(?:RHE|SHE|NHE|SCE|Ag/AgCl|Hg/HgO|Li\s?/\s?Li\s?\+?|Na\s?/\s?Na\s?\+?)\)?"
)
# "2 A study" and "5 in" are words far more often than units; "cid" is what is left of a lost character.
_WORDS = frozenset(["in", "a", "at", "as", "and", "d", "D", "e", "y", "to", "of", "is", "on", "M1", "H", "yr"])
_MOST_WORDS = 5
_EXPONENT_APART = re.compile(r"(?<=[A-Za-z])\s+(?=[-−–]\s?\d)|(?<=[-−–]) (?=\d)")


def unit_at(text: str, position: int) -> tuple[Unit | None, bool, int]:
    """Return the unit behind a number, whether something counts there, and where it ends.

    Args:
        text: running text.
        position: after the last digit.
    """
    percent = _PERCENT.match(text, position)
    if percent:
        basis = percent["before"]
        return read_unit(f"{basis} %" if basis else "%"), True, percent.end()
    celsius = _CELSIUS.match(text, position)
    if celsius and not text[celsius.end() :].startswith(("/", " /")):
        return Unit("degC"), True, celsius.end()
    unit, end = _symbols(text, position)
    if unit is not None:
        reference = _REFERENCE.match(text, end)
        return unit, True, reference.end() if reference else end
    spelled = _SPELLED.match(text, position)
    if spelled:
        return Unit(_SPELLINGS[spelled[0].strip().lower().rstrip("s")]), True, spelled.end()
    other = _OTHER.match(text, position)
    return (None, True, other.end()) if other else (None, False, position)


def _symbols(text: str, position: int) -> tuple[Unit | None, int]:
    """Return the longest run of words behind a number that spells a unit."""
    ends, end = [], position
    for _count in range(_MOST_WORDS):
        word = _WORD.match(text, end)
        if word is None:
            break
        end = word.end()
        ends.append(end)
    for stop in reversed(ends):
        printed = text[position:stop].rstrip(".:")
        unit = _unit(printed.strip())
        if unit is not None:
            return unit, position + len(printed)
    return None, position


@lru_cache(maxsize=REMEMBERED)
def _unit(printed: str) -> Unit | None:
    if printed in _WORDS or not printed or printed[0].isdigit() or printed[0] in "-−–/+×x":
        return None
    mended = _EXPONENT_APART.sub("", printed).replace("◦", "°")
    return read_unit(mended)
