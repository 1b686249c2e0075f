"""arXiv: a query in, the articles that answer it as records of the property tables of their LaTeX sources out.

A walk goes through the Atom search page by page. The licence of each article is asked for by OAI-PMH; the source of one
under an open licence is archived as it is packed. Most articles of arXiv may not be handed on: of these the facts are
kept, where the recipe says so, and else nothing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import Field

from harvest.literature.answers import refusals
from harvest.literature.articles import About, article_request, is_about_article
from harvest.literature.arxiv import (
    check_source,
    licence_request,
    read_feed,
    read_licence,
    read_page,
    search_request,
    source_request,
)
from harvest.literature.open_texts import text_page
from harvest.literature.search import ArticleQuery, query_of, search_plan, walk
from harvest.rest import RestCard
from harvest.source import Page, Rejected, load_card
from schemas.provenance import Pointer
from schemas.quantity import described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harvest.literature.answers import Listed
    from harvest.source import Door, Plan, RawObject
    from schemas.material import MaterialRecord


class ArxivCard(RestCard):
    """The card of arXiv."""

    oai_url: str = described("Address of its OAI-PMH interface, which names licences.")


class ArxivQuery(ArticleQuery):
    """What a recipe says."""

    query: str = Field(
        min_length=1, description='In the language of arXiv, for example `cat:cond-mat.mtrl-sci AND ti:"band gap"`.'
    )
    limit: int = Field(default=100, gt=0, le=30_000, description="At most so many articles, oldest first.")
    page_size: int = Field(default=100, gt=0, le=2000)
    oai_url: str | None = described("Address of a copy of the OAI-PMH interface.", optional=True)


class ArxivSource:
    """Walks the articles that a query finds."""

    card: ArxivCard = load_card("arxiv", ArxivCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = ArxivQuery.model_validate(options)
        return search_plan(self.card, query, key=key, folder=folder, others=(self._oai(query),))

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Follow the search page by page, and ask for licence and source of each article on the way."""
        query = query_of(plan, ArxivQuery)
        size = min(query.page_size, query.limit)
        return walk(
            door,
            limit=query.limit,
            request=lambda mark: search_request(plan.about.origin, query.query, start=int(mark), page_size=size),
            read=lambda mark, payload: read_page(payload, start=int(mark), page_size=size),
            texts=partial(self._texts, plan, door),
            first="0",
        )

    def _texts(self, plan: Plan, door: Door, article: Listed) -> Iterator[Page]:
        """Yield the record with the licence of an article, then its source, where that may be used."""
        query, about = query_of(plan, ArxivQuery), article.about
        raw = door.get(article_request(licence_request(self._oai(query), about.id), about), check=read_licence)
        yield Page(raw)
        stated = read_licence(raw.payload)
        if query.reader.uses(stated.licence):
            request = source_request(plan.about.origin, about.id)
            about = replace(about, licence=stated.licence, evidence=stated.evidence)
            yield text_page(door, request, about, query.reader, check=check_source)

    def parse(self, plan: Plan, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Extract an article; reject those that were withdrawn, and those whose licence is closed."""
        reader = query_of(plan, ArxivQuery).reader
        if not is_about_article(raw):
            return refusals(read_feed(raw.payload).articles)
        if "verb=GetRecord" not in raw.uri:
            return reader.items(raw)
        stated, name = read_licence(raw.payload), About.of(raw).id
        if reader.uses(stated.licence):
            return []
        advice = 'with closed_texts = "facts" its values would be kept without its text'
        return [Rejected(Pointer(steps=()), (f"closed, {name}: {stated.evidence}; {advice}",), None, name)]

    def _oai(self, query: ArxivQuery) -> str:
        return (query.oai_url or self.card.oai_url).rstrip("/")
