"""Europe PMC: a query in, the open-access articles that answer it as records of their property tables out.

A walk goes through the pages of the search by `cursorMark` and asks for the JATS of each article that is open access.
The licence of a row is that of its article, by the article's own statement; an article that states none is rejected.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from pydantic import Field

from harvest.errors import ContractError, TransportError
from harvest.rest import RestCard, rest_plan
from harvest.source import Page, Plan, Rejected, Request, load_card
from schemas.licence import NOASSERTION, LicenceId
from schemas.provenance import Pointer
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord

_TAIL = 4096
_JATS = "application/jats+xml"
_OPEN = " AND OPEN_ACCESS:y AND HAS_FT:y"


class EuropePmcQuery(Model):
    """What a recipe says."""

    query: str = Field(
        min_length=1, description='In the language of Europe PMC, for example `"perovskite" AND "band gap"`.'
    )
    limit: int = Field(
        default=100, gt=0, le=100_000, description="At most so many articles, in the order of their ids."
    )
    page_size: int = Field(default=100, gt=0, le=1000)
    licence: LicenceId = Field(
        default="CC-BY-4.0", description="Of the rows as a whole; each also has its article's own."
    )
    sentences: bool = Field(default=False, description="Read the sentences too, not the tables alone.")
    base_url: str | None = described("Address of a copy, up to but without /search.", optional=True)


class EuropePmcSource:
    """Walks the open-access articles that a query finds."""

    card: RestCard = load_card("europe_pmc", RestCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = EuropePmcQuery.model_validate(options)
        plan = rest_plan(self.card, query, key=key, folder=folder, base_url=query.base_url)
        return replace(plan, about=plan.about.model_copy(update={"licence": query.licence}))

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Follow the search page by page, and ask for each article on the way."""
        query, cursor, left = _query(plan), "*", _query(plan).limit
        walked: set[str] = set()
        while cursor not in walked and left > 0:
            walked.add(cursor)
            raw = door.get(Request(f"{plan.about.origin}/search?{_options(query, cursor)}"), check=_answer)
            answer = _answer(raw.payload)
            yield Page(raw, version=f"api {answer.get('version', '?')}", has_records=False)
            names = [result["pmcid"] for result in answer["resultList"]["result"] if result.get("pmcid")][:left]
            for name in names:
                uri = f"{plan.about.origin}/{quote(name)}/fullTextXML"
                yield Page(door.get(Request(uri, media_type=_JATS), check=_article))
            left -= len(names)
            if not answer["resultList"]["result"]:
                return
            cursor = answer.get("nextCursorMark") or cursor

    def parse(self, plan: Plan, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Extract an article; one that cannot be read is rejected as a whole."""
        from harvest.papers.document import DocumentError  # noqa: PLC0415 — the extractor is slow to import
        from harvest.papers.pipeline import extract  # noqa: PLC0415 — see above

        name = raw.uri.rsplit("/", 2)[-2]
        try:
            extraction = extract(raw.payload, document=name, sentences=_query(plan).sentences)
        except DocumentError as error:
            return [Rejected(Pointer(steps=()), (f"unreadable: {error}",), None, name)]
        if extraction.records and extraction.document.licence == NOASSERTION:
            return [Rejected(Pointer(steps=()), ("the article states no licence that is known",), None, name)]
        rejected = [Rejected(r.pointer, tuple(r.reasons), r.row, r.source_id) for r in extraction.rejected]
        return [*extraction.records, *rejected]


def _options(query: EuropePmcQuery, cursor: str) -> str:
    """Return the query of a search page; sorted by id, so that a page is the same however often it is asked for."""
    return urlencode(
        {
            "query": f"({query.query}){_OPEN}",
            "format": "json",
            "resultType": "lite",
            "sort": "PMCID asc",
            "pageSize": query.page_size,
            "cursorMark": cursor,
        }
    )


def _answer(payload: bytes) -> dict[str, Any]:
    """Return a page of the search.

    Raises:
        TransportError: it is no JSON, most often because it was cut.
        ContractError: it is JSON of another form.
    """
    try:
        answer = json.loads(payload)
    except ValueError as error:
        message = f"a page of the search is no JSON: {error}"
        raise TransportError(message) from error
    if not isinstance(answer, dict) or not isinstance(answer.get("resultList", {}).get("result"), list):
        message = (
            "a page of the search has no `resultList.result`; the service has changed, or says that the query is wrong"
        )
        raise ContractError(message)
    return answer


def _article(payload: bytes) -> None:
    """Refuse what is no whole XML, before it is archived.

    Raises:
        TransportError: the article ends early or is none.
    """
    if b"</article>" not in payload[-_TAIL:]:
        message = f"{len(payload)} bytes that are no whole article in JATS"
        raise TransportError(message)


def _query(plan: Plan) -> EuropePmcQuery:
    if not isinstance(plan.query, EuropePmcQuery):
        message = f"{plan.key}: an EuropePmcQuery was expected, got {type(plan.query).__name__}"
        raise TypeError(message)
    return plan.query
