"""Europe PMC: its search and its full texts, as the connector, the other connectors and `extract` ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from harvest.errors import ContractError, TransportError
from harvest.literature.answers import Listed, SearchPage, answer_in_json, listed
from harvest.literature.articles import About
from harvest.literature.identifiers import doi_of, pmcid_of
from harvest.source import Request

if TYPE_CHECKING:
    from schemas.provenance import Pointer

_OPEN = " AND OPEN_ACCESS:y AND HAS_FT:y"
_TAIL = 4096
_ENDING = frozenset({"retraction in", "retraction of"})
_NOTICES = ("erratum", "correct", "expression of concern")


def search_request(origin: str, query: str, *, cursor: str = "*", page_size: int = 25) -> Request:
    """Return the request for a page of open articles; sorted by id, so that a page is the same whenever it is asked.

    Args:
        origin: address of the service, without /search.
        query: in the language of Europe PMC.
        cursor: the mark of the page; `*` for the first.
        page_size: at most so many results a page.
    """
    asked = {
        "query": f"({query}){_OPEN}",
        "format": "json",
        "resultType": "core",
        "sort": "PMCID asc",
        "pageSize": page_size,
        "cursorMark": cursor,
    }
    return Request(f"{origin}/search?{urlencode(asked)}")


def doi_request(origin: str, doi: str) -> Request:
    """Return the request that finds the open text of a DOI, where there is one."""
    return search_request(origin, f'DOI:"{doi}"')


def text_request(origin: str, pmcid: str) -> Request:
    """Return the request for the JATS of an article."""
    return Request(f"{origin}/{quote(pmcid)}/fullTextXML", media_type="application/jats+xml")


def answer_of(payload: bytes) -> dict[str, Any]:
    """Return a page of the search.

    Raises:
        TransportError: it is no JSON, most often because it was cut.
        ContractError: it is JSON of another form.
    """
    answer = answer_in_json(payload, "a page of the search")
    found = answer.get("resultList") if isinstance(answer, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("result"), list):
        message = (
            "a page of the search has no `resultList.result`; the service has changed, or says that the query is wrong"
        )
        raise ContractError(message)
    return dict(answer)


def read_page(payload: bytes) -> SearchPage:
    """Return a page of the search.

    Raises:
        HarvestError: see `answer_of`.
    """
    answer = answer_of(payload)
    count = answer.get("hitCount")
    return SearchPage(
        listed(answer["resultList"]["result"], read_result, under=("resultList", "result")),
        promised=count if isinstance(count, int) else None,
        next_mark=str(answer.get("nextCursorMark") or ""),
        version=f"api {answer.get('version', '?')}",
    )


def read_result(item: Any, place: Pointer) -> Listed:  # noqa: ANN401 — JSON
    """Return a result of the search; what is of another form says nothing."""
    result = item if isinstance(item, dict) else {}
    pmcid, comments = pmcid_of(result.get("pmcid")), _comments(result)
    ending = "; ".join(f"{kind}: {notice}" for kind, notice in comments if kind.lower() in _ENDING)
    notices = "; ".join(f"{kind}: {notice}" for kind, notice in comments if kind.lower().startswith(_NOTICES))
    return Listed(place, About(pmcid or "", notices=notices), f"retracted: {ending}" * bool(ending), pmcid)


def pmcid_for(payload: bytes, doi: str) -> str | None:
    """Return the PMC id of the article with a DOI, if a page of the search holds it.

    Raises:
        HarvestError: see `answer_of`.
    """
    results = [each for each in answer_of(payload)["resultList"]["result"] if isinstance(each, dict)]
    found = (pmcid_of(each.get("pmcid")) for each in results if doi_of(each.get("doi")) == doi)
    return next((pmcid for pmcid in found if pmcid is not None), None)


def check_article(payload: bytes) -> None:
    """Refuse what is no whole XML, before it is archived.

    Raises:
        TransportError: the article ends early or is none.
    """
    if b"</article>" not in payload[-_TAIL:]:
        message = f"{len(payload)} bytes that are no whole article in JATS"
        raise TransportError(message)


def _comments(result: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the notices of a result as (kind, which); what is of another form says nothing."""
    found = result.get("commentCorrectionList")
    given = found.get("commentCorrection") if isinstance(found, dict) else None
    entries = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
    return [(str(each.get("type", "")), str(each.get("reference") or each.get("id") or "")) for each in entries]
