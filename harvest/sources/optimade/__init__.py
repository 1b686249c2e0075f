"""OPTIMADE: any provider of the OPTIMADE v1 API in, material records out; page by page along `links.next`.

What is known of a provider stands in `providers/PREFIX.toml`: addresses, licence, fields, quirks. This code knows none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harvest.errors import ContractError
from harvest.rest import MISFIT
from harvest.source import About, Page, Plan, Rejected, Request, load_card, why
from harvest.sources.optimade.answers import envelope, licences_of, page, version_of
from harvest.sources.optimade.columns import columns_of
from harvest.sources.optimade.definitions import definitions, proven
from harvest.sources.optimade.entries import mapped_fields, record_of
from harvest.sources.optimade.index import address_of, links
from harvest.sources.optimade.paging import first_page, id_pages, pages
from harvest.sources.optimade.providers import LOOPBACK, FieldMapping, OptimadeCard, Quirk, is_known
from harvest.sources.optimade.query import OptimadeQuery, Place, place_of
from harvest.sources.optimade.served_fields import served
from schemas.licence import LICENCES
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.records.columns import Part
    from harvest.source import Door, RawObject, Since
    from schemas.material import MaterialRecord

__all__ = ["FieldMapping", "OptimadeQuery", "OptimadeSource"]

_NO_TIMES = frozenset({Quirk.NO_CHANGES, Quirk.ZONELESS_TIMES})
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_LOOPBACK_PER_SECOND = 1000.0  # a copy on this machine needs no sparing


class OptimadeSource:
    """Walks the structures of a database."""

    card: OptimadeCard = load_card("optimade", OptimadeCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options against the cards."""
        query = OptimadeQuery.model_validate(options)
        place = place_of(query, self.card.providers)
        origin = place.base_url or f"{place.provider.index} ({place.database})"
        addresses = [urlsplit(address) for address in (place.base_url or place.provider.index,) if address]
        is_near = all(address.hostname in LOOPBACK for address in addresses)
        return Plan(
            key=key,
            source=self.card.name,
            query=query,
            about=About(
                title=query.title or place.title,
                licence=place.licence,
                attribution=query.attribution or place.provider.attribution,
                origin=origin,
            ),
            folder=folder,
            hosts=frozenset(
                {address.netloc for address in addresses} | (set() if place.base_url else set(place.provider.hosts))
            ),
            requests_per_second=_LOOPBACK_PER_SECOND if is_near else place.provider.requests_per_second,
            key_card=place.provider.key,
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Read /info and /info/structures, follow the pages of /structures, and read /info again.

        Raises:
            ContractError: fields are not what their mapping says, the licence is another, or pages lead back.
        """
        query, _ = self._asked(plan)
        yield from self._walk(plan, door, query.filter, with_ids=query.prove_ids)

    def fetch_changes(self, plan: Plan, door: Door, since: Since) -> Iterator[Page]:
        """Walk what was modified at or after a time, then the ids of all; see `harvest.source.IncrementalSource`.

        Where the times of a provider say nothing, all that it has is walked again: that is what may have changed.

        Raises:
            ContractError: see `fetch`; or the provider cannot filter by time.
        """
        query, place = self._asked(plan)
        if place.quirks & _NO_TIMES or _TIME.fullmatch(since.last_modified) is None:
            yield from self._walk(plan, door, query.filter, with_ids=True)
            return
        changed = f'last_modified>="{since.last_modified}"'
        condition = f"({query.filter}) AND {changed}" if query.filter else changed
        try:
            yield from self._walk(plan, door, condition, with_ids=True)
        except ContractError as error:
            message = f'{error}; where the provider cannot be asked for what changed, say `quirks = ["no_changes"]`'
            raise ContractError(message) from error

    def _walk(self, plan: Plan, door: Door, condition: str, *, with_ids: bool) -> Iterator[Page]:
        query, place = self._asked(plan)
        base_url = place.base_url
        if base_url is None:
            listed = door.get(Request(f"{place.provider.index}/v1/links"), check=links)
            yield Page(listed, has_records=False)
            base_url = address_of(str(place.database), links(listed.payload), plan.hosts)
        root = f"{base_url}/v1"
        info = door.get(Request(f"{root}/info", tag="before"), check=envelope)
        _refuse_other_licence(place, envelope(info.payload))
        described = [door.get(Request(f"{root}/info/structures"), check=definitions)] if place.fields else []
        said = "".join(
            f", fields {proven(definitions(raw.payload), place.fields, place.quirks, where=raw.uri)}"
            for raw in described
        )
        yield _info(info, said)
        for raw in described:
            yield Page(raw, has_records=False)
        yield from served(pages(door, first_page(root, condition, place), place.quirks), place.fields, place.quirks)
        if with_ids:
            yield from id_pages(door, first_page(root, query.filter, place, only_ids=True), place.quirks)
        yield _info(door.get(Request(f"{root}/info", tag="after"), check=envelope), said)

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the entries of a page; one that does not fit is rejected, its neighbours pass."""
        _, place = self._asked(plan)
        entries = page(raw.payload, place.quirks).exact_entries
        mapped = mapped_fields(raw.payload, entries, place.fields, place.quirks)
        for number, (entry, given) in enumerate(zip(entries, mapped, strict=True)):
            pointer = Pointer.of(json=json_step("data", number))
            try:
                yield record_of(entry, pointer, given, place.fields, place.quirks)
            except MISFIT as error:
                said = f"missing field {error}" if isinstance(error, KeyError) else why(error)
                identity = entry.get("id") if isinstance(entry, dict) else None
                yield Rejected(pointer, (f"does_not_fit: {said}",), entry, None if identity is None else str(identity))

    def parse_columns(self, plan: Plan, raw: RawObject) -> Iterator[Part]:
        """Read the entries of a page at once, if all of them are plain, and else one by one."""
        _, place = self._asked(plan)
        try:
            yield columns_of(page(raw.payload, place.quirks), place.fields, place.quirks)
        except (*MISFIT, ArithmeticError):
            yield from self.parse(plan, raw)

    def _asked(self, plan: Plan) -> tuple[OptimadeQuery, Place]:
        query = OptimadeQuery.model_validate(plan.query)
        return query, place_of(query, self.card.providers)


def _info(raw: RawObject, said: str) -> Page:
    return Page(raw, version=version_of(envelope(raw.payload)) + said, has_records=False)


def _refuse_other_licence(place: Place, info: dict[str, Any]) -> None:
    """Hold the licence under which rows will be released to what the provider says now."""
    stated = {licence for licence in licences_of(info) if licence in LICENCES}
    if stated and is_known(place.licence) and not stated & {place.licence, *place.provider.stated_licences}:
        message = (
            f"{place.title}: its /info states {', '.join(sorted(stated))}, the card or the recipe {place.licence}; "
            "find out which is right, and correct it there"
        )
        raise ContractError(message)
