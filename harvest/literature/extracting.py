"""Extracting: what a person names (files, folders, DOIs) in, the rows of each article out, one after the other.

Every row says what read it: the rules, or a language model by name.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harvest.errors import HarvestError, RetryableError
from harvest.literature.asking import Hosts
from harvest.literature.identifiers import arxiv_id_of, doi_of
from harvest.literature.licences import agreed, may_be_kept
from harvest.literature.lookup import ADVICE, SERVICES, LookUp, host_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harvest.http import Patience
    from harvest.literature.lookup import FoundText
    from harvest.papers.export import Row
    from harvest.papers.llm.articles import ModelReader

RULES = "rules"
_PACE = {"crossref": 2.0, "europe_pmc": 2.0, "arxiv": 0.33, "arxiv_oai": 0.33}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one article yields.

    Attributes:
        name: the file or the DOI.
        reason: why it could not be read; empty where it could.
        is_temporary: whether it may be read later.
        remarks: what else is to be known: notices about the article, claims of a model that were dropped.
        payload: the text, where it came from elsewhere than a file.
        tables: how many tables were looked at.
    """

    name: str
    rows: tuple[Row, ...] = ()
    reason: str = ""
    is_temporary: bool = False
    remarks: tuple[str, ...] = ()
    payload: bytes = field(default=b"", repr=False)
    tables: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asks for.

    Attributes:
        files: articles on disk.
        dois: articles to be looked up.
        services: addresses of the services that are asked.
        mailto: e-mail address that services are shown.
    """

    files: tuple[Path, ...]
    dois: tuple[str, ...]
    services: dict[str, str]
    mailto: str | None = None

    def __len__(self) -> int:
        """Return how many articles there are."""
        return len(self.files) + len(self.dois)


def read_arguments(arguments: Sequence[str], *, at: Sequence[str] = (), mailto: str | None = None) -> Asked:
    """Return what arguments name: a DOI is what is written as one and is no file.

    Args:
        arguments: files, folders, DOIs.
        at: addresses of copies of services, each as NAME=ADDRESS.
        mailto: e-mail address that services are shown.

    Raises:
        FileNotFoundError: neither a file nor a DOI, or folders without an article.
        ValueError: an address of a service that is not known.
    """
    from harvest.papers.many import SUFFIXES, article_files  # noqa: PLC0415 — the extractor is slow to import

    dois = {each: doi for each in arguments if not Path(each).exists() and (doi := _doi(each)) is not None}
    unknown = [each for each in arguments if each not in dois and not Path(each).exists()]
    if unknown:
        message = f"{unknown[0]} is neither a file nor a folder nor a DOI"
        raise FileNotFoundError(message)
    files = article_files([Path(each) for each in arguments if each not in dois])
    if not files and not dois:
        read = ", ".join(sorted(SUFFIXES))
        message = f"no article is in {', '.join(arguments)}; in a folder, files are read that end in {read}"
        raise FileNotFoundError(message)
    return Asked(files, tuple(dict.fromkeys(dois.values())), SERVICES | _copies(at), mailto)


def _doi(argument: str) -> str | None:
    """Return the DOI that an argument means; an arXiv id means the one that arXiv registers."""
    preprint = arxiv_id_of(argument)
    return doi_of(argument) or (f"10.48550/arxiv.{preprint}" if preprint else None)


def _copies(at: Sequence[str]) -> dict[str, str]:
    copies = dict(each.partition("=")[::2] for each in at)
    if unknown := copies.keys() - SERVICES.keys():
        message = f"no service is called {', '.join(sorted(unknown))}; known are {', '.join(SERVICES)}"
        raise ValueError(message)
    return {name: address.rstrip("/") for name, address in copies.items()}


def planned_requests(asked: Asked) -> list[str]:
    """Return the requests that looking up would begin with; nothing is asked."""
    nobody = Hosts({})
    look_ups = [LookUp(doi, nobody.ask, asked.services, asked.mailto) for doi in asked.dois]
    return [request.key for look_up in look_ups for request in look_up.first_requests()]


def outcomes(
    asked: Asked,
    *,
    sentences: bool = False,
    workers: int | None = None,
    model: ModelReader | None = None,
    patience: Patience | None = None,
) -> Iterator[Outcome]:
    """Yield what each article yields: files first, then DOIs, in their order.

    Args:
        asked: the articles.
        sentences: whether prose is read too.
        workers: processes for files; by default one a core.
        model: reads the tables beside the rules, where there is one.
        patience: how long to try to reach a service.
    """
    from harvest.papers.many import extract_many  # noqa: PLC0415 — the extractor is slow to import

    for item in extract_many(asked.files, sentences=sentences, workers=workers):
        outcome = Outcome(str(item.path), marked(item.rows, RULES), item.reason, tables=item.tables)
        if model is not None and not item.reason:
            outcome = _with_model(outcome, model, item.path.read_bytes(), item.path.stem)
        yield outcome
    pace = {host_of(asked.services[name]): per_second for name, per_second in _PACE.items()}
    hosts = Hosts(pace, patience=patience)
    for doi in asked.dois:
        yield _looked_up(LookUp(doi, hosts.ask, asked.services, asked.mailto), sentences=sentences, model=model)


def marked(rows: Sequence[Row], extractor: str) -> tuple[Row, ...]:
    """Return rows that say what read them."""
    return tuple({**row, "extractor": extractor} for row in rows)


def _looked_up(look_up: LookUp, *, sentences: bool, model: ModelReader | None) -> Outcome:
    found = look_up.text()
    if found is None:
        return Outcome(look_up.doi, reason=look_up.refusal(), is_temporary=look_up.is_temporary)
    outcome = _read(look_up.doi, found, look_up.notices, sentences=sentences)
    return outcome if model is None or outcome.reason else _with_model(outcome, model, found.payload, found.document)


def _read(doi: str, found: FoundText, notices: tuple[str, ...], *, sentences: bool) -> Outcome:
    """Read a text that was found, if it does not say of itself that it is closed."""
    from harvest.papers.document import DocumentError  # noqa: PLC0415 — the extractor is slow to import
    from harvest.papers.export import flat_rows  # noqa: PLC0415 — see above
    from harvest.papers.pipeline import extract  # noqa: PLC0415 — see above

    try:
        extraction = extract(found.payload, document=found.document, sentences=sentences)
    except DocumentError as error:
        return Outcome(doi, reason=f"the text at {found.origin} cannot be read: {error}")
    licence = agreed(extraction.document.licence, found.licence)
    if not may_be_kept(licence):
        reason = f"the text at {found.origin} states no open licence of its own ({licence}); {ADVICE}"
        return Outcome(doi, reason=reason)
    rows = ({**row, "doi": row["doi"] or doi} for row in flat_rows(extraction))
    remarks = (f"read from {found.origin}, {licence}", *notices)
    tables = len(extraction.document.tables)
    return Outcome(doi, marked(tuple(rows), RULES), remarks=remarks, payload=found.payload, tables=tables)


def _with_model(outcome: Outcome, model: ModelReader, payload: bytes, document: str) -> Outcome:
    """Return an outcome with the rows that a language model read; where it cannot be asked, with the reason."""
    try:
        rows, dropped = model.rows(payload, document=document)
    except HarvestError as error:
        reason = f"read by rules, but the model could not be asked: {error}"
        return replace(outcome, reason=reason, is_temporary=isinstance(error, RetryableError))
    remarks = (*outcome.remarks, *(f"dropped, as {each.reason}: {each.claim}" for each in dropped))
    return replace(outcome, rows=(*outcome.rows, *marked(rows, model.extractor)), remarks=remarks)
