"""Text formats: a stream of CSV, TSV, JSON or JSON lines in, its rows with their pointers out, one at a time."""

from __future__ import annotations

import csv
import io
import json
from typing import IO, TYPE_CHECKING

from harvest.errors import ContractError
from harvest.formats.json_rows import json_rows, no_value
from harvest.formats.spelling import spelled
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from harvest.formats.rows import RowStream

_TOO_MANY = "\0"
_DELIMITERS = {"csv": ",", "tsv": "\t"}


def text_rows(stream: IO[bytes], row_format: str, *, at: str = "") -> RowStream:
    """Yield the rows of a text; see `harvest.formats.rows.rows_of`.

    Raises:
        ContractError: the file as a whole is not in the format.
    """
    if row_format == "jsonl":
        return _json_lines(_text(stream, newline="\n"))
    if row_format == "json":
        return _json_rows(_text(stream), at)
    return _csv_rows(_text(stream), _DELIMITERS[row_format])


def _text(stream: IO[bytes], newline: str = "") -> io.TextIOWrapper:
    return io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline=newline)


def _csv_rows(text: io.TextIOWrapper, delimiter: str) -> RowStream:
    reader = csv.DictReader(text, restkey=_TOO_MANY, strict=True, delimiter=delimiter)
    columns = _header(reader)
    number = 0
    while True:
        number += 1
        pointer = Pointer.of(row=number)
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield pointer, ValueError(f"line {reader.line_num}: {error}")
            continue
        if _TOO_MANY in row or None in row.values():
            yield pointer, ValueError(f"{columns} columns expected, the row has another number")
        else:
            yield pointer, {name: value or None for name, value in row.items()}


def _header(reader: csv.DictReader[str]) -> int:
    """Return the number of columns; a header that names one twice says of no row what stands in it."""
    try:
        names = list(reader.fieldnames or ())
    except csv.Error as error:
        message = f"the header, line {reader.line_num}, cannot be read: {error}"
        raise ContractError(message) from error
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"the header names {', '.join(map(repr, twice))} more than once; rename all but one"
        raise ContractError(message)
    return len(names)


def _json_rows(text: io.TextIOWrapper, at: str) -> RowStream:
    for place, row in json_rows(text, at):
        is_row = isinstance(row, dict)
        yield Pointer.of(json=place), row if is_row else ValueError(f"an object was expected, got {row!r}")


def _json_lines(text: io.TextIOWrapper) -> RowStream:
    for number, line in enumerate(text, 1):
        if not line.strip():
            continue
        pointer = Pointer.of(line=number)
        try:
            row = json.loads(line, parse_float=spelled, parse_constant=no_value)
        except (ValueError, RecursionError) as error:
            yield pointer, ValueError(f"the line is not JSON: {error}")
            continue
        yield pointer, row if isinstance(row, dict) else ValueError(f"an object was expected, got {row!r}")
