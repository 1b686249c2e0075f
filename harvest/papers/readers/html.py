"""HTML: a publisher's page of an article in, a Document out; broken mark-up is mended as browsers mend it.

Tables, headings and paragraphs are renamed to the tags of JATS, and the one reader of JATS does the rest. A table is
one that holds rows of at least two cells; those that lay out pictures and menus are left alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree, html

from harvest.papers.document import DocumentError
from harvest.papers.readers.jats import read_article

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

    from harvest.papers.document import Document

_DROPPED = ("script", "style", "nav", "header", "footer", "noscript", "form", "button", "svg", "iframe", "template")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_CAPTION = re.compile(r"^\s*(?:table|tab\.)\s*[A-Z]?\d+", re.IGNORECASE)
_CAPTION_CLASS = re.compile(r"caption|table[_-]?title|tbl-?title", re.IGNORECASE)
_NOTE_CLASS = re.compile(r"foot-?note|table-?foot|tfoot|tablenote", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_LONGEST_CAPTION = 2000
_LONGEST_MARK = 3
_LEAST_CELLS = 2
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?([A-Za-z0-9_-]+)", re.IGNORECASE)


def read_html(payload: bytes, *, document: str) -> Document:
    """Return the article.

    Raises:
        DocumentError: the page holds no text.
    """
    page = _parse(payload)
    article = etree.Element("article")
    article.append(_front(page))
    body = page.find("body")
    _clean(page)
    if body is None or not "".join(body.itertext()).strip():
        message = "the HTML page has no text; expected the full text of an article"
        raise DocumentError(message)
    for table in list(body.iter("table")):
        if _is_data(table):
            _wrap(table)
        elif table.getparent() is not None:
            table.tag = "div"
    article.append(_body(body))
    return read_article(article, document=document)


def _parse(payload: bytes) -> Element:
    parser = html.HTMLParser(encoding=_encoding(payload), remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        page: Element = html.document_fromstring(payload, parser=parser)
    except (etree.ParserError, ValueError, LookupError) as error:
        message = f"no HTML page: {error}; expected the full text of an article"
        raise DocumentError(message) from error
    return page


def _encoding(payload: bytes) -> str:
    """Return the encoding: UTF-8 where the bytes are valid, else the declared one, else that of old Windows pages."""
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        declared = _CHARSET.search(payload[:4096])
        name = declared[1].decode("ascii").lower() if declared else ""
        return name if name not in {"", "utf-8", "utf8"} and _is_known(name) else "windows-1252"
    return "utf-8"


def _is_known(name: str) -> bool:
    try:
        "".encode(name)
    except LookupError:
        return False
    return True


def _clean(page: Element) -> None:
    for element in list(page.iter(*_DROPPED)):
        element.drop_tree() if isinstance(element, html.HtmlElement) else None
    for element in page.iter("small", "span", "font"):
        element.tag = "span"


def _front(page: Element) -> Element:
    """Return JATS metadata from the meta elements of the page."""
    named: dict[str, str] = {}
    for meta in page.iter("meta"):
        name = (meta.get("name") or meta.get("property") or "").lower()
        named.setdefault(name, meta.get("content", ""))
    front = etree.Element("front")
    about = etree.SubElement(front, "article-meta")
    written = (named.get(name, "") for name in ("citation_doi", "dc.identifier", "prism.doi", "dc.identifier.doi"))
    doi = next((found[0] for found in map(_DOI.search, written) if found), None)
    etree.SubElement(about, "article-id", {"pub-id-type": "doi"}).text = doi
    group = etree.SubElement(about, "title-group")
    heading = next(iter(page.xpath("//head/title")), None)
    title = named.get("citation_title") or named.get("dc.title") or (heading.text if heading is not None else "") or ""
    etree.SubElement(group, "article-title").text = title
    permissions = etree.SubElement(about, "permissions")
    links = [a.get("href", "") for a in page.iter("a", "link") if "license" in (a.get("rel") or "")]
    for address in dict.fromkeys([*links, named.get("dc.rights", ""), named.get("dcterms.license", "")]):
        if "creativecommons.org" in address:
            etree.SubElement(permissions, "license").text = address
    return front


def _is_data(table: Element) -> bool:
    rows = list(table.iter("tr"))
    if next(table.iterdescendants("table"), None) is not None:
        return False
    full = [row for row in rows if sum(bool("".join(cell.itertext()).strip()) for cell in row) >= _LEAST_CELLS]
    return len(rows) >= _LEAST_CELLS and len(full) >= _LEAST_CELLS


def _wrap(table: Element) -> None:
    """Put a table into a wrap of its own with its caption and notes, in the place where it stood."""
    wrap = etree.Element("table-wrap")
    caption, notes = _caption(table), list(_notes(table))
    parent = table.getparent()
    if parent is None:
        return
    parent.replace(table, wrap)
    wrap.tail, table.tail = table.tail, None
    for name in ("id",):
        if table.get(name):
            wrap.set(name, table.get(name, ""))
    if caption is not None:
        _take(caption, etree.SubElement(etree.SubElement(wrap, "caption"), "p"))
    wrap.append(table)
    foot = etree.SubElement(wrap, "table-wrap-foot")
    for note in notes:
        _take(note, etree.SubElement(foot, "p"))
    for link in table.iter("a"):
        is_mark = len("".join(link.itertext()).strip()) <= _LONGEST_MARK and link.get("href", "").startswith("#")
        link.tag = "xref" if is_mark and not link.get("href", "").startswith(("#cit", "#ref", "#bib")) else "span"
        link.set("ref-type", "table-fn")
        link.set("rid", link.get("href", "").lstrip("#"))


def _take(source: Element, target: Element) -> None:
    """Move the content of an element into another, leaving an empty one behind."""
    target.text = source.text
    target.extend(list(source))
    source.text = None
    source.tag = "span"


def _caption(table: Element) -> Element | None:
    """Return the caption: the table's own, or what stands before it and is called one or begins with "Table 2"."""
    own = table.find("caption")
    if own is not None:
        return own
    place: Element | None = table
    for _level in range(3):
        before = None if place is None else place.getprevious()
        for _step in range(3):
            if before is not None and isinstance(before.tag, str) and _names_table(before):
                return before
            before = None if before is None else before.getprevious()
        place = None if place is None else place.getparent()
    return None


def _names_table(element: Element) -> bool:
    text = "".join(element.itertext())
    if len(text) > _LONGEST_CAPTION or next(element.iterdescendants("table", "table-wrap"), None) is not None:
        return False
    return bool(_CAPTION.match(text)) or (bool(_CAPTION_CLASS.search(element.get("class", ""))) and bool(text.strip()))


def _notes(table: Element) -> Iterator[Element]:
    """Yield what follows the table and is called a footnote, else the paragraphs behind it that begin with a mark."""
    place: Element | None = table
    for _level in range(2):
        after = None if place is None else place.getnext()
        if after is not None and isinstance(after.tag, str) and _NOTE_CLASS.search(after.get("class", "")):
            yield from list(after.iterdescendants("p", "li", "dd")) or [after]
            return
        place = None if place is None else place.getparent()
    following = table.getnext()
    while following is not None and following.tag == "p" and _begins_with_mark(following):
        yield following
        following = following.getnext()


def _begins_with_mark(paragraph: Element) -> bool:
    first = next(iter(paragraph), None)
    is_mark = first is not None and first.tag == "sup" and len("".join(first.itertext()).strip()) <= _LONGEST_MARK
    return is_mark and not (paragraph.text or "").strip()


def _body(body: Element) -> Element:
    """Return a JATS body: paragraphs in sections that begin with a heading."""
    found = etree.Element("body")
    section = found
    for element in body.iter("p", "div", "table-wrap", *_HEADINGS):
        if element.tag in _HEADINGS:
            section = etree.SubElement(found, "sec")
            etree.SubElement(section, "title").text = " ".join("".join(element.itertext()).split())
        elif next(element.iterancestors("table-wrap"), None) is not None:
            continue
        elif element.tag == "table-wrap":
            section.append(_copy(element))
        elif _is_paragraph(element):
            section.append(_copy(element, tag="p"))
    return found


def _is_paragraph(element: Element) -> bool:
    """Tell a paragraph: a `p`, or a `div` with text of its own and no block inside."""
    if element.tag == "p":
        return True
    return bool((element.text or "").strip()) and next(element.iterdescendants("p", "div", "table-wrap"), None) is None


def _copy(element: Element, tag: str | None = None) -> Element:
    copy: Element = etree.fromstring(etree.tostring(element, with_tail=False))
    copy.tag = tag or copy.tag
    for link in copy.iter("a"):
        link.tag = "xref" if next(link.iter("sup"), None) is not None else "span"
        link.set("ref-type", "bibr")
    for wrap in list(copy.iterdescendants("table-wrap")):
        outer = wrap.getparent()
        if outer is not None:
            outer.remove(wrap)
    return copy
