"""Crossref: a query in, the articles that answer it as records of their property tables out.

A walk goes through the works by `cursor`. For each that stands, Europe PMC is asked for an open text, then the
publisher, where the recipe names its host and the licence is open. Works without such a text are rejected with the
reason.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from harvest.literature.answers import Listed, SearchPage, listed, refusals
from harvest.literature.articles import About, is_about_article
from harvest.literature.crossref import FIELDS, page_of, read_work, works_request
from harvest.literature.open_texts import OpenTextCard, open_text_items, open_text_pages
from harvest.literature.search import ArticleQuery, query_of, search_plan, walk
from harvest.source import load_card
from schemas.quantity import described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harvest.source import Door, Page, Plan, RawObject, Rejected, Request
    from schemas.material import MaterialRecord
    from schemas.provenance import Pointer


class CrossrefQuery(ArticleQuery):
    """What a recipe says."""

    query: str = Field("", description="Words to be found in title, authors and journal.")
    filter: dict[str, str] = Field(
        default_factory=dict, description='Filters of Crossref, for example { "from-pub-date" = "2020" }.'
    )
    mailto: str = Field(
        pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        description="Your e-mail address: Crossref asks for it, and is faster then.",
    )
    page_size: int = Field(default=100, gt=0, le=1000)
    text_hosts: tuple[str, ...] = Field(
        (), description='Hosts of publishers that may be asked for texts, for example "www.nature.com".'
    )
    europe_pmc_url: str | None = described("Address of a copy of Europe PMC.", optional=True)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.query and not self.filter:
            message = "a query or a filter is needed: without either, Crossref would give all works that there are"
            raise ValueError(message)
        return self


class CrossrefSource:
    """Walks the works that a query finds."""

    card: OpenTextCard = load_card("crossref", OpenTextCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = CrossrefQuery.model_validate(options)
        plan = search_plan(
            self.card, query, key=key, folder=folder, others=(self.card.europe_pmc(query.europe_pmc_url),)
        )
        return replace(plan, hosts=plan.hosts | set(query.text_hosts))

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Follow the works page by page, and ask for each open text on the way."""
        query = query_of(plan, CrossrefQuery)
        return walk(
            door,
            limit=query.limit,
            request=lambda mark: _works_request(plan.about.origin, query, mark),
            read=lambda _mark, payload: _read_page(payload, query),
            texts=partial(open_text_pages, door, self.card.europe_pmc(query.europe_pmc_url), query.reader),
        )

    def parse(self, plan: Plan, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Extract an article; of a page of works, reject those that were retracted or cannot be read."""
        query = query_of(plan, CrossrefQuery)
        if is_about_article(raw):
            return open_text_items(raw, query.reader)
        return refusals(_read_page(raw.payload, query).articles)


def _works_request(origin: str, query: CrossrefQuery, cursor: str) -> Request:
    asked: dict[str, str | int] = {"rows": min(query.page_size, query.limit), "select": FIELDS, "mailto": query.mailto}
    if query.query:
        asked["query.bibliographic"] = query.query
    if query.filter:
        asked["filter"] = ",".join(f"{name}:{value}" for name, value in sorted(query.filter.items()))
    return works_request(origin, {**asked, "cursor": cursor})


def _read_page(payload: bytes, query: CrossrefQuery) -> SearchPage:
    message = page_of(payload)
    works = listed(message["items"], partial(_listed, query), under=("message", "items"))
    return SearchPage(works, promised=message["total-results"], next_mark=str(message.get("next-cursor") or ""))


def _listed(query: CrossrefQuery, item: Any, place: Pointer) -> Listed:  # noqa: ANN401 — JSON
    """Return a work; with the link of its publisher, where that may be asked."""
    work = read_work(item)
    may_ask = query.reader.uses(work.licence)
    links = [link.address for link in work.links if may_ask and link.host in query.text_hosts]
    notices, link = "; ".join(work.notices), links[0] if links else ""
    about = About(work.doi, work.licence, notices=notices, evidence=work.evidence, link=link)
    return Listed(place, about, refused=f"retracted: {work.retracted}" if work.retracted else "")
