"""Scope: what stands around a table (caption, footnotes, title) in; the unit, method and material that it gives out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from harvest.papers.notation.conditions import split_at
from harvest.papers.notation.explained import explained_in
from harvest.papers.notation.marked import REMEMBERED
from harvest.papers.notation.named_materials import material_in
from harvest.papers.notation.units import Unit, read_unit
from schemas.measurement import Method

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harvest.papers.document import Document, Table
    from harvest.papers.notation.materials import Material
    from schemas.measurement import Condition

_BRACKET = re.compile(r"[(\[]([^()\[\]]*(?:\([^()]*\)[^()\[\]]*)?)[)\]]")
# Units of one character that are no words.
_SHORT = frozenset(["%", "Å", "Ω"])
# "(K)" in a caption may be potassium or a modulus.
_OF_TEMPERATURES = re.compile(r"\b(?:temperatures?|points?)\b", re.IGNORECASE)
_IN_UNIT = re.compile(r"\bin\s+(?:units?\s+of\s+)?((?:[^\s,.;()]+\s?){1,3})", re.IGNORECASE)
_FUNCTIONALS = {
    "PBESOL": "PBEsol", "PBE": "PBE", "LDA": "LDA", "GGA": "GGA", "R2SCAN": "r2SCAN", "SCAN": "SCAN", "HSE06": "HSE06",
    "HSE": "HSE06", "B3LYP": "B3LYP", "PBE0": "PBE0", "TB-MBJ": "TB-mBJ", "MBJ": "TB-mBJ", "PW91": "PW91",
}  # fmt: skip
_FUNCTIONAL = re.compile(rf"(?<![\w-])({'|'.join(sorted(_FUNCTIONALS, key=len, reverse=True))})(?![\w])", re.IGNORECASE)
_METHODS = (
    (re.compile(r"\b(?:G_?0?W_?0?|GW|QSGW)\b"), Method.GW),
    (re.compile(r"\bDFPT\b|density[- ]functional perturbation", re.IGNORECASE), Method.DFPT),
    (re.compile(r"\bDFT\b|density[- ]functional|\bfirst[- ]principles\b|\bab[- ]initio\b", re.IGNORECASE), Method.DFT),
    (re.compile(r"\bmachine[- ]learn\w*|\bneural network|\bML\b"), Method.ML),
    (re.compile(r"\bempirical\b", re.IGNORECASE), Method.EMPIRICAL),
    (re.compile(r"\b(?:exp|expt)\b\.?|\bexperiment\w*|\bmeasured\b", re.IGNORECASE), Method.EXPERIMENT),
    # Calculated, but the words do not say how: no method of the list may be claimed.
    (
        re.compile(r"\b(?:calc|theor|sim)\b\.?|\b(?:calculat|comput|simulat|theoretic|predict)\w*", re.IGNORECASE),
        Method.UNKNOWN,
    ),
)
_COUNTED_PER = re.compile(
    r"\bper\s+(?:mol(?:e|es)?\s+(?:of\s+)?)?(formula[- ]units?|atoms?|unit cells?)\b", re.IGNORECASE
)
_PROCESS = re.compile(
    r"\bhyper-?parameters?\b|\b(?:process\w*|simulation|welding|melting|deposition|synthesis|experimental|model\w*|fitting|refinement|printing|"
    r"treatment|operating|machining|calculation)\b.{0,40}\b(?:parameters?|conditions?|settings?)\b|"
    r"\b(?:parameters?|conditions?|settings?)\s+(?:of|for|used|in)\b|^\W*(?:parameters?|conditions?|settings?)\b|"
    r"\bcrystal(?:lographic)? data\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a table inherits from the text around it.

    Attributes:
        caption: markup.
        unit: the one unit that caption or footnotes give for all numbers.
        units: all that the caption gives; one of several is for the columns of its dimension.
        counted_per: what an amount of substance counts, where it is said: "formula unit", "atom".
        is_process: the caption speaks of settings of a process or a model, not of properties.
        materials: what caption and title name, the nearer first.
        notes: the texts of the footnotes by their ids and marks.
        explained: names of the symbols that caption and footnotes explain.
    """

    caption: str
    unit: Unit | None
    units: tuple[Unit, ...]
    method: Method
    functional: str | None
    conditions: tuple[Condition, ...]
    counted_per: str | None
    is_process: bool
    materials: tuple[tuple[Material, str], ...]
    notes: Mapping[str, str]
    explained: Mapping[str, str]


def read_scope(document: Document, table: Table) -> Scope:
    """Return what a table inherits."""
    caption, notes = table.caption.markup, " ".join(note.text for note in table.footnotes)
    marks = {mark for cell in table.grid.cells for mark in cell.marks}
    of_all = " ".join(note.text for note in table.footnotes if not {note.id, note.mark} & marks)
    method, functional = read_method(table.caption.text)
    _rest, condition = split_at(table.caption.text.rstrip(". "))
    counted = _COUNTED_PER.search(f"{table.caption.text} {notes}")
    places = ((caption, "caption"), (document.title.markup, "title"))
    found = [(material_in(markup), place) for markup, place in places]
    return Scope(
        caption=caption,
        unit=unit_in(caption) or unit_in(of_all),
        units=units_in(caption) or units_in(of_all),
        method=method or Method.EXPERIMENT,
        functional=functional,
        conditions=(condition,) if condition else (),
        counted_per=counted[1].lower().rstrip("s").replace("-", " ") if counted else None,
        is_process=bool(_PROCESS.search(table.caption.text)),
        materials=tuple((material, place) for material, place in found if material is not None),
        notes=_notes(table),
        explained=explained_in(f"{caption} {notes}"),
    )


def _notes(table: Table) -> dict[str, str]:
    """Return the texts of footnotes, without their marks, by id and by mark."""
    texts = [(note, note.text.removeprefix(note.mark).strip(" .,:")) for note in table.footnotes]
    return {name: text for note, text in texts for name in (note.id, note.mark) if name}


@lru_cache(maxsize=REMEMBERED)
def read_method(text: str) -> tuple[Method | None, str | None]:
    """Return the method and the functional that a text names; none where it names none."""
    functional = _FUNCTIONAL.search(text)
    name = _FUNCTIONALS[functional[1].upper()] if functional else None
    for pattern, method in _METHODS:
        if pattern.search(text):
            return method, name
    return (Method.DFT, name) if name else (None, None)


@lru_cache(maxsize=REMEMBERED)
def unit_in(markup: str) -> Unit | None:
    """Return the unit that a caption or footnote gives, if it gives just one."""
    units = units_in(markup)
    return units[0] if len(units) == 1 else None


@lru_cache(maxsize=REMEMBERED)
def units_in(markup: str) -> tuple[Unit, ...]:
    """Return the different units that a caption or footnote gives, in its order."""
    short = _SHORT | {"K"} if _OF_TEMPERATURES.search(markup) else _SHORT
    found = [
        read_unit(group.removeprefix("in ").removeprefix("all in "))
        for group in _BRACKET.findall(markup)
        if not group.strip().isalpha() or len(group) > 1 or group in short
    ]
    for match in _IN_UNIT.finditer(markup):
        words = match[1].split()
        tails = (" ".join(words[:count]) for count in range(len(words), 0, -1))
        found.append(
            next(
                (unit for unit in (read_unit(tail) for tail in tails if len(tail) > 1 or tail in _SHORT) if unit), None
            )
        )
    return tuple(dict.fromkeys(unit for unit in found if unit is not None))
