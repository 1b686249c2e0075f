"""Elsevier XML: a full-text answer of ScienceDirect in, a Document out.

The tags of Elsevier's journal article DTD and of its CALS tables are renamed to those of JATS, which say the same, and
the one reader of JATS does the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from harvest.papers.document import DocumentError
from harvest.papers.readers.jats import read_article

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from harvest.papers.document import Document

ROOTS = frozenset(["full-text-retrieval-response", "converted-article", "simple-article", "doc"])
_RENAMED = {
    "para": "p", "simple-para": "p", "section": "sec", "section-title": "title", "inf": "sub", "sup": "sup",
    "italic": "italic", "bold": "bold", "row": "tr", "entry": "td", "table-footnote": "fn", "note-para": "p",
    "cross-ref": "xref", "cross-refs": "xref", "bib-reference": "ref", "float-anchor": "graphic", "hsp": "hsp",
}  # fmt: skip
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_NOTE_ID = re.compile(r"^(?:tf|tn|fn)", re.IGNORECASE)


def read_elsevier(root: Element, *, document: str) -> Document:
    """Return the article.

    Args:
        root: of the parsed XML, without namespaces; it is changed.
        document: the id under which the article is known.

    Raises:
        DocumentError: the answer holds no full text.
    """
    body = next(root.iter("body"), None)
    if body is None:
        message = f"<{root.tag!s}> holds no <ja:body>: the answer has no full text, perhaps only the abstract"
        raise DocumentError(message)
    article = etree.Element("article")
    article.append(_front(root))
    floats = [table for table in root.iter("table") if next(table.iterancestors("body"), None) is None]
    for element in root.iter():
        if isinstance(element.tag, str):
            _rename(element)
    article.append(body)
    group = etree.SubElement(article, "floats-group")
    group.extend(floats)
    _wrap_tables(article)
    back = etree.SubElement(article, "back")
    back.extend(list(root.iter("ref")))
    return read_article(article, document=document)


def _front(root: Element) -> Element:
    """Return JATS metadata from the title, the DOI, the licence and the abstract of the answer."""
    front = etree.Element("front")
    meta = etree.SubElement(front, "article-meta")
    doi = next((found[0] for found in (_DOI.search(e.text or "") for e in root.iter("doi", "identifier")) if found), "")
    etree.SubElement(meta, "article-id", {"pub-id-type": "doi"}).text = doi or None
    titles = [e for e in root.iter("title") if next(e.iterancestors("head", "coredata"), None) is not None]
    group = etree.SubElement(meta, "title-group")
    heads = [title for title in titles if next(title.iterancestors("head"), None) is not None]
    for title in (heads or titles)[:1]:
        copy = etree.fromstring(etree.tostring(title, with_tail=False))
        copy.tag = "article-title"
        group.append(copy)
    permissions = etree.SubElement(meta, "permissions")
    for licence in root.iter("openaccessUserLicense"):
        etree.SubElement(permissions, "license").text = licence.text
    abstract = next((e for e in root.iter("abstract") if e.get("class", "author") == "author"), None)
    if abstract is not None:
        for paragraph in abstract.iter("simple-para"):
            paragraph.tag = "p"
        meta.append(abstract)
    return front


def _rename(element: Element) -> None:
    """Give an element its JATS name, and an entry its spans in the words of HTML."""
    tag = str(element.tag)
    if tag == "entry":
        _span(element)
    if tag == "cross-ref":
        refid = element.get("refid", "")
        element.set("rid", refid)
        element.set("ref-type", "table-fn" if _NOTE_ID.match(refid) else "bibr")
    if tag == "hsp":
        element.text = " "
    element.tag = _RENAMED.get(tag, tag)


def _span(entry: Element) -> None:
    """Turn CALS spans (names of columns, further rows) into numbers of columns and rows."""
    if entry.get("morerows", "0").isdigit():
        entry.set("rowspan", str(int(entry.get("morerows", "0")) + 1))
    first, last = entry.get("namest"), entry.get("nameend")
    if first and last:
        group = next(entry.iterancestors("tgroup"), None)
        names = [] if group is None else [spec.get("colname") for spec in group.iter("colspec")]
        if first in names and last in names:
            entry.set("colspan", str(abs(names.index(last) - names.index(first)) + 1))


def _wrap_tables(article: Element) -> None:
    """Make each CALS table a wrap with caption, one table a group of columns, and the notes at its foot."""
    for outer in list(article.iter("table")):
        outer.tag = "table-wrap"
        for group in list(outer.iter("tgroup")):
            group.tag = "table"
        notes = list(outer.iter("fn"))
        foot = etree.SubElement(outer, "table-wrap-foot")
        foot.extend(notes)
        for legend in list(outer.iter("legend")):
            foot.extend(list(legend.iter("p")))
