"""arXiv: its Atom search, the licence of an article by OAI-PMH, and the source of its text.

The search says nothing of licences; the record of an article in the format `arXiv` of OAI-PMH does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from harvest.errors import ContractError, TransportError
from harvest.literature.answers import Listed, SearchPage
from harvest.literature.articles import About
from harvest.literature.identifiers import arxiv_id_of
from harvest.literature.licences import Stated, creative_commons
from harvest.papers.document import DocumentError
from harvest.papers.readers.xml import parse_xml
from harvest.source import Request
from schemas.licence import NOASSERTION
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of the search: how many articles it finds in all, and those of this page.

    The id of an article has its version, which is what is pinned.
    """

    total: int
    articles: tuple[Listed, ...]


def search_request(origin: str, query: str, *, start: int, page_size: int) -> Request:
    """Return the request for a page of the search, oldest articles first, so that new ones come at the end."""
    asked: dict[str, str | int] = {
        "search_query": query,
        "start": start,
        "max_results": page_size,
        "sortBy": "submittedDate",
        "sortOrder": "ascending",
    }
    return Request(f"{origin}/api/query?{urlencode(asked)}", media_type="application/atom+xml")


def licence_request(oai: str, arxiv_id: str) -> Request:
    """Return the request for the record of an article, which names its licence."""
    asked = {
        "verb": "GetRecord",
        "metadataPrefix": "arXiv",
        "identifier": f"oai:arXiv.org:{_without_version(arxiv_id)}",
    }
    return Request(f"{oai}?{urlencode(asked)}", media_type="text/xml")


def source_request(origin: str, arxiv_id: str) -> Request:
    """Return the request for the source of an article: LaTeX, packed."""
    return Request(f"{origin}/e-print/{quote(arxiv_id)}", media_type="application/gzip")


def read_feed(payload: bytes) -> Feed:
    """Return a page of the search.

    Raises:
        TransportError: it is no XML, most often because it was cut.
        ContractError: it is another XML, or says that the query is wrong.
    """
    root = _parsed(payload)
    total = root.findtext("totalResults") or ""
    if root.tag != "feed" or not total.strip().isdigit():
        message = f"the search of arXiv answers without a feed and its totalResults: {payload[:200]!r}"
        raise ContractError(message)
    entries = list(root.iterfind("entry"))
    for entry in entries:
        if "/api/errors" in (entry.findtext("id") or ""):
            message = f"arXiv refuses the query: {_line(entry, 'summary')}"
            raise ContractError(message)
    return Feed(int(total), tuple(map(_listed, entries)))


def read_page(payload: bytes, *, start: int, page_size: int) -> SearchPage:
    """Return the page of the search that begins with an article.

    Args:
        payload: the page.
        start: how many articles stand before it.
        page_size: how many were asked for.

    Raises:
        TransportError: the page is cut, or empty where more articles are promised, as arXiv sends at times.
        ContractError: see `read_feed`.
    """
    feed, following = read_feed(payload), start + page_size
    if not any(each.about.id for each in feed.articles) and start < feed.total:
        message = f"arXiv sends an empty page from article {start} on, of {feed.total}"
        raise TransportError(message)
    return SearchPage(feed.articles, feed.total, next_mark=str(following) if following < feed.total else "")


def read_licence(payload: bytes) -> Stated:
    """Return the licence that the record of an article names.

    Raises:
        TransportError: the record is no XML.
        ContractError: it is the record of nothing.
    """
    root = _parsed(payload)
    if root.tag != "OAI-PMH":
        message = f"OAI-PMH answers with <{root.tag!s}>"
        raise ContractError(message)
    address = (root.findtext(".//metadata/arXiv/license") or "").strip()
    if not address:
        return Stated(NOASSERTION, "arXiv: the record names no licence")
    return Stated(creative_commons(address) or NOASSERTION, f"arXiv: {address}")


def check_source(payload: bytes) -> None:
    """Refuse what is no source of an article.

    Raises:
        TransportError: it is a page in HTML, as arXiv sends while it makes a file.
    """
    if payload[:512].lstrip()[:1] == b"<":
        message = f"arXiv sends a page instead of the source: {payload[:80]!r}"
        raise TransportError(message)


def _parsed(payload: bytes) -> Element:
    try:
        return parse_xml(payload)
    except DocumentError as error:
        message = f"the answer of arXiv is cut or no XML ({error})"
        raise TransportError(message) from error


def _listed(entry: Element) -> Listed:
    remark = _line(entry, "comment")
    about = About(arxiv_id_of((entry.findtext("id") or "").strip()) or "")
    is_withdrawn = bool(about.id) and "withdrawn" in remark.lower()
    return Listed(Pointer(steps=()), about, f"retracted: withdrawn: {remark[:120]}" * is_withdrawn)


def _line(entry: Element, tag: str) -> str:
    return " ".join((entry.findtext(tag) or "").split())


def _without_version(arxiv_id: str) -> str:
    name, mark, version = arxiv_id.rpartition("v")
    return name if mark and version.isdigit() else arxiv_id
