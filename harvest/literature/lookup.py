"""Look-up: a DOI in, an open text of the article out; or what was tried, what stood in the way, and what to do.

Crossref knows licence, notices and links; Europe PMC has marked-up texts; arXiv has sources of preprints. A text is
read only where its licence is open. Nothing is kept: the text is used and forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harvest.errors import ContractError, CredentialsError, ForbiddenHostError, RetryableError
from harvest.literature.arxiv import check_source, licence_request, read_licence, source_request
from harvest.literature.crossref import Work, message_of, read_work, work_request
from harvest.literature.europe_pmc import answer_of, check_article, doi_request, pmcid_for, text_request
from harvest.literature.identifiers import arxiv_id_of
from harvest.literature.licences import may_be_kept
from harvest.source import Request
from schemas.licence import NOASSERTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask = Callable[[Request, Callable[[bytes], object] | None], bytes]
    Step = Callable[[], "FoundText | None"]

SERVICES = {
    "crossref": "https://api.crossref.org",
    "europe_pmc": "https://www.ebi.ac.uk/europepmc/webservices/rest",
    "arxiv": "https://export.arxiv.org",
    "arxiv_oai": "https://oaipmh.arxiv.org/oai",
}
ADVICE = "if you may read it elsewhere, download the file and run `matgranary extract FILE`"
_REFUSED = (ContractError, CredentialsError, ForbiddenHostError)


@dataclass(frozen=True, slots=True)
class FoundText:
    """A text that may be read.

    Attributes:
        payload: the text.
        document: what it is of: the DOI, or the arXiv id where it is a preprint and not the article itself.
        licence: what was stated of it elsewhere than in the text.
        origin: where it was found.
    """

    payload: bytes = field(repr=False)
    document: str
    licence: str
    origin: str


@dataclass
class LookUp:
    """The look-up of one DOI.

    Attributes:
        tried: what was tried and what stood in the way, in words.
        is_temporary: whether something stood in the way that may pass.
        notices: corrections and concerns.
    """

    doi: str
    ask: Ask
    services: dict[str, str]
    mailto: str | None = None
    tried: list[str] = field(default_factory=list)
    is_temporary: bool = False
    notices: tuple[str, ...] = ()

    def text(self) -> FoundText | None:
        """Return an open text; none where there is none, or where the article was retracted."""
        work = self._work()
        self.notices = work.notices
        if work.retracted:
            self.tried.append(f"Crossref: retracted ({work.retracted}); its values are not to be relied on")
            return None
        for name, step in self._steps(work):
            found = self._tried(name, step)
            if found is not None:
                return found
        return None

    def refusal(self) -> str:
        """Return in words why there is no text, and what to do."""
        later = "; try again later" if self.is_temporary else ""
        return f"no open text was found: {'; '.join(self.tried)}; {ADVICE}{later}"

    def first_requests(self) -> list[Request]:
        """Return the requests that are known beforehand; those for the text depend on their answers."""
        preprint = arxiv_id_of(self.doi)
        if preprint is not None:
            source = source_request(self.services["arxiv"], preprint)
            return [licence_request(self.services["arxiv_oai"], preprint), source]
        crossref = work_request(self.services["crossref"], self.doi, self.mailto)
        return [crossref, doi_request(self.services["europe_pmc"], self.doi)]

    def _work(self) -> Work:
        """Return what Crossref has of the DOI; DOIs of arXiv are registered elsewhere."""
        if arxiv_id_of(self.doi) is not None:
            return Work(self.doi, evidence="registered by DataCite", arxiv_id=arxiv_id_of(self.doi))
        request = work_request(self.services["crossref"], self.doi, self.mailto)
        try:
            return read_work(message_of(self.ask(request, message_of)))
        except RetryableError as error:
            self.is_temporary = True
            self.tried.append(f"Crossref: {error}")
        except (*_REFUSED, ValueError) as error:
            self.tried.append(f"Crossref: {error}")
        return Work(self.doi)

    def _steps(self, work: Work) -> Iterator[tuple[str, Step]]:
        if arxiv_id_of(self.doi) is None:
            yield "Europe PMC", partial(self._from_europe_pmc, work)
        if work.arxiv_id is not None:
            yield "arXiv", partial(self._from_arxiv, work.arxiv_id)
        if arxiv_id_of(self.doi) is None:
            yield "publisher", partial(self._from_publisher, work)

    def _tried(self, name: str, step: Step) -> FoundText | None:
        try:
            return step()
        except RetryableError as error:
            self.is_temporary = True
            self.tried.append(f"{name}: {error}")
        except _REFUSED as error:
            self.tried.append(f"{name}: {error}")
        return None

    def _from_europe_pmc(self, work: Work) -> FoundText | None:
        pmcid = pmcid_for(self.ask(doi_request(self.services["europe_pmc"], self.doi), answer_of), self.doi)
        if pmcid is None:
            self.tried.append("Europe PMC: has no open text of it")
            return None
        text = text_request(self.services["europe_pmc"], pmcid)
        return FoundText(self.ask(text, check_article), self.doi, work.licence, text.uri)

    def _from_arxiv(self, arxiv_id: str) -> FoundText | None:
        request = licence_request(self.services["arxiv_oai"], arxiv_id)
        stated = read_licence(self.ask(request, read_licence))
        if not may_be_kept(stated.licence):
            self.tried.append(f"arXiv {arxiv_id}: its licence is closed ({stated.evidence})")
            return None
        source = source_request(self.services["arxiv"], arxiv_id)
        return FoundText(self.ask(source, check_source), f"arXiv:{arxiv_id}", stated.licence, source.uri)

    def _from_publisher(self, work: Work) -> FoundText | None:
        if not work.evidence:
            self.tried.append("publisher: not asked, because its licence is not known")
            return None
        if work.licence == NOASSERTION:
            self.tried.append(f"publisher: its licence is closed ({work.evidence})")
            return None
        if not work.links:
            self.tried.append(f"publisher: {work.licence}, but Crossref has no link to the text")
        for link in work.links:
            found = self._tried(f"publisher {link.host}", partial(self._from_link, link.address, work))
            if found is not None:
                return found
        return None

    def _from_link(self, address: str, work: Work) -> FoundText:
        return FoundText(self.ask(Request(address, media_type="text/html"), None), self.doi, work.licence, address)


def host_of(address: str) -> str:
    """Return the host of an address, with its port."""
    return urlsplit(address).netloc
