"""Plain text: the text of an article in, a Document out; a table is lines parted by tabs, bars or gaps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from harvest.papers.document import DocumentError
from harvest.papers.readers.jats import read_article
from harvest.papers.readers.scripts import append_marked

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from harvest.papers.document import Document

_BLOCK = re.compile(r"\n[ \t]*\n+")
_GAP = re.compile(r"\t|\s*\|\s*|[ ]{3,}")
_RULE = re.compile(r"^[\s|:+=-]*$")
_CAPTION = re.compile(r"^\s*(?:table|tab\.)\s+[A-Z]?\d+\b", re.IGNORECASE)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+")
_LICENCE = re.compile(r"creativecommons\.org/\S+")
_CONTROL_SHARE = 0.05


def read_plain_text(payload: bytes, *, document: str) -> Document:
    """Return the article.

    Raises:
        DocumentError: the bytes are not text.
    """
    text = _decoded(payload).replace("\r\n", "\n").replace("\r", "\n")
    article = etree.Element("article")
    meta = etree.SubElement(etree.SubElement(article, "front"), "article-meta")
    doi, licence = _DOI.search(text), _LICENCE.search(text)
    etree.SubElement(meta, "article-id", {"pub-id-type": "doi"}).text = doi[0].rstrip(".,;)") if doi else None
    title = etree.SubElement(etree.SubElement(meta, "title-group"), "article-title")
    if licence:
        etree.SubElement(etree.SubElement(meta, "permissions"), "license").text = licence[0]
    body = etree.SubElement(article, "body")
    blocks = [block for block in _BLOCK.split(text) if block.strip()]
    append_marked(title, " ".join(blocks[0].split()) if blocks else "")
    caption = ""
    for block in blocks[1:]:
        caption = _append_block(body, block, caption)
    return read_article(article, document=document)


def _decoded(payload: bytes) -> str:
    """Return the text: UTF-8, UTF-16 with its mark, else the encoding of old Windows files."""
    if payload.startswith((b"\xff\xfe", b"\xfe\xff")):
        return payload.decode("utf-16", "replace")
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = payload.decode("windows-1252", "replace")
    controls = sum(character < " " and character not in "\t\n\r\f" for character in text[:4096])
    if controls > _CONTROL_SHARE * len(text[:4096]):
        message = "the bytes are no text: too many of them are control characters; expected an article"
        raise DocumentError(message)
    return text


def _append_block(body: Element, block: str, caption: str) -> str:
    """Append a table or a paragraph; return the caption that waits for its table."""
    lines = [line for line in block.split("\n") if line.strip() and not _RULE.match(line)]
    head = (
        " ".join(lines[0].split()) if lines and _CAPTION.match(lines[0]) and not _GAP.search(lines[0].strip()) else ""
    )
    rows = [_GAP.split(line.strip().strip("|").strip()) for line in (lines[1:] if head else lines)]
    if len(rows) > 1 and len(rows[0]) > 1 and all(len(row) > 1 for row in rows):
        _append_table(body, rows, head or caption)
        return ""
    append_marked(etree.SubElement(body, "p"), " ".join(block.split()))
    return " ".join(block.split()) if _CAPTION.match(block) else ""


def _append_table(body: Element, rows: list[list[str]], caption: str) -> None:
    wrap = etree.SubElement(body, "table-wrap")
    append_marked(etree.SubElement(etree.SubElement(wrap, "caption"), "p"), caption)
    table = etree.SubElement(wrap, "table")
    groups = (etree.SubElement(table, "thead"), etree.SubElement(table, "tbody"))
    for index, cells in enumerate(rows):
        row = etree.SubElement(groups[bool(index)], "tr")
        for cell in cells:
            append_marked(etree.SubElement(row, "td"), cell.strip())
