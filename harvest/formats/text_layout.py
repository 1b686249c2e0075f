"""Text layout: how a text file is written, as its card says: encoding, delimiter, comments, lines before the header."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from io import TextIOWrapper
from typing import IO, TYPE_CHECKING, cast

if TYPE_CHECKING:
    from io import BufferedReader

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_UNDECODED = re.compile("[\udc80-\udcff]+")
_FIRST = 64


@dataclass(frozen=True)
class TextLayout:
    """How a text file is written.

    Attributes:
        encoding: as Python names it; where absent the mark at its beginning tells, else it is UTF-8.
        delimiter: what parts the columns of CSV and TSV; of the format where absent.
        comment: a line of CSV or TSV that begins so is left out.
        skip_rows: how many lines of CSV or TSV stand before the header.
    """

    encoding: str | None = None
    delimiter: str | None = None
    comment: str | None = None
    skip_rows: int = 0

    def open_text(self, stream: IO[bytes], *, newline: str = "") -> TextIOWrapper:
        """Return the text of a stream; `refuse_undecoded` finds the bytes that are not of the encoding."""
        encoding = _codec(self.encoding) if self.encoding else _marked(stream)
        return TextIOWrapper(stream, encoding=encoding, errors="surrogateescape", newline=newline)

    def refuse_undecoded(self, text: str) -> None:
        """Prove that all of a text was of its encoding.

        Raises:
            ValueError: it was not; names a byte and what to do, and no text, which may be the name of a person.
        """
        if text.isascii():
            return
        found = _UNDECODED.search(text)
        if found is None:
            return
        byte = ord(found[0][0]) - 0xDC00
        message = f"byte 0x{byte:02X} is not {(self.encoding or 'UTF-8').upper()}; {SAY_ENCODING}"
        raise ValueError(message)


SAY_ENCODING = 'say in [rows] of the card how the file is written, for example encoding = "cp1252"'


def _codec(encoding: str) -> str:
    name = codecs.lookup(encoding).name
    return "utf-8-sig" if name == "utf-8" else name


def _marked(stream: IO[bytes]) -> str:
    """Return the encoding that the mark at the beginning of a stream tells; UTF-8 where there is none."""
    start = first_bytes(stream)
    return next((encoding for mark, encoding in _MARKS if start.startswith(mark)), "utf-8-sig")


def first_bytes(stream: IO[bytes]) -> bytes:
    """Return some bytes from the beginning of a buffered stream, which stays where it is."""
    return cast("BufferedReader", stream).peek(_FIRST)[:_FIRST]
