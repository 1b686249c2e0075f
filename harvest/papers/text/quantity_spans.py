"""Quantity spans: running text in; where it states a quantity, with sign words, range or list and unit, out.

Offsets are characters of the text as given. The numbers are read by the grammar of the tables, so that a value in a
sentence and one in a cell mean the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvest.papers.notation.quantities import Quantity, QuantityError, read_quantities
from harvest.papers.text.unit_spans import unit_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.papers.notation.units import Unit

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+"
_NUMBER = re.compile(
    rf"(?<![\w.,/^_{{])(?P<sign>[+\-−–]\s?)?(?P<digits>{_DIGITS})(?:[eE][+\-−]?\d+)?"
    rf"(?:\s?[×x·∙*⋅]\s?10\s?\^?\{{?\s?(?P<power>[+\-−–]?\s?\d+)\}}?)?(?:\s?\(\d+\))?"
    rf"(?:\s?(?:±|\+/[-−]|\+[-−])\s?(?:{_DIGITS})(?:\s?[×x·]\s?10\s?[+\-−–]?\s?\d+)?)?"
)
_RANGE = re.compile(r"\s?(?:[-−–—~∼×]|(?:up )?to(?=\s))\s?")
_LIST = re.compile(r"\s?(?:and(?=\s)|or(?=\s)|,\s?(?:and|or)(?=\s)|,(?=\s)|/)\s?")
# What is left of a minus sign in texts that were taken from PDF.
_LOST_MINUS = re.compile(r"\(cid:\d+\) ?")
_SIGN_WORDS = re.compile(
    r"(?:(?:approximately|approx\.?|about|around|roughly|nearly|almost|circa|ca\.?|c\.|some|"
    r"(?:as )?(?:high|low|much|small|large) as|(?:less|more|greater|higher|lower|larger|smaller|better|fewer) than|"
    r"below|above|over|under|exceeding|up to|at least|at most|between|within|from|only|[~≈∼≃<>≤≥⩽⩾±])\s*)+$",
    re.IGNORECASE,
)
# Words that belong to the sentence rather than to the quantity: they say how it is read, and stay out of the span.
_OUTSIDE = re.compile(
    r"^(?:(?:approximately|approx\.?|about|around|roughly|nearly|almost|circa|ca\.?|c\.|some|within|from|between|only|"
    r"up to|at least|at most|under|over|exceeding|(?:as )?(?:high|low|much|small|large) as|[~≈∼≃])\s*)+",
    re.IGNORECASE,
)
# What stands before a number that counts no quantity: "Fig. 3", "Sample 2", "ref. 12".
_LABEL = re.compile(
    r"(?:\b(?:figs?|figures?|tables?|tab|eqs?|equations?|refs?|references?|sections?|chapters?|schemes?|samples?|specimens?|"
    r"steps?|nos?|numbers?|steels?|alloys?|grades?|types?|cases?|models?|runs?|tests?|batch|vol|pp?|part|group|"
    r"inconel|aisi|aa|astm|iso|din|en|version|appendix|supplementary|movie|entry|stage|phase|zone|day|cycle|"
    r"celgard|nafion|hastelloy|pluronic|span|tween|whatman|matlab|origin)\.?\s?[(\[]?|\[|[A-Za-z]-)$",
    re.IGNORECASE,
)
_FOLLOWED = re.compile(r"^(?:[-‐‑][A-Za-z]|\]|(?:st|nd|rd|th)\b|[A-Za-z]\w*|\s?\)\s?[A-Za-z]?(?:plane|peak|direction))")
_MODEL = re.compile(r"^\d{3,}[CFK]$")
_YEAR = re.compile(r"^(?:19|20)\d\d$")
_PLANE = re.compile(r"[(\[{⟨]\s?$")
_STATES = re.compile(
    r"(?:\b(?:of|to|is|was|were|are|be|by|at|from|than|about|with|and|only|factor|ratio|value|equal|equals|approximately|"
    r"between|reached|reaches|:)|[=:≈~<>])\s*$",
    re.IGNORECASE,
)
_REACH = 48


@dataclass(frozen=True, slots=True)
class QuantitySpan:
    """A stated quantity.

    Attributes:
        start: of the first character in the text, sign words included.
        end: after the last character, unit included.
        quantities: as read, one, or each of a list; none where the numbers can be read in two ways.
        unit: in which all of them are counted, none where none is printed or known.
    """

    start: int
    end: int
    quantities: tuple[Quantity, ...]
    unit: Unit | None
    has_unit: bool


@dataclass(frozen=True, slots=True)
class _Run:
    """Numbers that belong together, before words of sign are added."""

    start: int
    end: int
    unit: Unit | None
    has_unit: bool
    count: int


def find_quantities(text: str) -> tuple[QuantitySpan, ...]:
    """Return what a text states, in its order."""
    return tuple(_spans(_LOST_MINUS.sub(lambda lost: "−".rjust(len(lost[0])), text)))


def _spans(text: str) -> Iterator[QuantitySpan]:
    position = 0
    while (number := _NUMBER.search(text, position)) is not None:
        run = _run(text, number)
        position = max(run.end, number.end())
        before = text[max(0, run.start - _REACH) : run.start]
        sign = _SIGN_WORDS.search(before)
        if _counts(text, run, before, has_sign=sign is not None):
            start = run.start - (len(before) - sign.start()) if sign else run.start
            printed = text[start : run.end]
            outside = _OUTSIDE.match(printed)
            quantities = _read(printed)
            start += len(outside[0]) if outside else 0
            yield QuantitySpan(start, run.end, quantities, run.unit, run.has_unit)


def _run(text: str, number: re.Match[str]) -> _Run:
    """Follow a number over its unit and over further numbers: "1.2 nm to 3 nm", "450, 500 and 550 °C"."""
    start, end, count = number.start("sign") if _is_signed(text, number) else number.start("digits"), number.end(), 1
    unit, has_unit, end = unit_at(text, end)
    reached = _Run(start, end, unit, has_unit, count)
    while (joint := _RANGE.match(text, end) or (None if has_unit else _LIST.match(text, end))) is not None:
        following = _NUMBER.match(text, joint.end())
        if following is None:
            break
        next_unit, next_has, end = unit_at(text, following.end())
        count += 1
        if next_has or not has_unit:
            unit, has_unit = (next_unit, True) if next_has else (unit, has_unit)
            reached = _Run(start, end, unit, has_unit, count)
    is_bare_list = reached.count > 1 and not reached.has_unit and _LIST.search(text[number.end() : reached.end])
    return _Run(start, number.end(), None, has_unit=False, count=1) if is_bare_list else reached


def _is_signed(text: str, number: re.Match[str]) -> bool:
    """Tell a minus from a dash that joins words."""
    if number["sign"] is None:
        return False
    is_sum = "+" in number["sign"] and number["sign"] != "+"
    return not is_sum and (number.start() == 0 or text[number.start() - 1] in " (=~≈<>[±")


def _counts(text: str, run: _Run, before: str, *, has_sign: bool) -> bool:
    """Tell a quantity from a label, a year, a plane or a part of a name."""
    printed, after = text[run.start : run.end], text[run.end : run.end + 12]
    if _LABEL.search(before) and not (run.has_unit and not before.endswith("-")):
        return False
    if run.has_unit:
        return not _MODEL.match(printed)
    if _FOLLOWED.match(after) or _YEAR.match(printed) or (_PLANE.search(before) and after[:1] in ")]}⟩"):
        return False
    return has_sign or bool(_STATES.search(before)) or any(sign in printed for sign in "±×")


def _read(printed: str) -> tuple[Quantity, ...]:
    try:
        return read_quantities(_as_cell(printed))
    except QuantityError:
        return ()


_WORD_SIGNS = (
    (re.compile(r"^(?:within|only|some|from|between|(?:as )?(?:high|low|much|small|large) as)\s+", re.IGNORECASE), ""),
    (re.compile(r"^(?:approximately|approx\.?|about|around|roughly|nearly|almost|circa|ca\.?)\s+", re.IGNORECASE), "~"),
    (re.compile(r"^(?:less|lower|smaller|fewer) than\s+|^(?:below|under)\s+", re.IGNORECASE), "<"),
    (re.compile(r"^(?:more|greater|higher|larger|better) than\s+|^(?:above|over|exceeding)\s+", re.IGNORECASE), ">"),
    (re.compile(r"^(?:up to|at most)\s+", re.IGNORECASE), "≤"),
    (re.compile(r"^at least\s+", re.IGNORECASE), "≥"),
)
_POWER = re.compile(r"([×x·∙*⋅]\s?10)\s?\^?\{?\s?([+\-−–]?\s?\d+)\}?")
_REFERENCE = re.compile(r"\s+(?:vs?\.?|versus)\s+\S.*$")


def _as_cell(printed: str) -> str:
    """Return a quantity as a cell of a table would print it: with signs for words and raised powers."""
    for pattern, sign in _WORD_SIGNS:
        printed = pattern.sub(sign, printed)
    return _REFERENCE.sub("", _POWER.sub(r"\1^{\2}", printed).replace("◦", "°"))
