"""Guessed layout: the bytes of a delimited text and the name of a column in, how it is written out.

A pointer says row and column and not how the file is written. That is told by the header, which is the line that has
the column; what a card says of the file is not needed to find a place in it again.
"""

from __future__ import annotations

import codecs
import csv
import io
from itertools import islice
from typing import TYPE_CHECKING

from harvest.formats.compressed import open_plain
from harvest.formats.text_layout import TextLayout

if TYPE_CHECKING:
    from collections.abc import Iterator

_DELIMITERS = (",", "\t", ";", "|")
_START = 1 << 16
_CHUNK = 1 << 20
_ROWS = 100


def guessed_layout(payload: bytes, column: str | None) -> TextLayout:
    """Return how a text was most likely written.

    Args:
        payload: the file.
        column: a name in its header; where absent the widest line is looked for.
    """
    encoding = None if _is_marked_or_utf8(payload) else "cp1252"
    text = TextLayout(encoding).open_text(open_plain(payload)).read(_START)
    found = [
        (before, -len(cells), order, delimiter)
        for order, delimiter in enumerate(_DELIMITERS)
        for before, cells in _outline(text, delimiter)
        if column is None or column in cells
    ]
    if not found:
        return TextLayout(encoding)
    before, _, _, delimiter = min(found) if column is not None else min(found, key=lambda line: (line[1], line[0]))
    return TextLayout(encoding, delimiter, skip_rows=before)


def _outline(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the first lines of a text, each with how many lines stand before it."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = 0
    try:
        for cells in islice(reader, _ROWS):
            yield before, [cell.strip() for cell in cells]
            before = reader.line_num
    except csv.Error:
        return


def _is_marked_or_utf8(payload: bytes) -> bool:
    stream = open_plain(payload)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        first = stream.read(_CHUNK)
        if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return True
        decoder.decode(first)
        while chunk := stream.read(_CHUNK):
            decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True
