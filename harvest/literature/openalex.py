"""OpenAlex: what its interface answers in, the works of it out.

OpenAlex names licences without their version ("cc-by"), and not as the article does: they are no statement here. The
text itself has to state one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from harvest.errors import ContractError, TransportError
from harvest.literature.identifiers import doi_of, pmcid_of

FIELDS = "id,doi,title,ids,is_retracted,best_oa_location,type"


@dataclass(frozen=True, slots=True)
class OpenWork:
    """A work of OpenAlex.

    Attributes:
        id: its DOI, else its id in OpenAlex.
        pmcid: of its text in PubMed Central, where there is one.
        link: of its text elsewhere.
        hint: what OpenAlex says of its licence, in words.
    """

    id: str
    doi: str | None
    pmcid: str | None
    link: str
    hint: str
    is_retracted: bool


def works_address(origin: str, asked: dict[str, str | int]) -> str:
    """Return the address of a page of works."""
    return f"{origin}/works?{urlencode({**asked, 'select': FIELDS})}"


def page_of(payload: bytes) -> dict[str, Any]:
    """Return a page of works.

    Raises:
        TransportError: it is no JSON, most often because it was cut.
        ContractError: it is JSON of another form, or says that the question is wrong.
    """
    try:
        page = json.loads(payload)
    except (ValueError, RecursionError) as error:
        message = f"the answer of OpenAlex is no JSON: {error}"
        raise TransportError(message) from error
    about = page.get("meta") if isinstance(page, dict) else None
    is_page = isinstance(about, dict) and isinstance(about.get("count"), int) and isinstance(page.get("results"), list)
    if not is_page:
        message = f"OpenAlex answers without `meta.count` and `results`: {payload[:200]!r}"
        raise ContractError(message)
    return dict(page)


def read_work(item: Any) -> OpenWork:  # noqa: ANN401 — JSON
    """Return a work.

    Raises:
        ValueError: it has no id, or a part of it is of another form; says which.
    """
    try:
        doi, name = doi_of(item.get("doi")), str(item["id"]).rpartition("/")[2]
        place = item.get("best_oa_location") or {}
        return OpenWork(
            id=doi or name,
            doi=doi,
            pmcid=pmcid_of((item.get("ids") or {}).get("pmcid")),
            link=str(place.get("landing_page_url") or ""),
            hint=f"OpenAlex: {place.get('license') or 'no licence is named'}",
            is_retracted=item.get("is_retracted") is True,
        )
    except (KeyError, TypeError, AttributeError) as error:
        message = f"a work of another form ({type(error).__name__}: {error}): {str(item)[:120]}"
        raise ValueError(message) from error
