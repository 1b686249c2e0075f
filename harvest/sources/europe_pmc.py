"""Europe PMC: a query in, the open-access articles that answer it as records of their property tables out.

A walk goes through the pages of the search by `cursorMark` and asks for the JATS of each article that is open access
and stands. The licence of a row is that of its article, by the article's own statement.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import Field

from harvest.literature.answers import refusals
from harvest.literature.articles import ClosedTexts, is_about_article
from harvest.literature.europe_pmc import read_page, search_request
from harvest.literature.open_texts import open_text_pages
from harvest.literature.search import ArticleQuery, query_of, search_plan, walk
from harvest.rest import RestCard
from harvest.source import load_card

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harvest.source import Door, Page, Plan, RawObject, Rejected
    from schemas.material import MaterialRecord


class EuropePmcQuery(ArticleQuery):
    """What a recipe says."""

    query: str = Field(
        min_length=1, description='In the language of Europe PMC, for example `"perovskite" AND "band gap"`.'
    )
    page_size: int = Field(default=100, gt=0, le=1000)
    # Left out of the fingerprint where it is not asked for, so that locks made before it was known still match.
    closed_texts: ClosedTexts = Field(default=ClosedTexts.SKIP, exclude_if=lambda asked: asked is ClosedTexts.SKIP)


class EuropePmcSource:
    """Walks the open-access articles that a query finds, in the order of their ids."""

    card: RestCard = load_card("europe_pmc", RestCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        return search_plan(self.card, EuropePmcQuery.model_validate(options), key=key, folder=folder)

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Follow the search page by page, and ask for each article on the way."""
        query, origin = query_of(plan, EuropePmcQuery), plan.about.origin
        return walk(
            door,
            limit=query.limit,
            request=lambda mark: search_request(origin, query.query, cursor=mark, page_size=query.page_size),
            read=lambda _mark, payload: read_page(payload),
            texts=partial(open_text_pages, door, origin, query.reader),
        )

    def parse(self, plan: Plan, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Extract an article; of a page of the search, reject the articles that were retracted."""
        if is_about_article(raw):
            return query_of(plan, EuropePmcQuery).reader.items(raw)
        return refusals(read_page(raw.payload).articles)
