"""Crossref: a query in, the articles that answer it as records of their property tables out.

A walk goes through the works by `cursor`. For each that stands, Europe PMC is asked for an open text, then the
publisher, where the recipe names its host and the licence is open. Works without such a text are rejected with the
reason.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from harvest.literature.articles import About, ClosedTexts, TextReader, is_about_article
from harvest.literature.crossref import FIELDS, Work, check_page, message_of, read_work, works_address
from harvest.literature.europe_pmc import answer_of
from harvest.literature.licences import may_be_kept
from harvest.literature.open_texts import Tally, open_text_pages, without_text
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


class CrossrefCard(RestCard):
    """The card of Crossref."""

    europe_pmc_url: str = described("Address of Europe PMC, which has many of the open texts.")


class CrossrefQuery(Model):
    """What a recipe says."""

    query: str = Field("", description="Words to be found in title, authors and journal.")
    filter: dict[str, str] = Field(
        default_factory=dict, description='Filters of Crossref, for example { "from-pub-date" = "2020" }.'
    )
    mailto: str = Field(
        pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$",
        description="Your e-mail address: Crossref asks for it, and is faster then.",
    )
    limit: int = Field(default=100, gt=0, le=100_000, description="At most so many works, in the order of Crossref.")
    page_size: int = Field(default=100, gt=0, le=1000)
    licence: LicenceId = Field(
        default="CC-BY-4.0", description="Of the rows as a whole; each also has its article's own."
    )
    sentences: bool = Field(default=False, description="Read the sentences too, not the tables alone.")
    closed_texts: ClosedTexts = Field(
        default=ClosedTexts.SKIP,
        description="Texts whose licence does not let them be kept: `skip` them, or keep the `facts` in them alone.",
    )
    text_hosts: tuple[str, ...] = Field(
        (), description='Hosts of publishers that may be asked for texts, for example "www.nature.com".'
    )
    base_url: str | None = described("Address of a copy, up to but without /works.", optional=True)
    europe_pmc_url: str | None = described("Address of a copy of Europe PMC.", optional=True)

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not self.query and not self.filter:
            message = "a query or a filter is needed: without either, Crossref would give all works that there are"
            raise ValueError(message)
        return self


class CrossrefSource:
    """Walks the works that a query finds."""

    card: CrossrefCard = load_card("crossref", CrossrefCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = CrossrefQuery.model_validate(options)
        plan = rest_plan(self.card, query, key=key, folder=folder, base_url=query.base_url)
        hosts = plan.hosts | {urlsplit(self._europe_pmc(query)).netloc} | set(query.text_hosts)
        about = plan.about.model_copy(update={"licence": query.licence})
        return replace(plan, about=about, hosts=frozenset(hosts))

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Follow the works page by page, and ask for each open text on the way."""
        query, cursor = _query(plan), "*"
        tally, walked = Tally(query.limit), set[str]()
        while cursor not in walked and not tally.is_full():
            walked.add(cursor)
            raw = door.get(Request(works_address(plan.about.origin, _asked(query, cursor))), check=check_page)
            message = message_of(raw.payload)
            works = {work.doi: work for work in _works(message["items"]) if isinstance(work, Work)}
            new = tally.take_new(works)
            tally.promise(message["total-results"])
            cursor = str(message.get("next-cursor") or cursor)
            is_last = not message["items"] or tally.is_full() or cursor in walked
            yield Page(raw, missing=tally.missing() if is_last else "")
            for doi in new:
                if not works[doi].retracted:
                    about = _about(works[doi], query)
                    yield from open_text_pages(door, self._europe_pmc(query), about, _reader(query))
            if is_last:
                return

    def parse(self, plan: Plan, raw: RawObject) -> Iterable[MaterialRecord | Rejected]:
        """Extract an article; of a page of works, reject those that were retracted or cannot be read."""
        if not is_about_article(raw):
            return list(_rejected(message_of(raw.payload)["items"]))
        if urlsplit(raw.uri).path.endswith("/search"):
            answer_of(raw.payload)
            return without_text(raw, About.of(raw))
        return _reader(_query(plan)).items(raw)

    def _europe_pmc(self, query: CrossrefQuery) -> str:
        return (query.europe_pmc_url or self.card.europe_pmc_url).rstrip("/")


def _asked(query: CrossrefQuery, cursor: str) -> dict[str, str | int]:
    """Return the parameters of a page of works."""
    asked: dict[str, str | int] = {"rows": min(query.page_size, query.limit), "select": FIELDS, "mailto": query.mailto}
    if query.query:
        asked["query.bibliographic"] = query.query
    if query.filter:
        asked["filter"] = ",".join(f"{name}:{value}" for name, value in sorted(query.filter.items()))
    return {**asked, "cursor": cursor}


def _works(items: list[Any]) -> Iterator[Work | str]:
    """Yield each work of a page, or why it cannot be read."""
    for item in items:
        try:
            yield read_work(item)
        except ValueError as error:
            yield str(error)


def _rejected(items: list[Any]) -> Iterator[Rejected]:
    for index, work in enumerate(_works(items)):
        place = Pointer.of(json=json_step("message", "items", index))
        if not isinstance(work, Work):
            yield Rejected(place, (f"does_not_fit: {work}",), items[index], None)
        elif work.retracted:
            yield Rejected(place, (f"retracted: {work.retracted}",), None, work.doi)


def _about(work: Work, query: CrossrefQuery) -> About:
    """Return what the search says of a work; the link of its publisher, where that may be asked."""
    may_ask = may_be_kept(work.licence) or query.closed_texts is ClosedTexts.FACTS
    links = [link.address for link in work.links if may_ask and link.host in query.text_hosts]
    link = links[0] if links else ""
    return About(work.doi, work.licence, notices="; ".join(work.notices), evidence=work.evidence, link=link)


def _reader(query: CrossrefQuery) -> TextReader:
    return TextReader(sentences=query.sentences, closed=query.closed_texts)


def _query(plan: Plan) -> CrossrefQuery:
    if not isinstance(plan.query, CrossrefQuery):
        message = f"{plan.key}: a CrossrefQuery was expected, got {type(plan.query).__name__}"
        raise TypeError(message)
    return plan.query
