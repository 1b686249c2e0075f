"""Materials Project API: a query in, its pages between two looks at the version of the database out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from harvest.errors import DriftError, TransportError
from harvest.rest import decoded
from harvest.source import Page, Request
from harvest.sources.materials_project.documents import DESCRIBING, names_of
from harvest.sources.materials_project.identifiers import canonical_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harvest.source import Door
    from harvest.sources.materials_project.card import Family, FieldMapping
    from harvest.sources.materials_project.query import MaterialsProjectQuery

_SHOWN = 80


def fetch_pages(
    query: MaterialsProjectQuery, family: Family, fields: Mapping[str, FieldMapping], door: Door
) -> Iterator[Page]:
    """Walk the pages of a query.

    Raises:
        DriftError: the API serves another version than the query pins.
    """
    yield _heartbeat(door, query, "before")
    skip, total = 0, None
    while total is None or skip < total:
        raw = door.get(Request(_address(query, family, fields, skip)), check=page)
        documents, promised = page(raw.payload)
        yield Page(raw, promised=promised)
        total = promised if total is None else total
        if not documents:
            break
        skip += len(documents)
    yield _heartbeat(door, query, "after")


def page(payload: bytes) -> tuple[list[Any], int]:
    """Return the documents of a page, and how many the whole query has.

    Raises:
        TransportError: the payload is cut, or no page of documents.
    """
    body = _object(payload)
    documents, meta = body.get("data"), body.get("meta")
    total = meta.get("total_doc") if isinstance(meta, dict) else None
    if not isinstance(documents, list) or not isinstance(total, int):
        message = f"the answer is no page of documents, it has no `data` or no `meta.total_doc`: {payload[:_SHOWN]!r}"
        raise TransportError(message)
    return documents, total


def _address(query: MaterialsProjectQuery, family: Family, fields: Mapping[str, FieldMapping], skip: int) -> str:
    wanted = [*DESCRIBING, *family.labels, *([family.kind] if family.kind else []), *names_of(fields)]
    parameters = {
        **query.query.parameters(),
        **({"deprecated": "false"} if family.has_deprecation else {}),
        "_fields": ",".join(dict.fromkeys(wanted)),
        **({"_sort_fields": "material_id"} if family.is_sorted else {}),
        "_limit": str(query.page_size),
        "_skip": str(skip),
    }
    return f"{query.endpoint}{family.path}?{urlencode(parameters)}"


def _heartbeat(door: Door, query: MaterialsProjectQuery, when: str) -> Page:
    """Ask for the version of the database that the API serves now.

    A version that was not asked for is refused before it is archived, so that a later run asks again. The one after the
    walk is archived in any case: it is the walk that refuses two versions, and begins anew.
    """

    def check(payload: bytes) -> None:
        served = _version(payload)
        if when == "before" and query.db_version not in (None, served):
            message = (
                f"the recipe pins version {query.db_version} of the Materials Project, its API serves {served}; "
                "filter that version with `bulk = true`, or correct `db_version`"
            )
            raise DriftError(message)

    raw = door.get(Request(f"{query.endpoint}heartbeat", tag=when), check=check)
    return Page(raw, version=_version(raw.payload), has_records=False)


def _version(payload: bytes) -> str:
    version = _object(payload).get("db_version")
    if not isinstance(version, str) or not version:
        message = f"the heartbeat names no `db_version`: {payload[:_SHOWN]!r}"
        raise TransportError(message)
    return canonical_version(version)


def _object(payload: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        TransportError: the payload is cut, or something else (an error page with status 200, say).
    """
    body = decoded(payload)
    if not isinstance(body, dict):
        message = f"the answer is no object of JSON: {payload[:_SHOWN]!r}"
        raise TransportError(message)
    return body
