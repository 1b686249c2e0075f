"""Row records: the bytes of a data file and its card in, material records out; a row that does not fit is rejected."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from harvest.formats.card_rows import card_rows
from harvest.formats.noted_values import noted_quantity, single_number
from harvest.formats.rows import pointer_to, value_at
from harvest.formats.structures import STRUCTURE_FORMATS
from harvest.formats.values import content_of
from harvest.source import Rejected, why
from schemas.material import MaterialRecord
from schemas.measurement import Condition, PropertyValue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harvest.formats.file_card import FileCard, FixedCondition, PropertyColumn
    from harvest.formats.rows import Row
    from schemas.provenance import Pointer

_LONGEST_ID = 512
_UNITS = "@units"
DOES_NOT_FIT = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


def records_of(
    payload: bytes,
    card: FileCard,
    row_format: str,
    *,
    member: str | None = None,
    extra: Mapping[str, str] | None = None,
) -> Iterator[MaterialRecord | Rejected]:
    """Read the rows of a file as its card says; one that does not fit is rejected, its neighbours pass.

    Args:
        payload: the file.
        card: what its fields are.
        row_format: one of `harvest.formats.rows.FORMATS`.
        member: which member, for a zip file.
        extra: fields that every row has beside its own, such as the name of the file.

    Raises:
        ContractError: the file as a whole is not in the format, or its header lacks what the card names.
    """
    for pointer, row in card_rows(payload, card, row_format, member=member):
        yield record_or_rejected(pointer, row, card, extra or {})


def record_or_rejected(
    pointer: Pointer, row: Row | ValueError, card: FileCard, extra: Mapping[str, str]
) -> MaterialRecord | Rejected:
    """Return the record of a row, or why there is none."""
    if isinstance(row, ValueError):
        return Rejected(pointer, (f"unreadable: {row}",), None, extra.get(card.rows.id))
    whole = {**extra, **row}
    try:
        return _record(whole, pointer, card)
    except DOES_NOT_FIT as error:
        return Rejected(pointer, (_reason(error),), row, _identifier(whole, card))


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"missing_field: the row has no field {error.args[0]!r}"
    return f"does_not_fit: {why(error)}"


def _identifier(row: Row, card: FileCard) -> str | None:
    value = row.get(card.rows.id)
    return None if value is None or not str(value).strip() else str(value)[:_LONGEST_ID]


def _record(row: Row, pointer: Pointer, card: FileCard) -> MaterialRecord:
    rows, structure = card.rows, card.rows.structure
    labels = {label: given_at(row, field, card) for label, field in rows.labels.items()}
    values = (_value(row, pointer, column, card) for column in card.properties)
    return MaterialRecord(
        source_id=identifier_at(row, card),
        formula=given_at(row, rows.formula, card) if rows.formula else None,
        structure=STRUCTURE_FORMATS[structure.format](value_at(row, structure.field)) if structure else None,
        phase=_text(given_at(row, rows.phase, card)) if rows.phase else None,
        labels=rows.constant_labels | {label: str(given) for label, given in labels.items() if given is not None},
        properties=tuple(value for value in values if value is not None),
        pointer=pointer,
    )


def identifier_at(row: Row, card: FileCard) -> str:
    """Return the identifier of a row.

    Raises:
        KeyError: the row has no such field.
        ValueError: it is empty, null, or a word for "no value".
    """
    given = given_at(row, card.rows.id, card)
    if given is None:
        message = f"the id is blank: {card.rows.id!r} holds {row.get(card.rows.id)!r}; give every row a name of its own"
        raise ValueError(message)
    return str(given)


def given_at(row: Row, field: str, card: FileCard) -> Any:  # noqa: ANN401 — whatever the file holds
    """Return what a field holds, or none where that is blank or a word for "no value"."""
    value = value_at(row, field)
    if not isinstance(value, str):
        return value
    word = value.strip()
    return value if word and word not in card.rows.no_value else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _value(row: Row, pointer: Pointer, column: PropertyColumn, card: FileCard) -> PropertyValue | None:
    try:
        given = given_at(row, column.field, card)
    except KeyError:
        if column.optional:
            return None
        raise
    if given is None:
        return None
    conditions = (_condition(row, condition, card) for condition in column.conditions)
    content = content_at(row, given, column, card)
    said = tuple(condition for condition in conditions if condition is not None)
    try:
        return PropertyValue(
            property=column.property,
            unit=column.unit,
            text=str(given),
            method=column.method,
            functional=column.functional,
            conditions=said,
            pointer=pointer_to(pointer, column.field),
            **content,
        )
    except ValueError as error:
        raise _named(column.field, error) from error


def content_at(row: Row, given: object, column: PropertyColumn, card: FileCard) -> dict[str, Any]:
    """Return the fields of a property value that hold what a row gives in a column.

    Raises:
        ValueError: a text is none that this column may hold; says which column and which text.
        KeyError: the row has no field with the uncertainty.
    """
    refuse_other_unit(row, column.field, column.unit)
    read = partial(noted_quantity, decimal=card.rows.decimal or ".")
    uncertainty = given_at(row, column.uncertainty, card) if column.uncertainty else None
    try:
        content = content_of(given, column.property, column.unit, quantity=read)
    except DOES_NOT_FIT as error:
        raise _named(column.field, error) from error
    if uncertainty is not None:
        content["uncertainty"] = _single(uncertainty, str(column.uncertainty), column.unit, card)
    return content


def _single(given: object, field: str, unit: str, card: FileCard) -> float:
    try:
        return single_number(given, unit, decimal=card.rows.decimal or ".")
    except DOES_NOT_FIT as error:
        raise _named(field, error) from error


def _named(field: str, error: Exception) -> ValueError:
    """Return what is wrong with a value, with the field that it stands in."""
    return ValueError(f"{field}: {why(error)}")


def _condition(row: Row, condition: FixedCondition, card: FileCard) -> Condition | None:
    if condition.field is None:
        return Condition(name=condition.name, value=condition.value, unit=condition.unit, text=condition.text)
    given = given_at(row, condition.field, card)
    if given is None or condition.unit is None:
        return None
    refuse_other_unit(row, condition.field, condition.unit)
    value = _single(given, condition.field, condition.unit, card)
    return Condition(name=condition.name, value=value, unit=condition.unit, text=str(given))


def refuse_other_unit(row: Row, field: str, unit: str) -> None:
    """Hold the unit that a file states beside a dataset (HDF5, as NeXus has it) to that of the card.

    Raises:
        ValueError: they are two units.
    """
    stated = row.get(f"{field}{_UNITS}")
    if not isinstance(stated, str):
        return
    from harvest.stated_units import same_unit  # noqa: PLC0415 — the registry of units is slow to import

    if not same_unit(stated, unit):
        message = f"{field}: the file states the unit {stated!r}, the card says {unit!r}; correct the card"
        raise ValueError(message)
