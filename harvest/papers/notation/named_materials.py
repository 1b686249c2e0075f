"""Named materials: a caption or a title in; the one material that it names out."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from harvest.papers.notation.marked import REMEMBERED, plain
from harvest.papers.notation.material_spans import find_materials, grades_in
from harvest.papers.notation.materials import Material, composites_in, formulas_in, read_material
from harvest.papers.notation.solid_solutions import is_series

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOUN = re.compile(
    r"^(?:steel|alloy|superalloy|glass|ceramic|polymer|copolymer|dendrimer|membrane|hydrogel|composite|electrolyte|"
    r"concrete|cement|zeolite|perovskite|aerogel|resin|rubber|oxide|nitride|carbide|sulfide|foam|fibre|fiber|"
    r"scaffold|nanocomposite|nanotube|nanowire|nanosheet|elastomer|mortar|biochar)s?$",
    re.IGNORECASE,
)
# Nouns of many meanings: the words before them must hold a sign of a name, a capital letter or a digit.
_FORM = re.compile(
    r"^(?:powder|blend|cathode|anode|electrode|coating|film|wire|sheet|plate|rod|ribbon)s?$", re.IGNORECASE
)
_SIGN = re.compile(r"[A-Z].*[A-Z\d]|\d.*[A-Z]")
_STOP = frozenset([
    "of", "the", "a", "an", "for", "in", "on", "at", "by", "with", "from", "to", "and", "or", "as", "into",
    "under", "between", "during", "investigated", "analyzed", "analysed", "studied", "different", "various",
    "generation", "generations", "used", "tested", "prepared", "this", "these", "several", "base", "parent",
    "reported", "proposed", "new", "is", "are", "was", "were", "here", "considered", "selected", "obtained", "present",
    "current", "commercial", "some", "all", "our", "its", "their", "that", "which", "before", "after", "via", "using",
    "thin", "thick", "single", "composite", "working", "counter", "reference", "active", "positive", "negative",
    "similar", "other", "natural", "synthetic", "mixed", "printed", "weld", "filler", "matrix", "lib", "libs", "sib",
    "sibs", "li-ion", "na-ion", "lithium-ion", "sodium-ion", "battery", "than", "both", "each", "per", "versus",
    "compared", "comparison", "properties", "property", "effect", "role",
])  # fmt: skip
_MOST_WORDS = 4
_OF_A_NAME = re.compile(
    r"\b(?:of|for|in)\s+(?:(?:bulk|2D|two[- ]dimensional|monolayer|bilayer|liquid|molten|solid|amorphous|pure|"
    r"crystalline|polycrystalline|single[- ]crystal(?:line)?|nanostructured|synthetic)\s+)?([A-Za-z]{3,})"
    r"(?=\s*(?:[.,;(]|$|(?:at|as|from|by|in|under|with|after|before|during|using|processed|prepared|produced|deposited|"
    r"grown|measured|for|crystals?|samples?)\b))"
)
# A solution or a gas that something is measured in.
_MEDIUM = re.compile(
    r"\bin\s+(?:\S+\s+){0,4}?(?:solutions?|electrolytes?|atmospheres?|medium|media|buffer|air|water|vacuum)\b"
    r"|\b[\d.]+\s*(?:M|N|mM|mol\S*|wt\.?\s?%|%)\s+[A-Z]\S*",
)
# What a caption names as a medium or a gas, hardly ever as the material of the table.
MEDIA = frozenset([
    "H2O", "CO2", "CO", "H2", "O2", "N2", "NH3", "CH4", "SO2", "NO2", "NaOH", "KOH", "HCl", "HNO3", "H2SO4",
    "HF", "H2O2", "D2O", "LiPF6", "NaPF6", "LiClO4",
])  # fmt: skip


@lru_cache(maxsize=REMEMBERED)
def material_in(markup: str) -> Material | None:
    """Return the one material that a caption or title names by a formula or by a phrase such as "S700MC steel"."""
    markup = _MEDIUM.sub(" ", markup)
    formulas = [formula for formula in formulas_in(markup) if formula not in MEDIA]
    composites = composites_in(markup)
    if composites and not formulas:
        return Material(composites[0])
    if formulas:
        return read_material(formulas[0]) if len(formulas) == 1 else None
    series = [word for token in markup.split() if is_series(word := token.strip(".,;:()"))]
    if series:
        return Material(plain(series[0]))
    named = next((material for material in _names_in(markup) if material.formula not in {None, *MEDIA}), None)
    if named is not None:
        return named
    phrase, grades = _phrase_in(markup), grades_in(plain(markup))
    if phrase is not None or grades:
        return phrase or read_material(grades[0])
    known = {span.material.printed: span.material for span in find_materials(plain(markup))}
    return known.popitem()[1] if len(known) == 1 else None


def _names_in(markup: str) -> Iterator[Material]:
    for found in _OF_A_NAME.finditer(markup):
        yield read_material(found[1])


def _phrase_in(markup: str) -> Material | None:
    """Return the first phrase that ends in a noun for materials, such as "advanced medium Mn steel"."""
    raw = markup.split()
    words = [word.strip(",.;:()") for word in raw]
    for index, word in enumerate(words):
        if not (_NOUN.match(word) or (_FORM.match(word) and index and _SIGN.search(words[index - 1]))):
            continue
        start = index
        while start > 0 and index - start < _MOST_WORDS and raw[start][0] not in "([" and _goes_on(raw[start - 1]):
            start -= 1
        if start < index:
            return read_material(" ".join(words[start : index + 1]))
    return None


def _goes_on(word: str) -> bool:
    """Tell whether a phrase reaches back over a word: not over a stop word, and not over a comma."""
    return word.strip("()").lower() not in _STOP and not word.endswith((",", ".", ";", ":"))
