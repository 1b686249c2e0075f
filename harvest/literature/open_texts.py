"""Open texts: an article that a search found in, the requests that lead to its text out, through the door.

Europe PMC is asked first: its texts are marked up and state their licence. Then the publisher, where the recipe names
the host of its link.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from harvest.literature.articles import text_request
from harvest.literature.europe_pmc import JATS, answer_of, check_article, doi_request, pmcid_for, text_address
from harvest.source import Page, Rejected
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harvest.literature.articles import About, TextReader
    from harvest.source import Door, RawObject


@dataclass
class Tally:
    """Which articles of a search came, against how many it promised.

    Attributes:
        limit: at most so many are wanted.
        promised: how many the search says that there are; none until it says so.
        seen: ids of those that came, each once.
    """

    limit: int
    promised: int | None = None
    seen: set[str] = field(default_factory=set)

    def promise(self, count: object) -> None:
        """Take how many articles a page says that there are; the first page counts."""
        if self.promised is None and isinstance(count, int):
            self.promised = count

    def is_full(self) -> bool:
        """Tell whether as many came as are wanted."""
        return len(self.seen) >= self.limit

    def take_new(self, ids: Iterable[str]) -> list[str]:
        """Return the ids that did not come before, as far as they are wanted."""
        new = [each for each in dict.fromkeys(ids) if each not in self.seen][: self.limit - len(self.seen)]
        self.seen.update(new)
        return new

    def missing(self) -> str:
        """Return in words how many are missing at the end of the walk; nothing where none are."""
        expected = min(self.promised or 0, self.limit)
        if len(self.seen) >= expected:
            return ""
        return f"{expected} articles promised, {len(self.seen)} distinct ones received"


def text_page(door: Door, address: str, about: About, reader: TextReader, *, media_type: str = JATS) -> Page:
    """Return the page of a text: as much of it as may be kept, or the note that it is not given."""
    check: Callable[[bytes], object] | None = check_article if media_type == JATS else None
    request = text_request(address, about, media_type=media_type)
    return Page(door.get_text(request, kept=partial(reader.kept, about=about), check=check))


def open_text_pages(door: Door, europe_pmc: str, about: About, reader: TextReader) -> Iterator[Page]:
    """Yield the page of Europe PMC's search for an article, then the page of its text, where one is open to us.

    Args:
        door: the door of the harvest.
        europe_pmc: address of the service.
        about: the article; its `link` is asked for where Europe PMC does not have it.
        reader: what is kept of texts.
    """
    request = doi_request(europe_pmc, about.id)
    raw = door.get(text_request(request.uri, about, media_type=request.media_type), check=answer_of)
    yield Page(raw)
    pmcid = pmcid_for(raw.payload, about.id)
    if pmcid is not None:
        yield text_page(door, text_address(europe_pmc, pmcid), about, reader)
    elif about.link:
        yield text_page(door, about.link, about, reader, media_type="text/html")


def without_text(raw: RawObject, about: About) -> list[Rejected]:
    """Return the rejection of an article that Europe PMC does not have, where no link is left to try.

    The reason names the article: empty answers are the same bytes for each, and equal rejections count once.
    """
    if about.link or pmcid_for(raw.payload, about.id) is not None:
        return []
    reason = f"no open text of {about.id}: Europe PMC has none; {about.evidence or 'no other place is known'}"
    return [Rejected(Pointer(steps=()), (reason,), None, about.id)]
