"""Europe PMC: its search and its full texts, as the connector, the other connectors and `extract` ask for them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from harvest.errors import ContractError, TransportError
from harvest.literature.identifiers import doi_of, pmcid_of
from harvest.source import Request

JATS = "application/jats+xml"
_OPEN = " AND OPEN_ACCESS:y AND HAS_FT:y"
_TAIL = 4096
_ENDING = frozenset({"retraction in", "retraction of"})


def search_address(origin: str, query: str, *, cursor: str = "*", page_size: int = 25) -> str:
    """Return the address of a page of open articles; sorted by id, so that a page is the same whenever it is asked for.

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
    return f"{origin}/search?{urlencode(asked)}"


def doi_request(origin: str, doi: str) -> Request:
    """Return the request that finds the open text of a DOI, where there is one."""
    return Request(search_address(origin, f'DOI:"{doi}"'))


def text_address(origin: str, pmcid: str) -> str:
    """Return the address of the JATS of an article."""
    return f"{origin}/{quote(pmcid)}/fullTextXML"


def answer_of(payload: bytes) -> dict[str, Any]:
    """Return a page of the search.

    Raises:
        TransportError: it is no JSON, most often because it was cut.
        ContractError: it is JSON of another form.
    """
    try:
        answer = json.loads(payload)
    except (ValueError, RecursionError) as error:
        message = f"a page of the search is no JSON: {error}"
        raise TransportError(message) from error
    found = answer.get("resultList") if isinstance(answer, dict) else None
    if not isinstance(found, dict) or not isinstance(found.get("result"), list):
        message = (
            "a page of the search has no `resultList.result`; the service has changed, or says that the query is wrong"
        )
        raise ContractError(message)
    return dict(answer)


def results_of(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the results of a page that are articles with a PMC id."""
    results = answer["resultList"]["result"]
    return [each for each in results if isinstance(each, dict) and pmcid_of(each.get("pmcid")) is not None]


def pmcid_for(payload: bytes, doi: str) -> str | None:
    """Return the PMC id of the article with a DOI, if a page of the search holds it.

    Raises:
        HarvestError: see `answer_of`.
    """
    results = results_of(answer_of(payload))
    return next((pmcid_of(each["pmcid"]) for each in results if doi_of(each.get("doi")) == doi), None)


def retraction_of(result: dict[str, Any]) -> str:
    """Return what says that an article does not stand any longer; nothing where it stands."""
    said = [f"{kind}: {notice}" for kind, notice in _comments(result) if kind.lower() in _ENDING]
    return "; ".join(said)


def notices_of(result: dict[str, Any]) -> tuple[str, ...]:
    """Return corrections and concerns of an article, in words."""
    return tuple(
        f"{kind}: {notice}"
        for kind, notice in _comments(result)
        if kind.lower().startswith(("erratum", "correct", "expression of concern"))
    )


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
    listed = found.get("commentCorrection") if isinstance(found, dict) else None
    entries = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return [(str(each.get("type", "")), str(each.get("reference") or each.get("id") or "")) for each in entries]
