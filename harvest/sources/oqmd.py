"""OQMD: the REST service of the Open Quantum Materials Database in, material records out; by offset and limit.

The service prints site positions with three digits, so a structure from here is coarser than one from the SQL dump.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from pydantic import Field

from harvest.errors import ContractError, TransportError
from harvest.formats.file_card import KnownProperty
from harvest.rest import MISFIT, MappedField, RestCard, decoded, rejected, rest_plan, value_of, wanted_fields
from harvest.source import Page, Plan, Rejected, Request, load_card
from schemas.material import MaterialRecord, Species, Structure
from schemas.provenance import Pointer, json_step
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject

_ALWAYS = ("entry_id", "name", "unit_cell", "sites")


class OqmdCard(RestCard):
    """The card, with what the fields of an entry hold."""

    properties: tuple[MappedField, ...]
    labels: tuple[str, ...]


class OqmdQuery(Model):
    """What a recipe says."""

    filter: str = Field(default="", description="For example `element_set=(Al-Fe),O AND stability<0.1`.")
    composition: str | None = described("A formula or phase space, for example Al2O3 or Fe-O.", optional=True)
    icsd: bool | None = described("Only entries that are in the ICSD, or only those that are not.", optional=True)
    noduplicate: bool = Field(default=False, description="One entry of each structure only.")
    page_limit: int = Field(default=100, gt=0, le=1000)
    properties: tuple[KnownProperty, ...] = ()
    base_url: str | None = described("Address of a copy, up to but without /formationenergy.", optional=True)


class OqmdSource:
    """Walks the formation energies of OQMD."""

    card: OqmdCard = load_card("oqmd", OqmdCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = OqmdQuery.model_validate(options)
        return rest_plan(self.card, query, key=key, folder=folder, base_url=query.base_url)

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Follow `links.next`; of a link only its query counts, so no page is asked of another address."""
        options: str | None = urlencode(self._options(_query(plan)))
        walked: set[str] = set()
        while options is not None:
            url = f"{plan.about.origin}/formationenergy?{options}"
            if options in walked:
                message = f"{url}: `links.next` leads back to a page that was walked already"
                raise ContractError(message)
            walked.add(options)
            raw = door.get(Request(url), check=_page)
            body = _page(raw.payload)
            version = f"api {body['meta'].get('api_version', '?')}"
            yield Page(raw, promised=body["meta"]["data_available"], version=version)
            options = urlsplit(body["links"]["next"]).query if body["links"].get("next") else None

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the entries of a page; one that does not fit is rejected, its neighbours pass."""
        fields = wanted_fields(self.card.properties, _query(plan).properties)
        for number, entry in enumerate(_page(raw.payload)["data"]):
            pointer = Pointer.of(json=json_step("data", number))
            try:
                yield self._record(entry, pointer, fields)
            except MISFIT as error:
                yield rejected(error, pointer, entry, field="entry_id")

    def _options(self, query: OqmdQuery) -> dict[str, str]:
        values = wanted_fields(self.card.properties, query.properties)
        fields = [*_ALWAYS, *self.card.labels, *(mapped.field for mapped in values)]
        given = {
            "filter": query.filter or None,
            "composition": query.composition,
            "icsd": None if query.icsd is None else str(query.icsd),
            "noduplicate": "True" if query.noduplicate else None,
        }
        options = {"fields": ",".join(fields), "limit": str(query.page_limit), "offset": "0", "format": "json"}
        return options | {name: value for name, value in given.items() if value is not None}

    def _record(self, entry: dict[str, Any], pointer: Pointer, fields: tuple[MappedField, ...]) -> MaterialRecord:
        values = (value_of(entry[m.field], m, pointer.with_steps(json=json_step(m.field))) for m in fields)
        return MaterialRecord(
            source_id=str(entry["entry_id"]),
            formula=entry["name"],
            structure=_structure(entry["unit_cell"], entry["sites"]),
            labels={name: str(entry[name]) for name in self.card.labels if entry.get(name) is not None},
            properties=tuple(value for value in values if value is not None),
            pointer=pointer,
        )


def _query(plan: Plan) -> OqmdQuery:
    return OqmdQuery.model_validate(plan.query)


def _page(payload: bytes) -> dict[str, Any]:
    """Return a page: `data`, `meta.data_available` and `links.next`.

    Raises:
        TransportError: the payload is cut, no page of OQMD, or an empty page that names a next one.
    """
    body = decoded(payload)
    try:
        entries, counted, following = body["data"], body["meta"]["data_available"], body["links"].get("next")
    except MISFIT as error:
        message = f"the answer is no page of OQMD ({type(error).__name__}: {error}): {payload[:80]!r}"
        raise TransportError(message) from error
    if not isinstance(entries, list) or not isinstance(counted, int):
        message = f"a page of OQMD has a list of data and its count, got {payload[:80]!r}"
        raise TransportError(message)
    if not entries and following:
        message = "the page is empty, but names a next one"
        raise TransportError(message)
    return {"data": entries, "meta": body["meta"], "links": body["links"]}


def _structure(cell: Any, sites: Any) -> Structure | None:  # noqa: ANN401 — JSON
    """Read `unit_cell`, rows in angstrom, and `sites`, each "El @ x y z"; none where the entry has neither."""
    if cell is None and sites is None:
        return None
    written = [str(site).partition(" @ ") for site in sites]
    symbols = list(dict.fromkeys(symbol for symbol, _, _ in written))
    return Structure(
        lattice_vectors=cell,
        fractional_positions=tuple(_position(place) for _, _, place in written),
        site_species=tuple(symbols.index(symbol) for symbol, _, _ in written),
        species=tuple(Species(name=symbol, chemical_symbols=(symbol,), concentration=(1.0,)) for symbol in symbols),
    )


def _position(place: str) -> tuple[float, float, float]:
    x, y, z = map(float, place.split())
    return x, y, z
