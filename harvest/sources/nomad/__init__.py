"""NOMAD: a query to its archive in, material records out; page by page along `next_page_after_value`.

An entry whose archive the service cannot read is counted in its total but left out of its answer, without a word: such
a harvest is incomplete, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harvest.errors import ContractError, TransportError
from harvest.rest import MISFIT, decoded, rejected, rest_plan, wanted_fields
from harvest.source import Page, Plan, Rejected, Request, load_card
from harvest.sources.nomad.entries import record_of, required
from harvest.sources.nomad.query import NomadCard, NomadQuery
from schemas.disk import canonical_json
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord

__all__ = ["NomadQuery", "NomadSource"]

_NEXT = "next_page_after_value"


class NomadSource:
    """Walks the public entries of a NOMAD."""

    card: NomadCard = load_card("nomad", NomadCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = NomadQuery.model_validate(options)
        return rest_plan(self.card, query, key=key, folder=folder, base_url=query.base_url)

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Post the query again and again, each time after the last entry; ask for the version before and after."""
        query = NomadQuery.model_validate(plan.query)
        yield _info(door, plan.about.origin, "before")
        asked: dict[str, Any] = {"owner": "public", "query": query.query, "required": required(self.card)}
        after: str | None = ""
        walked: set[str] = set()
        while after is not None:
            if after in walked:
                message = f"{plan.about.origin}: `{_NEXT}` {after!r} leads back to a page that was walked already"
                raise ContractError(message)
            walked.add(after)
            pagination = {"page_size": query.page_size, "order_by": "entry_id", "order": "asc"}
            following = {"page_after_value": after} if after else {}
            body = canonical_json({**asked, "pagination": {**pagination, **following}})
            raw = door.get(Request(f"{plan.about.origin}/entries/archive/query", "POST", body), check=_page)
            said = _page(raw.payload)["pagination"]
            yield Page(raw, promised=said["total"])
            after = said.get(_NEXT)
        yield _info(door, plan.about.origin, "after")

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the entries of a page; one that does not fit is rejected, its neighbours pass."""
        fields = wanted_fields(self.card.properties, NomadQuery.model_validate(plan.query).properties)
        for number, entry in enumerate(_page(raw.payload)["data"]):
            pointer = Pointer.of(json=json_step("data", number))
            try:
                yield record_of(entry, pointer, fields, self.card)
            except MISFIT as error:
                yield rejected(error, pointer, entry, field="entry_id")


def _info(door: Door, origin: str, when: str) -> Page:
    info = door.get(Request(f"{origin}/info", tag=when), check=_version)
    return Page(info, version=_version(info.payload), has_records=False)


def _version(payload: bytes) -> str:
    body = decoded(payload)
    if not isinstance(body, dict) or not isinstance(body.get("version"), str):
        message = f"the answer names no version of NOMAD: {payload[:80]!r}"
        raise TransportError(message)
    return f"nomad {body['version']}"


def _page(payload: bytes) -> dict[str, Any]:
    """Return a page: `data` and `pagination`.

    Raises:
        TransportError: the payload is cut, no page of NOMAD, or an empty page that names a next one.
    """
    body = decoded(payload)
    try:
        entries, total, following = body["data"], body["pagination"]["total"], body["pagination"].get(_NEXT)
    except MISFIT as error:
        message = f"the answer is no page of NOMAD ({type(error).__name__}: {error}): {payload[:80]!r}"
        raise TransportError(message) from error
    if not isinstance(entries, list) or not isinstance(total, int):
        message = f"a page of NOMAD has a list of data and a total, got {payload[:80]!r}"
        raise TransportError(message)
    if not entries and following is not None:
        message = "the page is empty, but names a next one"
        raise TransportError(message)
    return {"data": entries, "pagination": body["pagination"]}
