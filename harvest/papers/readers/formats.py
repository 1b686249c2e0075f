"""Formats: the bytes of an article in, the Document that the reader of its format makes of them out."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from harvest.papers.document import DocumentError
from harvest.papers.readers.bundle import is_bundle, latex_of

if TYPE_CHECKING:
    from harvest.papers.document import Document

_XML_START = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<(?:\?xml|!--|!DOCTYPE\s+(?!html)|[A-Za-z])", re.IGNORECASE)
_HTML_START = re.compile(rb"<!DOCTYPE\s+html|<html[\s>]", re.IGNORECASE)
_LATEX = re.compile(rb"\\(?:documentclass|documentstyle|begin\s*\{|section\*?\s*\{)")
_PDF_START = b"%PDF-"
_HEAD = 4096
# Readers of PDF find the beginning behind so many bytes of something else.
_PDF_HEAD = 1024


class Format(StrEnum):
    """In what an article is written."""

    XML = "xml"
    HTML = "html"
    LATEX = "latex"
    TEXT = "text"
    PDF = "pdf"


def format_of(payload: bytes) -> Format:
    """Return the format that the first bytes show."""
    head = payload[:_HEAD]
    if head.lstrip().startswith(_PDF_START):
        return Format.PDF
    if _HTML_START.search(head):
        return Format.HTML
    if _XML_START.match(head) or head.startswith((b"\xff\xfe<", b"\xfe\xff\x00<")):
        return Format.XML
    if _PDF_START in head[:_PDF_HEAD]:
        return Format.PDF
    return Format.LATEX if _LATEX.search(payload[: 16 * _HEAD]) else Format.TEXT


def read_document(payload: bytes, *, document: str) -> Document:
    """Return the article.

    Args:
        payload: the bytes as archived, in JATS, Elsevier or Springer XML, HTML, LaTeX, plain text or PDF.
        document: the id under which the article is known.

    Raises:
        DocumentError: the bytes are not an article that can be read.
    """
    if not payload.strip():
        message = "the file is empty; expected an article in XML, HTML, LaTeX, plain text or PDF"
        raise DocumentError(message)
    plain = latex_of(payload) if is_bundle(payload) else payload
    return _READERS[format_of(plain)](plain, document)


def _read_xml(payload: bytes, document: str) -> Document:
    from harvest.papers.readers import elsevier, jats  # noqa: PLC0415 — only the reader that is needed is loaded
    from harvest.papers.readers.xml import parse_xml  # noqa: PLC0415 — see above

    root = parse_xml(payload)
    if root.tag in elsevier.ROOTS:
        return elsevier.read_elsevier(root, document=document)
    return jats.read_root(root, document=document)


def _read_html(payload: bytes, document: str) -> Document:
    from harvest.papers.readers.html import read_html  # noqa: PLC0415 — see above

    return read_html(payload, document=document)


def _read_latex(payload: bytes, document: str) -> Document:
    from harvest.papers.readers.latex import read_latex  # noqa: PLC0415 — see above

    return read_latex(payload, document=document)


def _read_plain_text(payload: bytes, document: str) -> Document:
    from harvest.papers.readers.plain_text import read_plain_text  # noqa: PLC0415 — see above

    return read_plain_text(payload, document=document)


def _read_pdf(payload: bytes, document: str) -> Document:
    from harvest.papers.readers.pdf import read_pdf  # noqa: PLC0415 — see above

    return read_pdf(payload, document=document)


_READERS = {
    Format.XML: _read_xml,
    Format.HTML: _read_html,
    Format.LATEX: _read_latex,
    Format.TEXT: _read_plain_text,
    Format.PDF: _read_pdf,
}
