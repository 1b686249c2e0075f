"""OpenAlex: what its interface answers in, the works of it out.

OpenAlex names licences without their version ("cc-by"), and not as the article does: they are no statement here. The
text itself has to state one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from harvest.errors import ContractError
from harvest.literature.answers import Listed, SearchPage, answer_in_json, listed
from harvest.literature.articles import About
from harvest.literature.identifiers import doi_of, pmcid_of
from harvest.source import Request

if TYPE_CHECKING:
    from schemas.provenance import Pointer

_FIELDS = "id,doi,title,ids,is_retracted,best_oa_location,type"


def works_request(origin: str, asked: dict[str, str | int]) -> Request:
    """Return the request for a page of works."""
    return Request(f"{origin}/works?{urlencode({**asked, 'select': _FIELDS})}")


def read_page(payload: bytes) -> SearchPage:
    """Return a page of works.

    Raises:
        TransportError: it is no JSON, most often because it was cut.
        ContractError: it is JSON of another form, or says that the question is wrong.
    """
    page = answer_in_json(payload, "the answer of OpenAlex")
    meta, works = (page.get("meta"), page.get("results")) if isinstance(page, dict) else (None, None)
    if not (isinstance(meta, dict) and isinstance(meta.get("count"), int) and isinstance(works, list)):
        message = f"OpenAlex answers without `meta.count` and `results`: {payload[:200]!r}"
        raise ContractError(message)
    articles = listed(works, read_work, under=("results",))
    return SearchPage(articles, promised=meta["count"], next_mark=str(meta.get("next_cursor") or ""))


def read_work(item: Any, place: Pointer) -> Listed:  # noqa: ANN401 — JSON
    """Return a work; its id is its DOI, else its id in OpenAlex.

    Raises:
        ValueError: it has no id, or a part of it is of another form; says which.
    """
    try:
        doi, name = doi_of(item.get("doi")), str(item["id"]).rpartition("/")[2]
        pmcid = pmcid_of((item.get("ids") or {}).get("pmcid"))
        licence = (item.get("best_oa_location") or {}).get("license")
        is_retracted = item.get("is_retracted") is True
    except (KeyError, TypeError, AttributeError) as error:
        message = f"a work of another form ({type(error).__name__}: {error}): {str(item)[:120]}"
        raise ValueError(message) from error
    hint = f"OpenAlex: {licence or 'no licence is named'}"
    refused = "retracted: OpenAlex says so" if is_retracted else ""
    if doi is None and pmcid is None:
        refused = refused or f"no open text: it has neither a DOI nor a PMC id; {hint}"
    return Listed(place, About(doi or name, evidence=hint), refused, pmcid)
