"""Files: a data file and its card in, material records out; manual collections and files "downloaded as one"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harvest.errors import CardError
from harvest.file_card import FileCard, PropertyColumn, read_file_card
from harvest.local_files import declared_version, read_request
from harvest.row_formats import format_of, pointer_to, rows_of, value_at
from harvest.source import About, Page, Plan, Rejected, SourceCard, load_card
from harvest.structure_formats import STRUCTURE_FORMATS
from schemas.material import MaterialRecord
from schemas.measurement import Condition, PropertyValue
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject
    from schemas.provenance import Pointer


class FilesOptions(Model):
    """What a recipe says."""

    path: str = described("The data file, relative to the recipe.")
    card: str = described("Its card, relative to the recipe.")


class FilesQuery(Model):
    """The checked query: the options with the content of the card."""

    path: str
    row_format: str
    card: FileCard


class FilesSource:
    """Reads rows of a file as its card says."""

    card: SourceCard = load_card("files", SourceCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options and the card."""
        asked = FilesOptions.model_validate(options)
        card = read_file_card(folder / asked.card)
        row_format = card.rows.format or format_of(asked.path)
        if row_format is None:
            message = f"the name {asked.path} says no format; give `format` in [rows] of {asked.card}"
            raise CardError(message)
        return Plan(
            key=key,
            source=self.card.name,
            query=FilesQuery(path=asked.path, row_format=row_format, card=card),
            about=About.model_validate(card.card.model_dump()),
            folder=folder,
            declared=declared_version(folder, [asked.path]),
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Read the file."""
        yield Page(door.get(read_request(_query(plan).path, _MEDIA_TYPES[_query(plan).row_format])))

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the rows; one that does not fit is rejected, its neighbours pass."""
        query = _query(plan)
        for pointer, row in rows_of(raw.payload, query.row_format):
            if isinstance(row, ValueError):
                yield Rejected(pointer, (f"unreadable: {row}",), None)
                continue
            try:
                yield _record(row, pointer, query.card)
            except (ValueError, KeyError, TypeError) as error:
                yield Rejected(pointer, (_reason(error),), row, _identifier(row, query.card))


_MEDIA_TYPES = {"csv": "text/csv", "json": "application/json", "jsonl": "application/jsonl"}


def _query(plan: Plan) -> FilesQuery:
    return FilesQuery.model_validate(plan.query)


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"missing_field: the row has no field {error.args[0]!r}"
    return f"does_not_fit: {' '.join(str(error).split())}"


def _identifier(row: dict[str, Any], card: FileCard) -> str | None:
    value = row.get(card.rows.id)
    return None if value is None else str(value)[:512]


def _record(row: dict[str, Any], pointer: Pointer, card: FileCard) -> MaterialRecord:
    rows = card.rows
    structure = rows.structure
    built = STRUCTURE_FORMATS[structure.format](value_at(row, structure.field)) if structure else None
    values = (_value(row, pointer, column) for column in card.properties)
    return MaterialRecord(
        source_id=str(value_at(row, rows.id)),
        formula=value_at(row, rows.formula) if rows.formula else None,
        structure=built,
        phase=(value_at(row, rows.phase) or None) if rows.phase else None,
        labels={label: str(value_at(row, field)) for label, field in rows.labels.items() if value_at(row, field)},
        properties=tuple(value for value in values if value is not None),
        pointer=pointer,
    )


def _value(row: dict[str, Any], pointer: Pointer, column: PropertyColumn) -> PropertyValue | None:
    given = value_at(row, column.field)
    if given is None:
        return None
    uncertainty = value_at(row, column.uncertainty) if column.uncertainty else None
    return PropertyValue(
        property=column.property,
        value=float(given),
        unit=column.unit,
        uncertainty=None if uncertainty is None else float(uncertainty),
        text=str(given),
        method=column.method,
        functional=column.functional,
        conditions=tuple(Condition(name=c.name, value=c.value, unit=c.unit) for c in column.conditions),
        pointer=pointer_to(pointer, column.field),
    )
