"""Crossref: what its interface answers in, the works of it out, each with licence, links and notices.

Follows the format of `api.crossref.org`: `license` with start and version, `link` with its intended application,
`update-to` of a notice and `updated-by` of what it is about, `relation` to a preprint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from harvest.errors import ContractError
from harvest.literature.answers import answer_in_json
from harvest.literature.identifiers import arxiv_id_of, doi_of
from harvest.literature.licences import licence_in_force
from harvest.source import Request
from schemas.licence import NOASSERTION

FIELDS = "DOI,title,type,license,link,relation,update-to,updated-by,indexed"
_ENDING = frozenset({"retraction", "withdrawal", "removal", "partial_retraction"})
_TITLES = ("RETRACTED", "WITHDRAWN", "RETRACTION", "WITHDRAWAL")
_READABLE = ("application/xml", "text/xml", "text/html", "application/pdf", "text/plain")
_MINING = frozenset({"text-mining", "syndication"})


@dataclass(frozen=True, slots=True)
class Link:
    """Where a publisher has the text of a work."""

    address: str
    media_type: str

    @property
    def host(self) -> str:
        """The host that has it."""
        return urlsplit(self.address).netloc


@dataclass(frozen=True, slots=True)
class Work:
    """An article as it is registered.

    Attributes:
        licence: an SPDX id that is in force, or NOASSERTION.
        evidence: what the licence rests on, in words.
        links: where the publisher has the text for text mining, most structured first.
        retracted: why the work does not stand any longer, in words; empty where it stands.
        notices: corrections and concerns, in words.
        arxiv_id: of its preprint.
    """

    doi: str
    title: str = ""
    licence: str = NOASSERTION
    evidence: str = ""
    links: tuple[Link, ...] = ()
    retracted: str = ""
    notices: tuple[str, ...] = ()
    arxiv_id: str | None = None


def works_request(origin: str, asked: dict[str, str | int]) -> Request:
    """Return the request for a page of works."""
    return Request(f"{origin}/works?{urlencode(asked)}")


def work_request(origin: str, doi: str, mailto: str | None) -> Request:
    """Return the request for one work."""
    polite = f"?{urlencode({'mailto': mailto})}" if mailto else ""
    return Request(f"{origin}/works/{quote(doi, safe='')}{polite}")


def message_of(payload: bytes) -> dict[str, Any]:
    """Return the message of an answer.

    Raises:
        TransportError: it is no JSON, most often because it was cut.
        ContractError: it is JSON of another form, or says that the question is wrong.
    """
    answer = answer_in_json(payload, "the answer of Crossref")
    found = answer.get("message") if isinstance(answer, dict) and answer.get("status") == "ok" else None
    if not isinstance(found, dict):
        message = f"Crossref answers without status ok and a message: {payload[:200]!r}"
        raise ContractError(message)
    return found


def page_of(payload: bytes) -> dict[str, Any]:
    """Return the message of a page of works.

    Raises:
        TransportError: see `message_of`.
        ContractError: see `message_of`; or the page has no list of items or no count.
    """
    message = message_of(payload)
    if not isinstance(message.get("items"), list) or not isinstance(message.get("total-results"), int):
        said = "a page of Crossref has no `items` or no `total-results`; its interface has changed"
        raise ContractError(said)
    return message


def read_work(item: Any) -> Work:  # noqa: ANN401 — JSON
    """Return a work.

    Raises:
        ValueError: it has no DOI, or a part of it is of another form; says which.
    """
    doi = doi_of(item.get("DOI")) if isinstance(item, dict) else None
    if doi is None:
        message = f"a work without a DOI: {str(item)[:120]}"
        raise ValueError(message)
    try:
        return _work(doi, item)
    except (KeyError, TypeError, AttributeError) as error:
        message = f"{doi}: a part of the work is of another form ({type(error).__name__}: {error})"
        raise ValueError(message) from error


def _work(doi: str, item: dict[str, Any]) -> Work:
    stated = licence_in_force(item.get("license") or [], known_on=item["indexed"]["date-time"])
    title = " ".join(str((item.get("title") or [""])[0]).split())
    updates = [(str(each["type"]), str(each["DOI"])) for each in item.get("updated-by") or []]
    return Work(
        doi=doi,
        title=title,
        licence=stated.licence,
        evidence=f"Crossref: {stated.evidence}",
        links=_links(item.get("link") or []),
        retracted=_retracted(title, updates, item.get("update-to") or []),
        notices=tuple(f"{kind}: {notice}" for kind, notice in updates if kind not in _ENDING),
        arxiv_id=_preprint(item.get("relation") or {}),
    )


def _links(links: list[dict[str, Any]]) -> tuple[Link, ...]:
    """Return the links that are meant to be read by programs; those for checks of plagiarism are not."""
    usable = [
        Link(str(each["URL"]), str(each["content-type"]))
        for each in links
        if each.get("intended-application") in _MINING
        and each.get("content-version") != "am"
        and each.get("content-type") in _READABLE
    ]
    return tuple(sorted(dict.fromkeys(usable), key=lambda link: _READABLE.index(link.media_type)))


def _retracted(title: str, updates: list[tuple[str, str]], about: list[dict[str, Any]]) -> str:
    ending = [f"{kind}: {notice}" for kind, notice in updates if kind in _ENDING]
    if ending:
        return "; ".join(ending)
    notices = [f"it is the {each['type']} of {each['DOI']}" for each in about if each["type"] in _ENDING]
    if notices:
        return "; ".join(notices)
    return f"its title says so: {title[:80]}" if title.upper().startswith(_TITLES) else ""


def _preprint(relation: dict[str, Any]) -> str | None:
    for each in relation.get("has-preprint") or []:
        found = arxiv_id_of(each.get("id")) or arxiv_id_of(f"arxiv:{each.get('id')}")
        if found:
            return found
    return None
