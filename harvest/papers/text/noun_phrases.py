"""Noun phrases: a sentence and a quantity in; the words that it says the quantity of, out.

No tagger is asked: a phrase is a run of words without function words, and what it may be of is told by its last word,
which is the head of an English noun phrase. The heads are those of the names in the dictionary of properties, with
words for settings of instruments.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from harvest.papers.notation.units import read_unit
from harvest.papers.notation.vocabulary import property_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    Span = tuple[int, int]

# What joins a phrase to its quantity: "was found to be", "increased from", "in the range of", "=".
_JOINT = (
    r"(?:(?:\s+values?)?\s+(?:was|is|were|are|be|has been|have been|of|between|from|below|above)?\s*"
    r"(?:(?:slightly|only|also|typically|then|further|significantly|as|up)\s+)?"
    r"(?:increased|decreased|reduced|raised|taken|evaluated|estimated|calculated|determined|found|measured|set|kept|fixed|"
    r"maintained|varied|varies|varying|ranged|ranging|ranges|reached|reaches|reaching|accounts|amounts|equals?|exceeds?|"
    r"dropped|rises|rose|increases|decreases|obtained|reported)?\s*"
    r"(?:to be|to|as|at|from|of|between|for|over|below|above|up to|with)?\s*"
    r"(?:(?:in|within|over) (?:the|a) range (?:of|from|between)?\s*)?|\s*[=:≈~∼<>]\s*)[~≈∼]?\s*$"
)
_ASIDE = r"(?:\s\([^()]{1,12}\))?"
_STATED = re.compile(rf"(?P<name>(?:[^\W\d_][\w/-]*\s+){{0,3}}[^\W\d_][\w/˙-]*{_ASIDE}){_JOINT}")
_STATES = re.compile(
    r"(?:\b(?:of|was|is|were|are|be|been|to|as|from|between|below|above|equals?|exceeds?|exceed|reach\w*|over|for|"
    r"rang\w+|var\w+)|[=:≈~∼<>])\s*[~≈∼]?\s*$"
)
_BRACKET = re.compile(r"(?P<name>(?:[A-Za-zÀ-ÿ][\w/-]*\s+){0,3}[A-Za-zÀ-ÿ][\w/-]*)\s\($")
_BEHIND = re.compile(r"(?:\s(?:of\s|in\s)?|[-‐])(?P<name>[A-Za-zÀ-ÿ][\w/-]*(?:\s[A-Za-zÀ-ÿ][\w/-]*){0,3})")
_OF = re.compile(r"\b(?:of|at|for|with|between|from|over)\s*[~≈∼]?\s*$")
_LINK = re.compile(r"\s(?:of|for|in)\s(?:(?:the|a|an|these|this|all|its|their|our|both|each)\s)*$")
_EQUATED = re.compile(r"(?<![^\s(,;])(?P<name>[^\s=(),;]{1,14})\s?=\s?$")
_REACH = 120
_COPULA = re.compile(r"\b(?:was|is|were|are|be|reached|reaches|equals?)\s*(?:[~≈∼]\s*)?$")
_WORD = re.compile(r"[^\W\d_][\w/-]*")
_SENTENCE_WORDS = re.compile(r"[;:]|\b(?:while|whereas|where|which|but)\b")
_FUNCTION_WORDS = frozenset([
    "the", "a", "an", "and", "or", "with", "at", "in", "of", "for", "to", "from", "by", "on", "under", "its",
    "their", "this", "that", "these", "those", "was", "were", "is", "are", "be", "been", "has", "have", "had", "as",
    "which", "when", "while", "than", "then", "also", "only", "up", "into", "about", "between", "around", "where", "it",
    "obtained", "found", "measured", "observed", "increased", "decreased", "increases", "decreases", "reached",
    "using", "used", "after", "before", "during", "respectively", "both", "all", "each", "set", "we", "they", "if",
    "increase", "decrease", "reduced", "raised", "taken", "evaluated", "maintained", "varying", "ranged", "ranging",
    "ranges", "reaches", "reaching", "accounts", "amounts", "exceeds", "dropped", "reported", "not", "no", "value",
    "values", "slightly", "typically", "such", "same", "other", "one", "two", "three", "there",
    "estimated", "calculated", "determined", "varied", "varies", "kept", "fixed", "shows", "showed", "exhibits", "vs",
])  # fmt: skip
# What a quantity is said of in words, but is not counted by itself: the phrase before it is looked for instead.
_EMPTY = frozenset(
    ["value", "values", "sample", "samples", "range", "estimated", "about", "order", "maximum", "minimum"]
)
_SETTINGS = frozenset([
    "amplitude", "angle", "aperture", "area", "bar", "bars", "beam", "bias", "concentration", "content", "current",
    "depth", "diameter", "dimension", "dimensions", "distance", "dose", "duration", "flow", "flux", "fluence", "force",
    "fraction", "frequency", "gap", "gradient", "height", "humidity", "increment", "increments", "intensity",
    "interdistance", "interval", "intervals", "length", "load", "loading", "mass", "opening", "penetration", "period",
    "pitch", "position", "potential", "power", "pressure", "radius", "ramp", "rate", "ratio", "resolution", "scale",
    "separation", "shift", "spacing", "speed", "spot", "step", "steps", "temperature", "thickness", "time", "times",
    "uptake", "thick", "wide", "long", "deep", "tall", "rh", "cycles", "pulses", "velocity", "voltage", "volume",
    "wavelength", "weight", "width", "window", "yield", "angles", "cutoff",
])  # fmt: skip


@cache
def _heads() -> frozenset[str]:
    return _SETTINGS | {name.rpartition(" ")[2] for name in property_names()}


def bound_phrase(sentence: str, start: int, end: int) -> Span | None:
    """Return the phrase that stands so near that no other can be meant: "f = 1", "a 10 mV amplitude".

    Args:
        sentence: its text.
        start: of the quantity.
        end: of the quantity.
    """
    equated = _EQUATED.search(sentence, 0, start)
    span = equated.span("name") if equated else _behind(sentence, end)
    return span if span is not None and _may_be_name(sentence[span[0] : span[1]]) else None


def stated_phrase(sentence: str, start: int) -> Span | None:
    """Return where the phrase stands that a quantity is said of; none where there is none.

    Args:
        sentence: its text.
        start: of the quantity.
    """
    for find in (_before, _in_front_of_bracket, _subject):
        span = find(sentence, start)
        if span is not None and _may_be_name(sentence[span[0] : span[1]]):
            return span
    return None


def _may_be_name(name: str) -> bool:
    """Tell a name from the unit of another quantity, and from words that name nothing."""
    return name[0].isalpha() and name.lower() not in _EMPTY and read_unit(name) is None


def _before(sentence: str, start: int) -> Span | None:
    """Return the phrase that a sign or a verb joins: "a scan rate of 10 mV/s"."""
    if not _STATES.search(sentence, 0, start):
        return None
    match = _STATED.search(sentence, max(0, start - _REACH), start)
    span = _last_run(sentence, match.span("name")) if match else None
    return _head_of(sentence, span) if span and not _OF.search(sentence, 0, start) else span


def _head_of(sentence: str, span: Span) -> Span:
    """Climb from "particles" to "mean diameter" in "the mean diameter of the particles was"."""
    while (link := _LINK.search(sentence, 0, span[0])) is not None:
        head = _last_run(sentence, (max(0, link.start() - _REACH), link.start()))
        is_empty = head is None or sentence[head[0] : head[1]].lower() in _EMPTY or head[1] != link.start()
        if head is None or is_empty or (_is_headed(sentence, span) and not _is_headed(sentence, head)):
            break
        span = head
    return span


def _in_front_of_bracket(sentence: str, start: int) -> Span | None:
    """Return the phrase that the bracket explains: "the bubble size (2838 nm)"."""
    match = _BRACKET.search(sentence, 0, start)
    span = _last_run(sentence, match.span("name")) if match else None
    return span if span and _is_headed(sentence, span) else None


def _behind(sentence: str, end: int) -> Span | None:
    """Return the phrase that goes on: "a 10 mV amplitude", "1° of grazing angle"."""
    match = _BEHIND.match(sentence, end)
    if match is None:
        return None
    words = list(_WORD.finditer(sentence, *match.span("name")))
    function = next((index for index, word in enumerate(words) if word[0].lower() in _FUNCTION_WORDS), len(words))
    ends = [word.end() for word in words[:function] if word[0].lower() in _heads()]
    return (words[0].start(), ends[-1]) if ends else None


def _subject(sentence: str, start: int) -> Span | None:
    """Return the first phrase of a clause: "the efficiency at a wavelength of 528 nm was 40 cm²/C"."""
    if not _COPULA.search(sentence, 0, start):
        return None
    clause = max((match.end() for match in _SENTENCE_WORDS.finditer(sentence, 0, start)), default=0)
    return next((span for span in _runs(sentence, (clause, start)) if _is_headed(sentence, span)), None)


def _is_headed(sentence: str, span: Span) -> bool:
    return sentence[span[0] : span[1]].rpartition(" ")[2].lower().removesuffix("s") in _heads()


def _last_run(sentence: str, span: Span) -> Span | None:
    """Return the last run of words without function words."""
    runs = list(_runs(sentence, span))
    return runs[-1] if runs else None


def _runs(sentence: str, span: Span) -> Iterator[Span]:
    """Yield the runs of words without function words, in order."""
    run: Span | None = None
    for word in re.finditer(r"\S+", sentence[span[0] : span[1]]):
        bare = word[0].strip(",;:()")
        if not bare or bare.lower() in _FUNCTION_WORDS or not (bare[0].isalpha() or word[0].startswith("(")):
            if run is not None:
                yield run
            run = None
            continue
        begin = span[0] + word.start() if run is None else run[0]
        run = begin, span[0] + word.start() + len(word[0].rstrip(",;:"))
        if word[0][-1] in ",;:":
            yield run
            run = None
    if run is not None:
        yield run
