"""Text formats: a stream of CSV, TSV, JSON or JSON lines in, its rows with their pointers out, one at a time."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING

from harvest.errors import ContractError
from harvest.formats.delimited import delimited_rows
from harvest.formats.json_rows import json_rows, no_value
from harvest.formats.spelling import spelled
from harvest.formats.text_layout import TextLayout
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.formats.rows import HeaderCheck, Row, RowStream

PLAIN = TextLayout()


def text_rows(
    stream: IO[bytes], row_format: str, *, at: str = "", layout: TextLayout = PLAIN, header: HeaderCheck | None = None
) -> RowStream:
    """Yield the rows of a text; see `harvest.formats.rows.rows_of`.

    Raises:
        ContractError: the file as a whole is not in the format.
    """
    if row_format == "jsonl":
        return ((pointer, row_of_line(line, layout)) for pointer, line in lines_of(stream, layout))
    if row_format == "json":
        return _json_rows(stream, at, layout)
    return delimited_rows(stream, row_format, layout, header=header)


def _json_rows(stream: IO[bytes], at: str, layout: TextLayout) -> RowStream:
    for place, row in json_rows(layout.open_text(stream), at, check=layout.refuse_undecoded):
        if isinstance(row, (dict, ValueError)):
            yield Pointer.of(json=place), row
        else:
            yield Pointer.of(json=place), ValueError(f"an object was expected, got {row!r}")


def lines_of(stream: IO[bytes], layout: TextLayout = PLAIN) -> Iterator[tuple[Pointer, str]]:
    """Yield the lines of JSON lines, undecoded.

    Raises:
        ContractError: the decoder cannot go on behind a byte.
    """
    try:
        for number, line in enumerate(layout.open_text(stream, newline="\n"), 1):
            if line.strip():
                yield Pointer.of(line=number), line
    except UnicodeDecodeError as error:
        message = f"the file is not {error.encoding.upper()}: {error.reason}; correct `encoding` in [rows] of the card"
        raise ContractError(message) from error


def row_of_line(line: str, layout: TextLayout = PLAIN) -> Row | ValueError:
    """Return the row of a line, or why it is none."""
    try:
        layout.refuse_undecoded(line)
    except ValueError as error:
        return error
    try:
        row = json.loads(line, parse_float=spelled, parse_constant=no_value)
    except (ValueError, RecursionError) as error:
        return ValueError(f"the line is not JSON: {error}")
    return row if isinstance(row, dict) else ValueError(f"an object was expected, got {row!r}")
