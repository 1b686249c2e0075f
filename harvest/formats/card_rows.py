"""Card rows: a data file and its card in, its rows out; a header that lacks what the card names is refused."""

from __future__ import annotations

from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

from harvest.errors import ContractError
from harvest.formats.delimited import DELIMITERS
from harvest.formats.rows import rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harvest.formats.file_card import FileCard, PropertyColumn
    from harvest.formats.rows import RowStream

_SEPARATORS = {";": ";", "\t": "\\t", "|": "|", ",": ","}
_COMMENTS = ("#", "%", "//", "!")
_SHOWN = 20
_CLOSE = 0.5


def card_rows(payload: bytes, card: FileCard, row_format: str, *, member: str | None = None) -> RowStream:
    """Yield the rows of a file as its card says; see `harvest.formats.rows.rows_of`.

    Raises:
        ContractError: the file as a whole is not in the format, or its header lacks a column that the card names.
    """
    rows = card.rows
    check = partial(refuse_header, card=card, row_format=row_format)
    return rows_of(payload, row_format, at=rows.at, sheet=rows.sheet, member=member, layout=rows.layout(), header=check)


def refuse_header(names: Sequence[str], card: FileCard, row_format: str) -> None:
    """Hold the header of a table to its card.

    Raises:
        ContractError: a column is not there that every row has to have, or none that holds values is; says which key
            of the card names it, what the header has, and what may be meant.
    """
    needed = [*_of_rows(card), *(pair for column in card.properties if not column.optional for pair in _of(column))]
    absent = [pair for pair in needed if not _stands(pair[1], names)]
    values = [("field in [[properties]]", column.field) for column in card.properties]
    if values and not any(_stands(field, names) for _, field in values):
        absent = list(dict.fromkeys([*absent, *values]))
    if not absent:
        return
    said = "; ".join(f"{field!r} ({key}){_near(field, names)}" for key, field in absent)
    shown = ", ".join(map(repr, names[:_SHOWN])) + (", …" if len(names) > _SHOWN else "")
    hint = _hint(names, card) if row_format in DELIMITERS else ""
    message = f"the header has no column {said}; it names {shown}{hint}; correct the card or the header"
    raise ContractError(message)


def _of_rows(card: FileCard) -> Iterator[tuple[str, str]]:
    """Yield the keys of [rows] that name a column, with it."""
    rows = card.rows
    yield "id in [rows]", rows.id
    if rows.formula is not None:
        yield "formula in [rows]", rows.formula
    if rows.structure is not None:
        yield "structure in [rows]", rows.structure.field
    if rows.phase is not None:
        yield "phase in [rows]", rows.phase
    for label, field in rows.labels.items():
        yield f"labels.{label} in [rows]", field


def _of(column: PropertyColumn) -> Iterator[tuple[str, str]]:
    yield "field in [[properties]]", column.field
    if column.uncertainty is not None:
        yield "uncertainty in [[properties]]", column.uncertainty
    for condition in column.conditions:
        if condition.field is not None:
            yield "conditions in [[properties]]", condition.field


def _stands(field: str, names: Sequence[str]) -> bool:
    """Tell whether a row has a field: one of its own, one inside of a column, or one that all rows have beside."""
    return field in names or field.partition(".")[0] in names or field.startswith("@")


def _near(field: str, names: Sequence[str]) -> str:
    folded = {name.casefold(): name for name in names}
    if len(names) == 1:
        return ""
    near = [folded[name] for name in get_close_matches(field.casefold(), folded, cutoff=_CLOSE)]
    near += [name for name in names if len(field) > 1 and field.casefold() in name.casefold() and name not in near]
    return f", did you mean {' or '.join(map(repr, near[:2]))}?" if near else ""


def _hint(names: Sequence[str], card: FileCard) -> str:
    """Return which key of the card a header looks as if it needs."""
    first = names[0]
    if first.casefold().startswith("sep="):
        return f'; the first line says how columns are parted: say skip_rows = 1 and delimiter = "{first[4:5] or ","}"'
    comment = next((sign for sign in _COMMENTS if first.startswith(sign)), None)
    if comment is not None and card.rows.comment is None:
        return f'; if that line is a comment, say comment = "{comment}" in [rows]'
    if len(names) <= 1:
        found = next((sign for sign in _SEPARATORS if sign in first and sign != card.rows.delimiter), None)
        if found is not None:
            return f'; if {_SEPARATORS[found]!r} parts the columns, say delimiter = "{_SEPARATORS[found]}" in [rows]'
    if not any(_stands(field, names) for _, field in _of_rows(card)):
        return "; if the header stands further down, say skip_rows in [rows]: how many lines stand before it"
    return ""
