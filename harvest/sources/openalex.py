"""OpenAlex: a query in, the articles that answer it as records of their property tables out.

A walk goes through the works by `cursor`. For each that stands, its text in PubMed Central is asked for at Europe PMC.
The key is shown to OpenAlex alone. Works without an open text are rejected with the reason.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from harvest.errors import CardError
from harvest.literature.articles import About, ClosedTexts, TextReader, is_about_article
from harvest.literature.europe_pmc import text_address
from harvest.literature.open_texts import Tally, open_text_pages, text_page, without_text
from harvest.literature.openalex import OpenWork, page_of, read_work, works_address
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


class OpenalexCard(RestCard):
    """The card of OpenAlex."""

    europe_pmc_url: str = described("Address of Europe PMC, which has the open texts.")


class OpenalexQuery(Model):
    """What a recipe says."""

    search: str = Field("", description="Words to be found in title, abstract and text.")
    filter: str = Field("", description="Filters of OpenAlex, for example `open_access.is_oa:true,type:article`.")
    limit: int = Field(default=100, gt=0, le=100_000, description="At most so many works, in the order of OpenAlex.")
    page_size: int = Field(default=100, gt=0, le=200)
    licence: LicenceId = Field(
        default="CC-BY-4.0", description="Of the rows as a whole; each also has its article's own."
    )
    sentences: bool = Field(default=False, description="Read the sentences too, not the tables alone.")
    closed_texts: ClosedTexts = Field(
        default=ClosedTexts.SKIP,
        description="Texts whose licence does not let them be kept: `skip` them, or keep the `facts` in them alone.",
    )
    base_url: str | None = described("Address of a copy, up to but without /works.", optional=True)
    europe_pmc_url: str | None = described("Address of a copy of Europe PMC.", optional=True)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.search and not self.filter:
            message = "a `search` or a `filter` is needed: without either, OpenAlex would give all works that there are"
            raise ValueError(message)
        return self


class OpenalexSource:
    """Walks the works that a query finds."""

    card: OpenalexCard = load_card("openalex", OpenalexCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options.

        Raises:
            CardError: the card names no key.
        """
        query = OpenalexQuery.model_validate(options)
        plan = rest_plan(self.card, query, key=key, folder=folder, base_url=query.base_url)
        if self.card.key is None:
            message = f"{self.card.name}: the card names no [key]; OpenAlex asks for one"
            raise CardError(message)
        return replace(
            plan,
            about=plan.about.model_copy(update={"licence": query.licence}),
            hosts=plan.hosts | {urlsplit(self._europe_pmc(query)).netloc},
            shows_key=query.base_url is None,
            key_card=self.card.key.model_copy(update={"hosts": tuple(plan.hosts)}),
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Follow the works page by page, and ask for each open text on the way."""
        query, cursor = _query(plan), "*"
        tally, walked = Tally(query.limit), set[str]()
        while cursor not in walked and not tally.is_full():
            walked.add(cursor)
            raw = door.get(Request(works_address(plan.about.origin, _asked(query, cursor))), check=page_of)
            page = page_of(raw.payload)
            works = {work.id: work for work in _works(page["results"]) if isinstance(work, OpenWork)}
            new = tally.take_new(works)
            tally.promise(page["meta"]["count"])
            cursor = str(page["meta"].get("next_cursor") or cursor)
            is_last = not page["results"] or tally.is_full() or cursor in walked
            yield Page(raw, missing=tally.missing() if is_last else "")
            for name in new:
                yield from self._text(works[name], query, door)
            if is_last:
                return

    def _text(self, work: OpenWork, query: OpenalexQuery, door: Door) -> Iterator[Page]:
        about, europe_pmc = About(work.id, evidence=work.hint), self._europe_pmc(query)
        if work.is_retracted:
            return
        if work.pmcid is not None:
            yield text_page(door, text_address(europe_pmc, work.pmcid), about, _reader(query))
        elif work.doi is not None:
            yield from open_text_pages(door, europe_pmc, about, _reader(query))

    def parse(self, plan: Plan, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Extract an article; of a page of works, reject those that were retracted or cannot be had."""
        if not is_about_article(raw):
            return list(_rejected(page_of(raw.payload)["results"]))
        if urlsplit(raw.uri).path.endswith("/search"):
            return without_text(raw, About.of(raw))
        return _reader(_query(plan)).items(raw)

    def _europe_pmc(self, query: OpenalexQuery) -> str:
        return (query.europe_pmc_url or self.card.europe_pmc_url).rstrip("/")


def _asked(query: OpenalexQuery, cursor: str) -> dict[str, str | int]:
    """Return the parameters of a page of works."""
    asked: dict[str, str | int] = {"per-page": min(query.page_size, query.limit), "cursor": cursor}
    said = {"search": query.search, "filter": query.filter}
    return {**asked, **{name: value for name, value in said.items() if value}}


def _works(items: list[Any]) -> Iterator[OpenWork | str]:
    """Yield each work of a page, or why it cannot be read."""
    for item in items:
        try:
            yield read_work(item)
        except ValueError as error:
            yield str(error)


def _rejected(items: list[Any]) -> Iterator[Rejected]:
    for index, work in enumerate(_works(items)):
        place = Pointer.of(json=json_step("results", index))
        if not isinstance(work, OpenWork):
            yield Rejected(place, (f"does_not_fit: {work}",), items[index], None)
        elif work.is_retracted:
            yield Rejected(place, ("retracted: OpenAlex says so",), None, work.id)
        elif work.doi is None and work.pmcid is None:
            yield Rejected(place, (f"no open text: it has neither a DOI nor a PMC id; {work.hint}",), None, work.id)


def _reader(query: OpenalexQuery) -> TextReader:
    return TextReader(sentences=query.sentences, closed=query.closed_texts)


def _query(plan: Plan) -> OpenalexQuery:
    if not isinstance(plan.query, OpenalexQuery):
        message = f"{plan.key}: an OpenalexQuery was expected, got {type(plan.query).__name__}"
        raise TypeError(message)
    return plan.query
