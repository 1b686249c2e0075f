"""Pipeline: the bytes of an article in; records of materials with their property values out, and what was refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvest.papers.confidence import confidence
from harvest.papers.document import DocumentError
from harvest.papers.jats import read_jats
from harvest.papers.readings import Reading, Refusal, read_table
from schemas.formula import FormulaError, parse_formula
from schemas.licence import NOASSERTION
from schemas.material import MaterialRecord
from schemas.measurement import PropertyValue
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harvest.papers.document import Document

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


def extract(payload: bytes, *, document: str) -> Extraction:
    """Extract the property tables of an article.

    Args:
        payload: JATS XML as archived.
        document: the id under which the article is known, for example its PMC id or file stem.

    Raises:
        DocumentError: the bytes are not an article that can be read.
    """
    article = read_jats(payload, document=document)
    found = [item for table in article.tables for item in read_table(article, table)]
    readings = tuple(item for item in found if isinstance(item, Reading))
    refusals = [_refused(article, item) for item in found if isinstance(item, Refusal)]
    groups: dict[str, list[Reading]] = {}
    rows: dict[tuple[str, int], list[Reading]] = {}
    aliases = _aliases(readings)
    for reading in readings:
        if _formula(reading, aliases) is None:
            rows.setdefault((reading.place.table, reading.place.row), []).append(reading)
        else:
            groups.setdefault(_source_id(article, reading.material.printed), []).append(reading)
    records = tuple(_record(article, name, group, aliases) for name, group in groups.items())
    rejected = (*(_without_composition(article, row) for row in rows.values()), *refusals)
    return Extraction(document=article, records=records, rejected=rejected, readings=readings)


def cell_text(payload: bytes, pointer: Pointer) -> str:
    """Return the text that an article prints at the place that a pointer names.

    Raises:
        DocumentError: the bytes are no article, or the pointer names no cell of it.
    """
    steps = dict(pointer.steps)
    try:
        table_id, row, column = steps["table"], int(steps["row"]), int(steps["col"])
    except (KeyError, ValueError) as error:
        message = f"a pointer into a table is written table=T1;row=2;col=3, got {str(pointer)!r}"
        raise DocumentError(message) from error
    grid = read_jats(payload, document="").table(table_id).grid
    if not (0 <= row < grid.n_rows and 0 <= column < grid.n_columns):
        message = f"{table_id} has {grid.n_rows} rows and {grid.n_columns} columns, got {str(pointer)!r}"
        raise DocumentError(message)
    return grid.at(row, column).printed


def _aliases(readings: Iterable[Reading]) -> dict[str, str]:
    """Map the names of samples to the one formula that the tables of the article give them."""
    given: dict[str, set[str]] = {}
    for reading in readings:
        if reading.material.formula is not None:
            given.setdefault(reading.material.printed, set()).add(reading.material.formula)
    return {name: formulas.pop() for name, formulas in given.items() if len(formulas) == 1}


def _formula(reading: Reading, aliases: Mapping[str, str]) -> str | None:
    """Return the formula of a reading, if it is one that the grammar of formulas accepts."""
    formula = reading.material.formula or aliases.get(reading.material.printed)
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
        pointer=Pointer.of(table=first.place.table, row=first.place.row),
    )


def _labels(document: Document, readings: list[Reading]) -> dict[str, str]:
    """Return what a reader of a record wants to find again: the article, the works cited, multipliers applied."""
    known = {reference.id: reference for reference in document.references}
    cited = dict.fromkeys(citation for reading in readings for citation in reading.citations if citation in known)
    factors = [f"{_pointer(reading)}: x {reading.factor:g}" for reading in readings if reading.factor != 1.0]
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
        pointer=_pointer(reading),
    )


def _pointer(reading: Reading) -> Pointer:
    return Pointer.of(table=reading.place.table, row=reading.place.row, col=reading.place.column)


def _without_composition(document: Document, readings: list[Reading]) -> Rejected:
    """Return the rejected row of readings whose material has no composition."""
    first = readings[0]
    name = first.material.printed
    reason = f"no composition: {name!r} is no formula, and no table of the article gives it one" if name else (
        "no composition: neither the row nor the caption nor the title names a material"
    )
    return Rejected(
        pointer=Pointer.of(table=first.place.table, row=first.place.row),
        reasons=(reason,),
        row={"material": name} | {reading.header: reading.text for reading in readings},
        source_id=_source_id(document, name) if name else None,
    )


def _refused(document: Document, refusal: Refusal) -> Rejected:
    place = refusal.place
    return Rejected(
        pointer=Pointer.of(table=place.table, row=place.row, col=place.column),
        reasons=(refusal.reason,),
        row={"material": refusal.material, refusal.header: refusal.text},
        source_id=_source_id(document, refusal.material) if refusal.material else None,
    )
