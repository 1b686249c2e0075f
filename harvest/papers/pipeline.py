"""Pipeline: the bytes of an article in; records of materials with their property values out, and what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvest.papers.confidence import confidence
from harvest.papers.document import DocumentError
from harvest.papers.readers.formats import read_document
from harvest.papers.tables.readings import Reading, Refusal, read_table
from harvest.papers.text.statements import read_statements
from schemas.formula import FormulaError, parse_formula
from schemas.licence import NOASSERTION
from schemas.material import MaterialRecord
from schemas.measurement import PropertyValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harvest.papers.document import Document
    from schemas.provenance import Pointer

_LONGEST_ID = 512


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row or a cell that became no value; `row` holds it as printed, by header."""

    pointer: Pointer
    reasons: tuple[str, ...]
    row: Mapping[str, str]
    source_id: str | None


@dataclass(frozen=True, slots=True)
class Extraction:
    """What an article yields: each reading is in one record or in one rejected row."""

    document: Document
    records: tuple[MaterialRecord, ...]
    rejected: tuple[Rejected, ...]
    readings: tuple[Reading, ...]


def extract(payload: bytes, *, document: str, sentences: bool = False) -> Extraction:
    """Extract the property tables of an article, and what its sentences state.

    Args:
        payload: the article as archived, in any of the formats that are read.
        document: the id under which the article is known, for example its PMC id or file stem.
        sentences: whether its prose is read too.

    Raises:
        DocumentError: the bytes are not an article that can be read.
    """
    article = read_document(payload, document=document)
    found = [item for table in article.tables for item in read_table(article, table)]
    stated = read_statements(article) if sentences else ()
    readings = (*(item for item in found if isinstance(item, Reading)), *stated)
    refusals = [_refused(article, item) for item in found if isinstance(item, Refusal)]
    records, without = _records(article, readings)
    return Extraction(document=article, records=records, rejected=(*without, *refusals), readings=readings)


def cell_text(payload: bytes, pointer: Pointer) -> str:
    """Return the text that an article prints at the place that a pointer names.

    Raises:
        DocumentError: the bytes are no article, or the pointer names no cell and no characters of it.
    """
    steps = dict(pointer.steps)
    if "char" in steps:
        return _characters(payload, steps["char"])
    try:
        table_id, row, column = steps["table"], int(steps["row"]), int(steps["col"])
    except (KeyError, ValueError) as error:
        message = f"a pointer into a table is written table=T1;row=2;col=3, got {str(pointer)!r}"
        raise DocumentError(message) from error
    grid = read_document(payload, document="").table(table_id).grid
    if not (0 <= row < grid.n_rows and 0 <= column < grid.n_columns):
        message = f"{table_id} has {grid.n_rows} rows and {grid.n_columns} columns, got {str(pointer)!r}"
        raise DocumentError(message)
    return grid.at(row, column).printed


def _characters(payload: bytes, places: str) -> str:
    """Return the characters "start,end" of the text of an article."""
    start, _comma, end = places.partition(",")
    text = read_document(payload, document="").text
    if not (start.isdigit() and end.isdigit() and int(start) < int(end) <= len(text)):
        message = f"a pointer into {len(text)} characters of text is written char=100,120, got char={places}"
        raise DocumentError(message)
    return text[int(start) : int(end)]


def _records(
    document: Document, readings: tuple[Reading, ...]
) -> tuple[tuple[MaterialRecord, ...], tuple[Rejected, ...]]:
    """Gather the readings of each material into its record, and those without a composition by rows."""
    aliases = _aliases(readings)
    groups: dict[str, list[Reading]] = {}
    rows: dict[tuple[Pointer, str], list[Reading]] = {}
    for reading in readings:
        name = _source_id(document, reading.material.printed)
        problem = _problem(reading, groups.get(name), aliases)
        if problem:
            rows.setdefault((reading.place.line, problem), []).append(reading)
        else:
            groups.setdefault(name, []).append(reading)
    records = tuple(_record(document, name, group, aliases) for name, group in groups.items())
    return records, tuple(_rejected(document, row, problem) for (_line, problem), row in rows.items())


def _problem(reading: Reading, others: list[Reading] | None, aliases: Mapping[str, str]) -> str:
    """Return why a reading can be in no record, or nothing where it can."""
    name, formula = reading.material.printed, _formula(reading, aliases)
    if formula is None and not name:
        return "no composition: neither the row nor the caption nor the title names a material"
    if formula is None:
        return f"no composition: {name!r} is no formula, and no table of the article gives it one"
    other = _formula(others[0], aliases) if others else None
    if other is not None and parse_formula(other) != parse_formula(formula):
        return f"two compositions: the article calls both {other} and {formula} by the name {name!r}"
    return ""


def _aliases(readings: Iterable[Reading]) -> dict[str, str]:
    """Map the names of samples to the one formula that the tables of the article give them."""
    given: dict[str, set[str]] = {}
    for reading in readings:
        if reading.material.formula is not None:
            given.setdefault(_sample(reading), set()).add(reading.material.formula)
    return {name: formulas.pop() for name, formulas in given.items() if len(formulas) == 1}


def _sample(reading: Reading) -> str:
    return reading.material.sample or reading.material.printed


def _formula(reading: Reading, aliases: Mapping[str, str]) -> str | None:
    """Return the formula of a reading, if it is one that the grammar of formulas accepts."""
    formula = reading.material.formula or aliases.get(_sample(reading)) or reading.material.family
    if formula is None:
        return None
    try:
        parse_formula(formula)
    except FormulaError:
        return None
    return formula


def _source_id(document: Document, material: str) -> str:
    name = " ".join(material.split())
    return f"{document.doi or document.id}#{name}"[:_LONGEST_ID]


def _record(document: Document, name: str, readings: list[Reading], aliases: Mapping[str, str]) -> MaterialRecord:
    first = readings[0]
    phases = [reading.material.phase for reading in readings if reading.material.phase]
    return MaterialRecord(
        source_id=name,
        formula=_formula(first, aliases),
        phase=phases[0] if phases else None,
        labels=_labels(document, readings),
        licence=None if document.licence == NOASSERTION else document.licence,
        properties=tuple(_value(reading) for reading in readings),
        pointer=first.place.line,
    )


def _labels(document: Document, readings: list[Reading]) -> dict[str, str]:
    """Return what a reader of a record wants to find again: the article, the works cited, multipliers applied."""
    known = {reference.id: reference for reference in document.references}
    cited = dict.fromkeys(citation for reading in readings for citation in reading.citations if citation in known)
    factors = [f"{reading.place.pointer}: x {reading.factor:g}" for reading in readings if reading.factor != 1.0]
    labels = {
        "doi": document.doi,
        "pmcid": document.pmcid,
        "references": "; ".join(f"[{known[name].label}] {known[name].text}" for name in cited),
        "multipliers": "; ".join(factors),
    }
    return {key: value for key, value in labels.items() if value}


def _value(reading: Reading) -> PropertyValue:
    quantity = reading.quantity
    return PropertyValue(
        property=reading.property,
        value=quantity.value,
        value_min=quantity.value_min,
        value_max=quantity.value_max,
        uncertainty=quantity.uncertainty,
        qualifier=quantity.qualifier,
        unit=reading.unit,
        text=reading.text,
        method=reading.method,
        functional=reading.functional,
        conditions=reading.conditions,
        confidence=confidence(reading, is_alias=reading.material.formula is None),
        pointer=reading.place.pointer,
    )


def _rejected(document: Document, readings: list[Reading], problem: str) -> Rejected:
    """Return the rejected row of readings that can be in no record."""
    first = readings[0]
    name = first.material.printed
    return Rejected(
        pointer=first.place.line,
        reasons=(problem,),
        row={"material": name} | {reading.header or reading.title: reading.text for reading in readings},
        source_id=_source_id(document, name) if name else None,
    )


def _refused(document: Document, refusal: Refusal) -> Rejected:
    return Rejected(
        pointer=refusal.place.pointer,
        reasons=(refusal.reason,),
        row={"material": refusal.material, refusal.header: refusal.text},
        source_id=_source_id(document, refusal.material) if refusal.material else None,
    )
