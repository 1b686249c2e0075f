"""COD: a search in the Crystallography Open Database in, material records out; one page a CIF, each at its revision.

The search answers with the list of entries and their revisions; a CIF at a revision never changes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from harvest.errors import ContractError, TransportError
from harvest.rest import MISFIT, decoded, rejected, rest_plan, wanted_fields
from harvest.source import Page, Plan, Rejected, Request, load_card
from harvest.sources.cod.crystal import record_of
from harvest.sources.cod.query import CodCard, CodQuery
from schemas.disk import digest
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject
    from schemas.material import MaterialRecord

__all__ = ["CodQuery", "CodSource"]

_PLACE = re.compile(r"/(?P<entry>\d{7})\.cif@(?P<revision>\d+)$")
_BLOCK = re.compile(rb"^data_", re.MULTILINE | re.IGNORECASE)


class CodSource:
    """Fetches the CIFs of a search or of a list of ids."""

    card: CodCard = load_card("cod", CodCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = CodQuery.model_validate(options)
        plan = rest_plan(self.card, query, key=key, folder=folder, base_url=query.base_url)
        is_pinned = bool(query.entries) and all("@" in entry for entry in query.entries)
        return replace(plan, declared=f"revisions {digest(sorted(query.entries))}") if is_pinned else plan

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Ask for the list, then for each CIF at the revision that the list names."""
        query, origin = CodQuery.model_validate(plan.query), plan.about.origin
        pinned = [entry for entry in query.entries if "@" in entry]
        unpinned = [entry for entry in query.entries if "@" not in entry]
        promised = len(set(query.entries))
        if query.search or unpinned:
            asked = query.search or {"id": ",".join(unpinned)}
            raw = door.get(Request(f"{origin}/result?{urlencode({**asked, 'format': 'json'})}"), check=_listed)
            listed = _listed(raw.payload)
            promised = promised or len(listed)
            newest = max((int(entry.partition("@")[2]) for entry in listed), default=0)
            yield Page(raw, promised=promised, version=f"svn revision {newest}", has_records=False)
            pinned += listed
        for entry in dict.fromkeys(pinned):
            name, _, revision = entry.partition("@")
            request = Request(f"{origin}/{name}.cif@{revision}", media_type="chemical/x-cif")
            yield Page(door.get(request, check=_is_cif), promised=promised)

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the crystal of a CIF; one that cannot be read is rejected."""
        fields = wanted_fields(self.card.properties, CodQuery.model_validate(plan.query).properties)
        place = _PLACE.search(raw.uri)
        entry = {"entry": place["entry"], "revision": place["revision"]} if place else {"entry": raw.uri}
        try:
            yield record_of(raw.payload, entry, fields, self.card)
        except MISFIT as error:
            yield rejected(error, Pointer.of(), entry, field="entry")


def _listed(payload: bytes) -> list[str]:
    """Return the entries of a search, each with its revision.

    Raises:
        TransportError: the payload is cut, or no list.
        ContractError: the list names no id or revision for an entry.
    """
    rows = decoded(payload)
    if not isinstance(rows, list):
        message = f"a search answers with a list of entries, got {payload[:80]!r}"
        raise TransportError(message)
    try:
        return [f"{int(row['file']):07d}@{int(row['svnrevision'])}" for row in rows]
    except MISFIT as error:
        message = f"an entry of the search has no `file` or `svnrevision` ({type(error).__name__}: {error})"
        raise ContractError(message) from error


def _is_cif(payload: bytes) -> None:
    if not _BLOCK.search(payload):
        message = f"the answer is no CIF: {payload[:80]!r}"
        raise TransportError(message)
