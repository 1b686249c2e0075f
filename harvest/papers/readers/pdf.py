"""PDF: the pages of an article in, a Document out, of a lower tier: places on paper say less than mark-up.

Words are put together from the boxes of the characters (pypdfium2), lines from words, columns of a table from the gaps
below its caption. The article is rebuilt in the tags of JATS, and its reader does the rest.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lxml import etree

from harvest.papers.document import DocumentError, Tier
from harvest.papers.readers.jats import read_article
from harvest.papers.readers.pdf_tables import CAPTION, read_table_at
from harvest.papers.readers.pdf_words import read_characters, read_lines
from harvest.papers.readers.scripts import append_marked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

    from harvest.papers.document import Document
    from harvest.papers.readers.pdf_tables import FoundTable
    from harvest.papers.readers.pdf_words import Character, Line

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+[^\s\"<>.,;)]")
_LICENCE = re.compile(r"creativecommons\.org/\S+")
_MOST_PAGES = 500
_MIDDLE_SHARE = 0.02
_LEAST_CHARACTERS = 40


def read_pdf(payload: bytes, *, document: str) -> Document:
    """Return the article.

    Raises:
        DocumentError: the file is broken or encrypted, or its pages hold pictures and no text.
    """
    article = etree.Element("article")
    front, body = etree.SubElement(article, "front"), etree.SubElement(article, "body")
    lines = list(_all_lines(payload))
    if sum(len(line.markup) for line in lines) < _LEAST_CHARACTERS:
        message = "the PDF has no text, perhaps scanned pages; expected a PDF that a publisher made"
        raise DocumentError(message)
    _append_front(front, lines)
    _append_body(body, lines)
    return replace(read_article(article, document=document), tier=Tier.LAYOUT)


def _all_lines(payload: bytes) -> Iterator[Line]:
    """Yield the lines of all pages, of two columns first those of the left one."""
    import pypdfium2  # noqa: PLC0415 — only where a PDF is read

    try:
        pdf = pypdfium2.PdfDocument(payload)
    except pypdfium2.PdfiumError as error:
        message = f"the PDF cannot be opened: {error}; it is broken or needs a password"
        raise DocumentError(message) from error
    try:
        for number in range(min(len(pdf), _MOST_PAGES)):
            page = pdf[number]
            text = page.get_textpage()
            width = page.get_width()
            characters = read_characters(text)
            text.close()
            page.close()
            for column in _page_columns(characters, width):
                yield from read_lines(column)
    finally:
        pdf.close()


def _page_columns(characters: list[Character], width: float) -> list[list[Character]]:
    """Part a page of two columns; one where text runs over the middle stays whole."""
    middle = width / 2
    crossing = sum(each.left < middle < each.right for each in characters)
    left = [each for each in characters if each.right <= middle]
    right = [each for each in characters if each.left >= middle]
    is_two = crossing < _MIDDLE_SHARE * len(characters) and min(len(left), len(right)) > 0.25 * len(characters)
    gutter = [each for each in characters if middle - 6 < (each.left + each.right) / 2 < middle + 6]
    if not is_two or len(gutter) > _MIDDLE_SHARE * len(characters):
        return [characters]
    return [left + [each for each in characters if each.left < middle < each.right], right]


def _append_front(front: Element, lines: list[Line]) -> None:
    meta = etree.SubElement(front, "article-meta")
    text = " ".join(line.markup for line in lines[:150])
    doi, licence = _DOI.search(text), _LICENCE.search(text)
    etree.SubElement(meta, "article-id", {"pub-id-type": "doi"}).text = doi[0] if doi else None
    title = etree.SubElement(etree.SubElement(meta, "title-group"), "article-title")
    append_marked(title, _title(lines[:25]))
    if licence:
        etree.SubElement(etree.SubElement(meta, "permissions"), "license").text = licence[0]


def _title(lines: list[Line]) -> str:
    """Return the lines of the largest print at the top of the first page."""
    sizes = [line.top - line.bottom for line in lines]
    largest = max(sizes, default=0.0)
    return " ".join(line.markup for line, size in zip(lines, sizes, strict=True) if size > 0.85 * largest)


def _append_body(body: Element, lines: list[Line]) -> None:
    """Append paragraphs and tables in the order of the pages."""
    paragraph: list[str] = []
    position = 0
    while position < len(lines):
        table = read_table_at(lines, position) if CAPTION.match(lines[position].markup) else None
        if table is None:
            paragraph.append(lines[position].markup)
            position += 1
            if paragraph[-1].endswith("."):
                _append_paragraph(body, paragraph)
                paragraph = []
            continue
        _append_table(body, table)
        position += table.used
    _append_paragraph(body, paragraph)


def _append_paragraph(body: Element, lines: list[str]) -> None:
    if lines:
        append_marked(etree.SubElement(body, "p"), " ".join(lines))


def _append_table(body: Element, table: FoundTable) -> None:
    wrap = etree.SubElement(body, "table-wrap")
    append_marked(etree.SubElement(etree.SubElement(wrap, "caption"), "p"), table.caption)
    element = etree.SubElement(wrap, "table")
    head, rest = etree.SubElement(element, "thead"), etree.SubElement(element, "tbody")
    for index, cells in enumerate(table.rows):
        row = etree.SubElement(rest if index else head, "tr")
        for cell in cells:
            append_marked(etree.SubElement(row, "td"), cell)
