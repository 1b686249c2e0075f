"""OpenAlex: a query in, the articles that answer it as records of their property tables out.

A walk goes through the works by `cursor`. For each that stands, its text in PubMed Central is asked for at Europe PMC.
The key is shown to OpenAlex alone. Works without an open text are rejected with the reason.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from harvest.errors import CardError
from harvest.literature.answers import refusals
from harvest.literature.articles import is_about_article
from harvest.literature.open_texts import OpenTextCard, open_text_items, open_text_pages
from harvest.literature.openalex import read_page, works_request
from harvest.literature.search import ArticleQuery, query_of, search_plan, walk
from harvest.source import load_card
from schemas.quantity import described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harvest.source import Door, Page, Plan, RawObject, Rejected, Request
    from schemas.material import MaterialRecord


class OpenalexQuery(ArticleQuery):
    """What a recipe says."""

    search: str = Field("", description="Words to be found in title, abstract and text.")
    filter: str = Field("", description="Filters of OpenAlex, for example `open_access.is_oa:true,type:article`.")
    page_size: int = Field(default=100, gt=0, le=200)
    europe_pmc_url: str | None = described("Address of a copy of Europe PMC.", optional=True)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.search and not self.filter:
            message = "a `search` or a `filter` is needed: without either, OpenAlex would give all works that there are"
            raise ValueError(message)
        return self


class OpenalexSource:
    """Walks the works that a query finds."""

    card: OpenTextCard = load_card("openalex", OpenTextCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options.

        Raises:
            CardError: the card names no key.
        """
        query = OpenalexQuery.model_validate(options)
        plan = search_plan(
            self.card, query, key=key, folder=folder, others=(self.card.europe_pmc(query.europe_pmc_url),)
        )
        if self.card.key is None:
            message = f"{self.card.name}: the card names no [key]; OpenAlex asks for one"
            raise CardError(message)
        own_host = urlsplit(plan.about.origin).netloc
        key_card = self.card.key.model_copy(update={"hosts": (own_host,)})
        return replace(plan, shows_key=query.base_url is None, key_card=key_card)

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Follow the works page by page, and ask for each open text on the way."""
        query = query_of(plan, OpenalexQuery)
        return walk(
            door,
            limit=query.limit,
            request=lambda mark: _works_request(plan.about.origin, query, mark),
            read=lambda _mark, payload: read_page(payload),
            texts=partial(open_text_pages, door, self.card.europe_pmc(query.europe_pmc_url), query.reader),
        )

    def parse(self, plan: Plan, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Extract an article; of a page of works, reject those that were retracted or cannot be had."""
        if is_about_article(raw):
            return open_text_items(raw, query_of(plan, OpenalexQuery).reader)
        return refusals(read_page(raw.payload).articles)


def _works_request(origin: str, query: OpenalexQuery, cursor: str) -> Request:
    asked: dict[str, str | int] = {"per-page": min(query.page_size, query.limit), "cursor": cursor}
    said = {"search": query.search, "filter": query.filter}
    return works_request(origin, {**asked, **{name: value for name, value in said.items() if value}})
