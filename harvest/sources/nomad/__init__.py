"""NOMAD: a query to its archive in, material records out; page by page along `next_page_after_value`.

An entry whose archive the service cannot read is counted in its total but left out of its answer, without a word: such
a harvest is incomplete, and says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harvest.rest import MISFIT, rejected, rest_plan, wanted_fields
from harvest.source import Page, Plan, Rejected, Request, load_card
from harvest.sources.nomad.answers import page, version
from harvest.sources.nomad.changes import Listing, OthersCameError, changed, fetch_entries, list_entries, missing
from harvest.sources.nomad.entries import record_of, required
from harvest.sources.nomad.paging import ARCHIVES, raw_pages
from harvest.sources.nomad.query import NomadCard, NomadQuery
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject, Since
    from schemas.material import MaterialRecord

__all__ = ["NomadQuery", "NomadSource"]


class NomadSource:
    """Walks the public entries of a NOMAD."""

    card: NomadCard = load_card("nomad", NomadCard)
    compares_stamps = True

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = NomadQuery.model_validate(options)
        return rest_plan(self.card, query, key=key, folder=folder, base_url=query.base_url)

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Walk all entries; ask for the version before and after.

        Raises:
            ContractError: pages lead back, or do not end.
        """
        yield _info(door, plan.about.origin, "before")
        yield from self._walk(plan, door)
        yield _info(door, plan.about.origin, "after")

    def fetch_changes(self, plan: Plan, door: Door, since: Since) -> Iterator[Page]:
        """List all entries, then fetch those that are not held as they are; see `harvest.sources.nomad.changes`.

        All are walked where all differ, where the times are not to be compared, and where the service gives others
        than it is asked for.

        Raises:
            ContractError: see `fetch`.
        """
        query, origin = NomadQuery.model_validate(plan.query), plan.about.origin
        yield _info(door, origin, "before")
        found = Listing()
        yield from list_entries(door, origin, query.query, found)
        left = changed(found.times, since.stamps if query.compare_times else {})
        is_by_ids = len(left) < len(found.times)
        if is_by_ids:
            try:
                yield from fetch_entries(door, origin, self._asked(query), left, page_size=query.page_size)
            except OthersCameError:
                is_by_ids = False
        if not is_by_ids:
            yield from self._walk(plan, door)
            left.clear()
        yield replace(_info(door, origin, "after"), missing=missing(left))

    def _walk(self, plan: Plan, door: Door) -> Iterator[Page]:
        query = NomadQuery.model_validate(plan.query)
        for raw, said in raw_pages(door, plan.about.origin, ARCHIVES, self._asked(query), page_size=query.page_size):
            yield Page(raw, promised=said.total)

    def _asked(self, query: NomadQuery) -> dict[str, Any]:
        return {"owner": "public", "query": query.query, "required": required(self.card)}

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the entries of a page; one that does not fit is rejected, its neighbours pass."""
        fields = wanted_fields(self.card.properties, NomadQuery.model_validate(plan.query).properties)
        for number, entry in enumerate(page(raw.payload).entries):
            pointer = Pointer.of(json=json_step("data", number))
            try:
                yield record_of(entry, pointer, fields, self.card)
            except MISFIT as error:
                yield rejected(error, pointer, entry, field="entry_id")


def _info(door: Door, origin: str, when: str) -> Page:
    info = door.get(Request(f"{origin}/info", tag=when), check=version)
    return Page(info, version=version(info.payload), has_records=False)
