"""arXiv: a query in, the articles that answer it as records of the property tables of their LaTeX sources out.

A walk goes through the Atom search page by page. The licence of each article is asked for by OAI-PMH; the source of one
under an open licence is archived as it is packed. Most articles of arXiv may not be handed on: of these the facts are
kept, where the recipe says so, and else nothing.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import Field

from harvest.literature.articles import About, ClosedTexts, TextReader, is_about_article, text_request
from harvest.literature.arxiv import (
    ATOM,
    BUNDLE,
    Preprint,
    check_feed,
    check_source,
    licence_request,
    read_feed,
    read_licence,
    search_address,
    source_address,
)
from harvest.literature.licences import may_be_kept
from harvest.literature.open_texts import Tally
from harvest.rest import RestCard, rest_plan
from harvest.source import Page, Plan, Rejected, Request, load_card
from schemas.licence import LicenceId
from schemas.provenance import Pointer
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord


class ArxivCard(RestCard):
    """The card of arXiv."""

    oai_url: str = described("Address of its OAI-PMH interface, which names licences.")


class ArxivQuery(Model):
    """What a recipe says."""

    query: str = Field(
        min_length=1, description='In the language of arXiv, for example `cat:cond-mat.mtrl-sci AND ti:"band gap"`.'
    )
    limit: int = Field(default=100, gt=0, le=30_000, description="At most so many articles, oldest first.")
    page_size: int = Field(default=100, gt=0, le=2000)
    licence: LicenceId = Field(
        default="CC-BY-4.0", description="Of the rows as a whole; each also has its article's own."
    )
    sentences: bool = Field(default=False, description="Read the sentences too, not the tables alone.")
    closed_texts: ClosedTexts = Field(
        default=ClosedTexts.SKIP,
        description="Texts whose licence does not let them be kept: `skip` them, or keep the `facts` in them alone.",
    )
    base_url: str | None = described("Address of a copy, up to but without /api/query.", optional=True)
    oai_url: str | None = described("Address of a copy of the OAI-PMH interface.", optional=True)


class ArxivSource:
    """Walks the articles that a query finds."""

    card: ArxivCard = load_card("arxiv", ArxivCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = ArxivQuery.model_validate(options)
        plan = rest_plan(self.card, query, key=key, folder=folder, base_url=query.base_url)
        about = plan.about.model_copy(update={"licence": query.licence})
        return replace(plan, about=about, hosts=plan.hosts | {urlsplit(self._oai(query)).netloc})

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Follow the search page by page, and ask for licence and source of each article on the way."""
        query, start = _query(plan), 0
        tally, size = Tally(query.limit), min(query.page_size, query.limit)
        while not tally.is_full():
            address = search_address(plan.about.origin, query.query, start=start, page_size=size)
            raw = door.get(Request(address, media_type=ATOM), check=partial(check_feed, start=start))
            feed = read_feed(raw.payload)
            entries = {entry.arxiv_id: entry for entry in feed.entries}
            new = tally.take_new(entries)
            tally.promise(feed.total)
            start += size
            is_last = not new or tally.is_full() or start >= feed.total
            yield Page(raw, missing=tally.missing() if is_last else "")
            for name in new:
                yield from self._article(entries[name], plan, door)
            if is_last:
                return

    def _article(self, entry: Preprint, plan: Plan, door: Door) -> Iterator[Page]:
        """Yield the record with the licence of an article, then its source, where that may be used."""
        if entry.retracted:
            return
        query = _query(plan)
        request = licence_request(self._oai(query), entry.arxiv_id)
        about = About(entry.arxiv_id)
        raw = door.get(text_request(request.uri, about, media_type=request.media_type), check=read_licence)
        yield Page(raw)
        stated = read_licence(raw.payload)
        if may_be_kept(stated.licence) or query.closed_texts is ClosedTexts.FACTS:
            about = replace(about, licence=stated.licence, evidence=stated.evidence)
            address = source_address(plan.about.origin, entry.arxiv_id)
            reader = _reader(query)
            yield Page(
                door.get_text(
                    text_request(address, about, media_type=BUNDLE),
                    kept=lambda payload: reader.kept(payload, about),
                    check=check_source,
                )
            )

    def parse(self, plan: Plan, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Extract an article; reject those that were withdrawn, and those whose licence is closed."""
        query = _query(plan)
        if not is_about_article(raw):
            return [
                Rejected(Pointer(steps=()), (f"retracted: {entry.retracted}",), None, entry.arxiv_id)
                for entry in read_feed(raw.payload).entries
                if entry.retracted
            ]
        if "verb=GetRecord" in raw.uri:
            stated = read_licence(raw.payload)
            if may_be_kept(stated.licence) or query.closed_texts is ClosedTexts.FACTS:
                return []
            name = About.of(raw).id
            advice = 'with closed_texts = "facts" its values would be kept without its text'
            reason = f"closed, {name}: {stated.evidence}; {advice}"
            return [Rejected(Pointer(steps=()), (reason,), None, name)]
        return _reader(query).items(raw)

    def _oai(self, query: ArxivQuery) -> str:
        return (query.oai_url or self.card.oai_url).rstrip("/")


def _reader(query: ArxivQuery) -> TextReader:
    return TextReader(sentences=query.sentences, closed=query.closed_texts)


def _query(plan: Plan) -> ArxivQuery:
    if not isinstance(plan.query, ArxivQuery):
        message = f"{plan.key}: an ArxivQuery was expected, got {type(plan.query).__name__}"
        raise TypeError(message)
    return plan.query
