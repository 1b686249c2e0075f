"""JATS: the bytes of an article in JATS XML in, a Document out.

Follows the tag sets of NISO Z39.96 (archiving, publishing, authoring) for what it reads. The document type
definition is never fetched, own entities are never expanded, and nothing outside the bytes is opened.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harvest.papers.document import Document, DocumentError, Paragraph, Reference, Section
from harvest.papers.notation.marked import Marked
from harvest.papers.readers.jats_tables import read_tables
from harvest.papers.readers.runs import marked_text, plain_text
from harvest.papers.readers.xml import parse_xml
from schemas.licence import NOASSERTION

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_HREF = "{http://www.w3.org/1999/xlink}href"
_CREATIVE_COMMONS = re.compile(
    r"creativecommons\.org/(?:licenses/(?P<kind>by(?:-nc)?(?:-sa|-nd)?)/(?P<version>\d\.\d)/?(?![\w/])"
    r"|(?P<zero>publicdomain/zero/1\.0)|(?P<mark>publicdomain/mark/1\.0))",
    re.IGNORECASE,
)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_NOT_PROSE = frozenset(["table-wrap", "fig", "ref-list", "fn", "supplementary-material", "boxed-text-label"])


def read_jats(payload: bytes, *, document: str) -> Document:
    """Return the article.

    Args:
        payload: the XML as archived.
        document: the id under which the article is known.

    Raises:
        DocumentError: the XML is broken, holds no article, or uses entities of its own.
    """
    return read_root(parse_xml(payload), document=document)


def read_root(root: Element, *, document: str) -> Document:
    """Return the article that a parsed tree holds, be it the root or, as in answers of an interface, inside.

    Raises:
        DocumentError: there is no article in it.
    """
    article = root if root.tag == "article" else root.find(".//article")
    if article is None:
        message = f"the XML holds no <article>, its root is <{root.tag!s}>; expected a JATS article"
        raise DocumentError(message)
    return read_article(article, document=document)


def read_article(article: Element, *, document: str) -> Document:
    """Return the document of an `article` element, in the tags of JATS and without namespaces.

    Raises:
        DocumentError: the article uses entities of its own.
    """
    meta = article.find("front/article-meta")
    text, sections = _prose(article)
    tables = read_tables(article)
    cited = {name for table in tables for cell in table.grid.cells for name in cell.citations}
    title = article.find("front/article-meta/title-group/article-title")
    return Document(
        id=document,
        doi=_article_id(meta, "doi"),
        pmcid=_pmcid(meta),
        title=Marked.of("") if title is None else marked_text(title, leave=_is_note),
        licence=_licence(meta),
        text=text,
        sections=sections,
        tables=tables,
        references=tuple(_reference(ref) for ref in article.iter("ref") if ref.get("id") in cited),
    )


def _article_id(meta: Element | None, kind: str) -> str | None:
    ids = [] if meta is None else meta.findall(f"article-id[@pub-id-type='{kind}']")
    return next((text for text in (plain_text(element) for element in ids) if text), None)


def _pmcid(meta: Element | None) -> str | None:
    written = _article_id(meta, "pmcid") or _article_id(meta, "pmc")
    return None if written is None else "PMC" + written.upper().removeprefix("PMC")


def _licence(meta: Element | None) -> str:
    """Return the SPDX id that the article's own licence names; two different ones name none."""
    named = (
        [] if meta is None else [spdx for element in meta.iterfind("permissions/license") for spdx in _named(element)]
    )
    return named[0] if len(set(named)) == 1 else NOASSERTION


def _named(licence: Element) -> list[str]:
    places = [licence.get(_HREF, ""), *(link.get(_HREF, "") for link in licence.iter("ext-link")), plain_text(licence)]
    return [_spdx(match) for place in places for match in _CREATIVE_COMMONS.finditer(place)]


def _spdx(match: re.Match[str]) -> str:
    if match["kind"]:
        return f"CC-{match['kind'].upper()}-{match['version']}"
    return "CC0-1.0" if match["zero"] else "CC-PDDC"


def _prose(article: Element) -> tuple[str, tuple[Section, ...]]:
    """Return the text of abstract and body, and its sections with offsets into that text."""
    passages: list[str] = []
    groups: dict[Element, list[Paragraph]] = {}
    position = 0
    for part in (*article.iterfind("front/article-meta/abstract"), *article.iterfind("body")):
        for paragraph in part.iter("p"):
            home = _home(paragraph, part)
            passage = "" if home is None else plain_text(paragraph)
            if home is None or not passage:
                continue
            groups.setdefault(home, []).append(Paragraph(start=position, end=position + len(passage)))
            passages.append(passage)
            position += len(passage) + 1
    sections = tuple(Section(title=_title(home), paragraphs=tuple(found)) for home, found in groups.items())
    return "\n".join(passages), sections


def _home(paragraph: Element, part: Element) -> Element | None:
    """Return the section that a paragraph belongs to; none inside a float, a footnote or another paragraph."""
    home: Element | None = None
    for ancestor in paragraph.iterancestors():
        if ancestor.tag in _NOT_PROSE or ancestor.tag == "p":
            return None
        if home is None and ancestor.tag == "sec":
            home = ancestor
        if ancestor is part:
            break
    return part if home is None else home


def _title(home: Element) -> str:
    title = home.find("title")
    return str(home.tag) if title is None and home.tag != "sec" else "" if title is None else plain_text(title)


def _reference(ref: Element) -> Reference:
    label = ref.find("label")
    citations = [plain_text(child) for child in ref if child.tag != "label"]
    dois = [_DOI.search(plain_text(element)) for element in ref.iter("pub-id", "ext-link")]
    return Reference(
        id=ref.get("id", ""),
        label="" if label is None else plain_text(label).strip("[]. "),
        text=" ".join(citation for citation in citations if citation),
        doi=next((found[0].rstrip(".,;") for found in dois if found), None),
    )


def _is_note(element: Element) -> bool:
    return element.tag in {"fn", "xref"}
