"""Search: what a recipe asks of a service in, the pages of the search and of the texts that it leads to out.

A connector says how a page is asked for and read, and where the text of an article is. The walk is the same for all:
page by page, each article once, and what came is held against what was promised.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import Field

from harvest.literature.articles import ClosedTexts, TextReader
from harvest.rest import rest_plan
from harvest.source import Page
from schemas.licence import LicenceId
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harvest.literature.answers import Listed, SearchPage
    from harvest.rest import RestCard
    from harvest.source import Door, Plan, Request

_MOST_BARREN_PAGES = 3


class ArticleQuery(Model):
    """What a recipe says to every service that is searched for articles."""

    limit: int = Field(
        default=100, gt=0, le=100_000, description="At most so many articles, in the order of the service."
    )
    licence: LicenceId = Field(
        default="CC-BY-4.0", description="Of the rows as a whole; each also has its article's own."
    )
    sentences: bool = Field(default=False, description="Read the sentences too, not the tables alone.")
    closed_texts: ClosedTexts = ClosedTexts.SKIP
    base_url: str | None = described("Address of a copy, up to but without the path of the search.", optional=True)

    @property
    def reader(self) -> TextReader:
        """How the texts are read."""
        return TextReader(sentences=self.sentences, closed=self.closed_texts)


def search_plan(card: RestCard, query: ArticleQuery, *, key: str, folder: Path, others: tuple[str, ...] = ()) -> Plan:
    """Return the plan of a search; its rows are under the licence that the recipe names.

    Args:
        card: of the service.
        query: the checked options.
        key: the name of the source in the dataset.
        folder: of the recipe.
        others: addresses of the services that are asked on the way.
    """
    plan = rest_plan(card, query, key=key, folder=folder, base_url=query.base_url)
    about = plan.about.model_copy(update={"licence": query.licence})
    return replace(plan, about=about, hosts=plan.hosts | {urlsplit(each).netloc for each in others})


def query_of[Q: ArticleQuery](plan: Plan, kind: type[Q]) -> Q:
    """Return the query of a plan.

    Raises:
        TypeError: the plan is of another connector.
    """
    if not isinstance(plan.query, kind):
        message = f"{plan.key}: {kind.__name__} was expected, got {type(plan.query).__name__}"
        raise TypeError(message)
    return plan.query


def walk(
    door: Door,
    *,
    limit: int,
    request: Callable[[str], Request],
    read: Callable[[str, bytes], SearchPage],
    texts: Callable[[Listed], Iterator[Page]],
    first: str = "*",
) -> Iterator[Page]:
    """Yield each page of a search, and after it the pages that lead to the texts of its articles.

    Args:
        door: the door of the harvest.
        limit: at most so many articles.
        request: how the page with a mark is asked for.
        read: what the page with a mark lists; it raises for what is no page, before that is archived.
        texts: the pages that lead to the text of an article, and that of the text.
        first: the mark of the first page.
    """
    tally, mark, walked = _Tally(limit), first, {""}
    while mark:
        walked.add(mark)
        raw = door.get(request(mark), check=partial(read, mark))
        page = read(mark, raw.payload)
        new = tally.take(page)
        is_last = not page.articles or tally.is_over() or page.next_mark in walked
        yield Page(raw, version=page.version, missing=tally.missing() if is_last else "")
        for article in new:
            if not article.refused:
                yield from texts(article)
        mark = "" if is_last else page.next_mark


@dataclass
class _Tally:
    """Which articles of a search came, against how many it promised.

    Attributes:
        limit: at most so many are wanted.
        promised: how many the search says that there are; none until it says so, the first page counts.
        seen: ids of those that came, each once.
        barren: how many pages in a row brought none that did not come before.
    """

    limit: int
    promised: int | None = None
    seen: set[str] = field(default_factory=set)
    barren: int = 0

    def take(self, page: SearchPage) -> list[Listed]:
        """Return the articles of a page that did not come before, as far as they are wanted."""
        if self.promised is None:
            self.promised = page.promised
        articles = {each.about.id: each for each in page.articles if each.about.id}
        new = [name for name in articles if name not in self.seen][: self.limit - len(self.seen)]
        self.seen.update(new)
        self.barren = 0 if new else self.barren + 1
        return [articles[name] for name in new]

    def is_over(self) -> bool:
        """Tell whether as many came as are wanted, or the service goes in a circle."""
        return len(self.seen) >= self.limit or self.barren >= _MOST_BARREN_PAGES

    def missing(self) -> str:
        """Return in words how many are missing at the end of the walk; nothing where none are."""
        expected = min(self.promised or 0, self.limit)
        if len(self.seen) >= expected:
            return ""
        return f"{expected} articles promised, {len(self.seen)} distinct ones received"
