"""Delimited text: a stream of CSV or TSV in, its rows with their pointers out, one at a time.

A row is counted from 1 after the header; a line that is a comment counts, so that a row is found again without knowing
which lines are comments.
"""

from __future__ import annotations

import csv
from itertools import zip_longest
from typing import IO, TYPE_CHECKING

from harvest.errors import ContractError
from harvest.formats.text_layout import first_bytes
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import TextIOWrapper

    from harvest.formats.rows import HeaderCheck, RowStream
    from harvest.formats.text_layout import TextLayout

DELIMITERS = {"csv": ",", "tsv": "\t"}
_OTHER_FORMATS = {
    b"PAR1": "parquet",
    b"PK\x03\x04": "xlsx",
    b"SQLite format 3\x00": "ase",
    b"\x89HDF\r\n": "hdf5",
}


def delimited_rows(
    stream: IO[bytes], row_format: str, layout: TextLayout, *, header: HeaderCheck | None = None
) -> RowStream:
    """Yield the rows of a table; one whose bytes or columns are odd comes as the error that says why.

    Args:
        stream: the table.
        row_format: csv or tsv.
        layout: how it is written.
        header: is shown the names of the columns, without blanks around them, and raises where they do not fit.

    Raises:
        ContractError: it is empty or no such text, its header cannot be read or names a column twice.
    """
    _refuse_other_format(first_bytes(stream), row_format)
    lines = _Lines(layout.open_text(stream), layout)
    reader = csv.reader(lines, strict=True, delimiter=layout.delimiter or DELIMITERS[row_format])
    names = _header(reader, lines, layout)
    if header is not None:
        header(names)
    yield from _rows(reader, lines, names, layout)


class _Lines:
    """The lines of a text without those that are comments or stand before the header.

    Attributes:
        number: of the line that was read last, counted from 1.
        comments: how many lines were left out since the header.
    """

    def __init__(self, text: TextIOWrapper, layout: TextLayout) -> None:
        self._text, self._layout = text, layout
        self.number, self.comments = 0, 0

    def __iter__(self) -> Iterator[str]:
        comment, skipped = self._layout.comment, self._layout.skip_rows
        for line in self._text:
            self.number += 1
            if self.number <= skipped:
                continue
            if comment is not None and line.startswith(comment):
                self.comments += 1
                continue
            yield line


def _rows(reader: Iterator[list[str]], lines: _Lines, names: list[str], layout: TextLayout) -> RowStream:
    number = 0
    lines.comments = 0
    while True:
        problem: ValueError | None = None
        cells: list[str] = []
        try:
            cells = next(reader)
            if not cells:
                continue
            _refuse_undecoded(cells, names, layout)
        except StopIteration:
            return
        except (csv.Error, ValueError) as error:
            _refuse_whole(error)
            problem = ValueError(f"line {lines.number}: {error}")
        number += 1
        if problem is None and len(cells) != len(names):
            problem = ValueError(f"{len(names)} columns expected, the row has another number")
        row = {name: cell or None for name, cell in zip(names, cells, strict=False)}
        yield Pointer.of(row=number + lines.comments), problem or row


def _refuse_undecoded(cells: list[str], names: list[str], layout: TextLayout) -> None:
    if "".join(cells).isascii():
        return
    for cell, name in zip_longest(cells, names):
        try:
            layout.refuse_undecoded(cell or "")
        except ValueError as error:
            message = f"column {name!r}: {error}" if name is not None else str(error)
            raise ValueError(message) from error


def _refuse_whole(error: Exception) -> None:
    """Refuse the file where the decoder cannot go on behind a byte."""
    if isinstance(error, UnicodeDecodeError):
        message = f"the file is not {error.encoding.upper()}: {error.reason}; correct `encoding` in [rows] of the card"
        raise ContractError(message) from error


def _refuse_other_format(start: bytes, row_format: str) -> None:
    found = next((name for magic, name in _OTHER_FORMATS.items() if start.startswith(magic)), None)
    if found is not None:
        message = f'the bytes are not {row_format} but {found}; say format = "{found}" in [rows] of the card'
        if found == "xlsx":
            message += ", or in the recipe which `member` of a zip file is meant"
        raise ContractError(message)


def _header(reader: Iterator[list[str]], lines: _Lines, layout: TextLayout) -> list[str]:
    """Return the names of the columns; a header that names one twice says of no row what stands in it."""
    try:
        names = [name.strip() for name in next((cells for cells in reader if cells), [])]
        _refuse_undecoded(names, [], layout)
    except (csv.Error, ValueError) as error:
        _refuse_whole(error)
        message = f"the header, line {lines.number}, cannot be read: {error}"
        raise ContractError(message) from error
    if not names:
        message = "the file is empty; its first line has to name the columns"
        raise ContractError(message)
    if any("\0" in name for name in names):
        message = 'the header holds zero bytes; if the file is UTF-16, say encoding = "utf-16" in [rows] of the card'
        raise ContractError(message)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"the header names {', '.join(map(repr, twice))} more than once; rename all but one"
        raise ContractError(message)
    return names
