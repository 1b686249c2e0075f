"""arXiv: its Atom search, the licence of an article by OAI-PMH, and the source of its text.

The search says nothing of licences; the record of an article in the format `arXiv` of OAI-PMH does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from harvest.errors import ContractError, TransportError
from harvest.literature.identifiers import arxiv_id_of, doi_of
from harvest.literature.licences import Stated, creative_commons
from harvest.papers.document import DocumentError
from harvest.papers.readers.xml import parse_xml
from harvest.source import Request
from schemas.licence import NOASSERTION

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

ATOM = "application/atom+xml"
BUNDLE = "application/gzip"


@dataclass(frozen=True, slots=True)
class Preprint:
    """An article of arXiv.

    Attributes:
        arxiv_id: with its version, which is what is pinned.
        doi: of the published article, where the authors named it.
        retracted: that it was withdrawn, in words; empty where it stands.
    """

    arxiv_id: str
    doi: str | None
    title: str
    retracted: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A page of the search: how many articles it finds in all, and those of this page."""

    total: int
    entries: tuple[Preprint, ...]


def search_address(origin: str, query: str, *, start: int, page_size: int) -> str:
    """Return the address of a page of the search, oldest articles first, so that new ones come at the end."""
    asked: dict[str, str | int] = {
        "search_query": query,
        "start": start,
        "max_results": page_size,
        "sortBy": "submittedDate",
        "sortOrder": "ascending",
    }
    return f"{origin}/api/query?{urlencode(asked)}"


def id_address(origin: str, arxiv_id: str) -> str:
    """Return the address of the search that finds one article."""
    return f"{origin}/api/query?{urlencode({'id_list': arxiv_id})}"


def licence_request(oai: str, arxiv_id: str) -> Request:
    """Return the request for the record of an article, which names its licence."""
    asked = {
        "verb": "GetRecord",
        "metadataPrefix": "arXiv",
        "identifier": f"oai:arXiv.org:{_without_version(arxiv_id)}",
    }
    return Request(f"{oai}?{urlencode(asked)}", media_type="text/xml")


def source_address(origin: str, arxiv_id: str) -> str:
    """Return the address of the source of an article: LaTeX, packed."""
    return f"{origin}/e-print/{quote(arxiv_id)}"


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
    return Feed(int(total), tuple(found for found in map(_preprint, entries) if found is not None))


def check_feed(payload: bytes, *, start: int) -> None:
    """Refuse what is no page of the search.

    Args:
        payload: the page.
        start: how many articles stand before it.

    Raises:
        TransportError: the page is cut, or empty where more articles are promised, as arXiv sends at times.
        ContractError: see `read_feed`.
    """
    feed = read_feed(payload)
    if not feed.entries and start < feed.total:
        message = f"arXiv sends an empty page from article {start} on, of {feed.total}"
        raise TransportError(message)


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


def _preprint(entry: Element) -> Preprint | None:
    arxiv_id = arxiv_id_of((entry.findtext("id") or "").strip())
    if arxiv_id is None:
        return None
    remark = _line(entry, "comment")
    return Preprint(
        arxiv_id=arxiv_id,
        doi=doi_of(_line(entry, "doi")),
        title=_line(entry, "title"),
        retracted=f"withdrawn: {remark[:120]}" if "withdrawn" in remark.lower() else "",
    )


def _line(entry: Element, tag: str) -> str:
    return " ".join((entry.findtext(tag) or "").split())


def _without_version(arxiv_id: str) -> str:
    name, mark, version = arxiv_id.rpartition("v")
    return name if mark and version.isdigit() else arxiv_id
