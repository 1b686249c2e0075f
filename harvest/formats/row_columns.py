"""Row columns: the rows of a data file and its card in, columns of many records out; odd rows come one by one.

What comes is what `harvest.formats.row_records` makes of the same rows.
"""

from __future__ import annotations

import contextlib
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from harvest.formats import structure_columns as structures
from harvest.formats.plain_texts import identifiers, texts_or_none
from harvest.formats.row_lots import lots_of
from harvest.formats.row_records import DOES_NOT_FIT, content_at, given_at, identifier_at, record_or_rejected
from harvest.formats.rows import pointer_to, value_at
from harvest.formats.site_columns import pymatgen_columns
from harvest.records.columns import NotPlainError, RecordColumns, ValueColumns
from schemas.formula import parse_formula
from schemas.measurement import Condition, PropertyValue
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harvest.formats.file_card import FileCard, PropertyColumn
    from harvest.formats.row_lots import Placed, Reading
    from harvest.formats.rows import Row
    from harvest.records.columns import Composition, Part, StructureColumns


_SINGLE = ("value", "value_min", "value_max", "uncertainty")


def parts_of_rows(
    payload: bytes,
    card: FileCard,
    row_format: str,
    *,
    member: str | None = None,
    extra: Mapping[str, str] | None = None,
) -> Iterator[Part]:
    """Read the rows of a file as its card says; see `harvest.formats.row_records.records_of`.

    Raises:
        ContractError: the file as a whole is not in the format.
    """
    beside = extra or {}
    for readings in lots_of(payload, card, row_format, member=member):
        columns = _first(readings, card, beside)
        if columns is not None:
            yield columns
            continue
        for pointer, row in readings[-1]():
            yield record_or_rejected(pointer, row, card, beside)


def _first(readings: Sequence[Reading], card: FileCard, extra: Mapping[str, str]) -> RecordColumns | None:
    """Return the columns of the first reading whose rows are all plain; none where there is none."""
    for read in readings:
        with contextlib.suppress(*DOES_NOT_FIT):
            return _columns(read(), card, extra)
    return None


def _columns(placed: Sequence[Placed], card: FileCard, extra: Mapping[str, str]) -> RecordColumns:
    """Return the columns of rows.

    Raises:
        ValueError, LookupError, TypeError, AttributeError, ArithmeticError: a row is not plain.
    """
    rows = [{**extra, **_row(row)} for _, row in placed]
    pointers = [pointer for pointer, _ in placed]
    formulas = texts_or_none([given_at(row, card.rows.formula, card) if card.rows.formula else None for row in rows])
    found = _structures(rows, card)
    return RecordColumns(
        source_ids=identifiers([identifier_at(row, card) for row in rows]),
        formulas=formulas,
        compositions=structures.compositions(found.site_species, found.occupants) if found else _composed(formulas),
        pointers=[str(pointer) for pointer in pointers],
        structures=found,
        phases=_phases(rows, card),
        labels=[_labels(row, card) for row in rows] if card.rows.labels or card.rows.constant_labels else None,
        values=_values(rows, pointers, card),
    )


def _row(row: Row | ValueError) -> Row:
    if isinstance(row, ValueError):
        raise row
    return row


def _structures(rows: Sequence[Row], card: FileCard) -> StructureColumns | None:
    if card.rows.structure is None:
        return None
    if card.rows.structure.format != "pymatgen":
        message = "structures of this format are read one by one"
        raise NotPlainError(message)
    return pymatgen_columns([value_at(row, card.rows.structure.field) for row in rows])


def _composed(formulas: Sequence[str | None]) -> list[Composition]:
    return [_composition(formula or "") for formula in formulas]


@lru_cache(maxsize=1 << 14)
def _composition(formula: str) -> Composition:
    return structures.composition_of(parse_formula(formula))


def _phases(rows: Sequence[Row], card: FileCard) -> list[str | None] | None:
    if card.rows.phase is None:
        return None
    given = [given_at(row, card.rows.phase, card) for row in rows]
    return texts_or_none([None if phase is None else str(phase) for phase in given])


def _labels(row: Row, card: FileCard) -> dict[str, str]:
    given = {label: given_at(row, field, card) for label, field in card.rows.labels.items()}
    own = {label: str(value) for label, value in given.items() if value is not None}
    texts_or_none(own.values())
    return card.rows.constant_labels | own


def _values(rows: Sequence[Row], pointers: Sequence[Pointer], card: FileCard) -> ValueColumns:
    """Return the values of all rows, row by row, column by column."""
    kinds = [_kind(column) for column in card.properties]
    ends = [_end(pointers, column.field) for column in card.properties]
    found = [
        (kind, number, *value, f"{pointers[number]}{ends[kind]}")
        for number, row in enumerate(rows)
        for kind, column in enumerate(card.properties)
        if (value := _value(row, column, card)) is not None
    ]
    if not found:
        return ValueColumns()
    kind, record, contents, texts, written = zip(*found, strict=True)
    texts_or_none(texts)
    return ValueColumns(kinds, kind, record, contents, texts, written)


def _end(pointers: Sequence[Pointer], field: str) -> str:
    """Return what the pointer to a field has behind that to its row; all rows of a file are pointed to alike."""
    first = pointers[0]
    row, value = str(first), str(pointer_to(first, field))
    if not value.startswith(row) or {step[0] for step in first.steps} & {"hdf", "cif"}:
        message = "pointers that do not extend that to the row"
        raise NotPlainError(message)
    return value.removeprefix(row)


def _kind(column: PropertyColumn) -> PropertyValue:
    """Return what all values of a column have in common; its value and place stand for none."""
    if any(condition.field for condition in column.conditions):
        message = "conditions that differ from row to row"
        raise NotPlainError(message)
    conditions = (Condition(name=c.name, value=c.value, unit=c.unit, text=c.text) for c in column.conditions)
    return PropertyValue(
        property=column.property,
        value=0.0,
        unit=column.unit,
        method=column.method,
        functional=column.functional,
        conditions=tuple(conditions),
        pointer=Pointer.of(),
    )


def _value(row: Row, column: PropertyColumn, card: FileCard) -> tuple[Mapping[str, Any], str] | None:
    """Return the fields that hold what a row gives, and its text."""
    if column.optional and column.field not in row and "." not in column.field:
        return None
    given = given_at(row, column.field, card)
    if given is None:
        return None
    content = {"value": None, **content_at(row, given, column, card)}
    if "qualifier" in content:
        message = "a bound, or a number that holds about"
        raise NotPlainError(message)
    if not all(map(math.isfinite, _numbers(content))):
        message = "a number that is not finite"
        raise NotPlainError(message)
    texts_or_none([content.get("category")])
    return content, str(given)


def _numbers(content: Mapping[str, Any]) -> list[float]:
    single = [content[name] for name in _SINGLE if content.get(name) is not None]
    return [*single, *cast("tuple[float, ...]", content.get("tensor") or ())]
