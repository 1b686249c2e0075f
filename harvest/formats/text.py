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
    from collections.abc import Iterator

    from harvest.formats.rows import Row, RowStream

_TOO_MANY = "\0"
_DELIMITERS = {"csv": ",", "tsv": "\t"}


def text_rows(stream: IO[bytes], row_format: str, *, at: str = "") -> RowStream:
    """Yield the rows of a text; see `harvest.formats.rows.rows_of`.

    Raises:
        ContractError: the file as a whole is not in the format.
    """
    if row_format == "jsonl":
        return ((pointer, row_of_line(line)) for pointer, line in lines_of(stream))
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


def lines_of(stream: IO[bytes]) -> Iterator[tuple[Pointer, str]]:
    """Yield the lines of JSON lines, undecoded."""
    for number, line in enumerate(_text(stream, newline="\n"), 1):
        if line.strip():
            yield Pointer.of(line=number), line


def row_of_line(line: str) -> Row | ValueError:
    """Return the row of a line, or why it is none."""
    try:
        row = json.loads(line, parse_float=spelled, parse_constant=no_value)
    except (ValueError, RecursionError) as error:
        return ValueError(f"the line is not JSON: {error}")
    return row if isinstance(row, dict) else ValueError(f"an object was expected, got {row!r}")
