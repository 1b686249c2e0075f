"""Europe PMC: a query in, the open-access articles that answer it as records of their property tables out.

A walk goes through the pages of the search by `cursorMark` and asks for the JATS of each article that is open access
and stands. The licence of a row is that of its article, by the article's own statement.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pydantic import Field

from harvest.literature.articles import About, ClosedTexts, TextReader, is_about_article
from harvest.literature.europe_pmc import (
    answer_of,
    notices_of,
    results_of,
    retraction_of,
    search_address,
    text_address,
)
from harvest.literature.identifiers import pmcid_of
from harvest.literature.open_texts import Tally, text_page
from harvest.rest import RestCard, rest_plan
from harvest.source import Page, Plan, Rejected, Request, load_card
from schemas.licence import LicenceId
from schemas.provenance import Pointer, json_step
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord


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
    # Left out of the fingerprint where it is not asked for, so that locks made before it was known still match.
    closed_texts: ClosedTexts = Field(
        default=ClosedTexts.SKIP,
        description="Texts whose licence does not let them be kept: `skip` them, or keep the `facts` in them alone.",
        exclude_if=lambda asked: asked is ClosedTexts.SKIP,
    )
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
        query, cursor = _query(plan), "*"
        tally, walked = Tally(query.limit), set[str]()
        while cursor not in walked and not tally.is_full():
            walked.add(cursor)
            address = search_address(plan.about.origin, query.query, cursor=cursor, page_size=query.page_size)
            raw = door.get(Request(address), check=answer_of)
            answer = answer_of(raw.payload)
            results = {pmcid_of(each["pmcid"]) or "": each for each in results_of(answer)}
            new = tally.take_new(results)
            tally.promise(answer.get("hitCount"))
            cursor = str(answer.get("nextCursorMark") or cursor)
            is_last = not results or tally.is_full() or cursor in walked
            version = f"api {answer.get('version', '?')}"
            yield Page(raw, version=version, missing=tally.missing() if is_last else "")
            for name in new:
                if not retraction_of(results[name]):
                    about = About(name, notices="; ".join(notices_of(results[name])))
                    yield text_page(door, text_address(plan.about.origin, name), about, _reader(plan))
            if is_last:
                return

    def parse(self, plan: Plan, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Extract an article; of a page of the search, reject the articles that were retracted."""
        if is_about_article(raw):
            return _reader(plan).items(raw)
        results = answer_of(raw.payload)["resultList"]["result"]
        return [
            Rejected(
                Pointer.of(json=json_step("resultList", "result", index)),
                (f"retracted: {said}",),
                None,
                pmcid_of(result.get("pmcid")),
            )
            for index, result in enumerate(results)
            if isinstance(result, dict) and (said := retraction_of(result))
        ]


def _reader(plan: Plan) -> TextReader:
    return TextReader(sentences=_query(plan).sentences, closed=_query(plan).closed_texts)


def _query(plan: Plan) -> EuropePmcQuery:
    if not isinstance(plan.query, EuropePmcQuery):
        message = f"{plan.key}: an EuropePmcQuery was expected, got {type(plan.query).__name__}"
        raise TypeError(message)
    return plan.query
