"""Open texts: an article that a search found in, the requests that lead to its text out, through the door.

Europe PMC is asked first: its texts are marked up and state their licence. Then the publisher, where the recipe names
the host of its link.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harvest.literature.articles import About, article_request
from harvest.literature.europe_pmc import answer_of, check_article, doi_request, pmcid_for, text_request
from harvest.rest import RestCard
from harvest.source import Page, Rejected, Request
from schemas.provenance import Pointer
from schemas.quantity import described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harvest.literature.answers import Listed
    from harvest.literature.articles import TextReader
    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord


class OpenTextCard(RestCard):
    """The card of a service that finds articles whose texts Europe PMC has."""

    europe_pmc_url: str = described("Address of Europe PMC, which has the open texts.")

    def europe_pmc(self, copy: str | None) -> str:
        """Return the address of Europe PMC, or that of a copy of it where there is one."""
        return (copy or self.europe_pmc_url).rstrip("/")


def text_page(
    door: Door,
    request: Request,
    about: About,
    reader: TextReader,
    *,
    check: Callable[[bytes], object] | None,
) -> Page:
    """Return the page of a text: as much of it as may be kept, or the note that it is not given."""
    return Page(door.get_text(article_request(request, about), kept=partial(reader.kept, about=about), check=check))


def open_text_pages(door: Door, europe_pmc: str, reader: TextReader, article: Listed) -> Iterator[Page]:
    """Yield the page of Europe PMC's search for an article, then the page of its text, where one is open to us.

    Args:
        door: the door of the harvest.
        europe_pmc: address of the service.
        reader: what is kept of texts.
        article: its `pmcid` saves the search; its `link` is asked for where Europe PMC does not have it.
    """
    about, pmcid = article.about, article.pmcid
    if pmcid is None:
        raw = door.get(article_request(doi_request(europe_pmc, about.id), about), check=answer_of)
        yield Page(raw)
        pmcid = pmcid_for(raw.payload, about.id)
    if pmcid is not None:
        yield text_page(door, text_request(europe_pmc, pmcid), about, reader, check=check_article)
    elif about.link:
        yield text_page(door, Request(about.link, media_type="text/html"), about, reader, check=None)


def open_text_items(raw: RawObject, reader: TextReader) -> Iterable[MaterialRecord | Rejected]:
    """Return the records of a text, or the rejection of an article of which Europe PMC's search found none."""
    is_search = urlsplit(raw.uri).path.endswith("/search") and raw.uri != About.of(raw).link
    return _without_text(raw) if is_search else reader.items(raw)


def _without_text(raw: RawObject) -> list[Rejected]:
    """Return the rejection of an article that Europe PMC does not have, where no link is left to try.

    The reason names the article: empty answers are the same bytes for each, and equal rejections count once.
    """
    about = About.of(raw)
    if pmcid_for(raw.payload, about.id) is not None or about.link:
        return []
    reason = f"no open text of {about.id}: Europe PMC has none; {about.evidence or 'no other place is known'}"
    return [Rejected(Pointer(steps=()), (reason,), None, about.id)]
