"""OPTIMADE: any provider of the OPTIMADE v1 API in, material records out; page by page along `links.next`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator

from harvest.errors import CardError, ContractError, TransportError
from harvest.formats.file_card import KnownProperty, unit_of
from harvest.formats.structures import from_optimade
from harvest.source import About, Page, Plan, Rejected, Request, SourceCard, load_card, why
from schemas.licence import LicenceId
from schemas.material import MaterialRecord
from schemas.measurement import Method, PropertyValue
from schemas.provenance import Pointer, json_step
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject

_STRUCTURE_FIELDS = (
    "chemical_formula_reduced,dimension_types,lattice_vectors,cartesian_site_positions,species,species_at_sites,"
    "last_modified"
)


class FieldMapping(Model):
    """A provider's field that holds values of a property."""

    property: KnownProperty
    unit: str
    method: Method
    functional: str | None = None

    @field_validator("unit")
    @classmethod
    def _unit_fits(cls, unit: str, known: ValidationInfo) -> str:
        return unit_of(unit, known.data.get("property"))


class Provider(Model):
    """A database that speaks OPTIMADE."""

    title: str
    base_url: str
    licence: str
    attribution: str = ""
    fields: dict[str, FieldMapping] = Field(default_factory=dict)


class OptimadeCard(SourceCard):
    """The card, with the providers that are known."""

    providers: dict[str, Provider]


class OptimadeQuery(Model):
    """What a recipe says."""

    provider: str | None = described("Prefix of a known provider.", optional=True)
    base_url: str | None = described("Address of any other, up to but without /v1.", optional=True)
    licence: LicenceId | None = described("Needed with base_url, where no card states it.", optional=True)
    title: str | None = described("What the release calls the source; from the card where absent.", optional=True)
    attribution: str | None = described("How it wants to be cited; from the card where absent.", optional=True)
    filter: str = Field("", description="In the filter language of OPTIMADE; all structures where empty.")
    page_limit: int = Field(default=100, gt=0, le=1000, description="Structures a page; servers may send fewer.")
    properties: tuple[KnownProperty, ...] = Field((), description="Of the mapped fields, those to read; all if empty.")
    fields: dict[str, FieldMapping] = Field(default_factory=dict, description="More provider fields to read.")

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if (self.provider is None) == (self.base_url is None):
            message = "give either `provider` or `base_url`"
            raise ValueError(message)
        if self.base_url is not None and self.licence is None:
            message = "a `base_url` without card needs a `licence`: a row without a licence cannot be released"
            raise ValueError(message)
        return self


class OptimadeSource:
    """Walks the structures of a provider."""

    card: OptimadeCard = load_card("optimade", OptimadeCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options against the card."""
        query = OptimadeQuery.model_validate(options)
        provider = self._provider(query)
        parts = urlsplit(provider.base_url)
        return Plan(
            key=key,
            source=self.card.name,
            query=query,
            about=About(
                title=query.title or provider.title,
                licence=provider.licence,
                attribution=query.attribution or provider.attribution,
                origin=provider.base_url,
            ),
            folder=folder,
            hosts=frozenset({parts.netloc}),
            requests_per_second=1000.0
            if parts.hostname in {"127.0.0.1", "localhost"}
            else self.card.requests_per_second,
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Follow the pages of /structures; read the version from /info before and after."""
        query = _query(plan)
        root = self._provider(query).base_url.rstrip("/") + "/v1"
        yield _info(door, root, "before")
        wanted = ",".join([_STRUCTURE_FIELDS, *sorted(self._fields(query))])
        options = {"page_limit": str(query.page_limit), "response_fields": wanted}
        if query.filter:
            options["filter"] = query.filter
        url: str | None = f"{root}/structures?{urlencode(options)}"
        walked: set[str] = set()
        while url is not None:
            if url in walked:
                message = f"{url}: the provider's `next` leads back to a page that was walked already"
                raise ContractError(message)
            walked.add(url)
            raw = door.get(Request(url), check=_page)
            body = _page(raw.payload)
            yield Page(raw, promised=body["meta"].get("data_returned"))
            url = _next(body, url)
        yield _info(door, root, "after")

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the entries of a page; one that does not fit is rejected, its neighbours pass."""
        fields = self._fields(_query(plan))
        for number, entry in enumerate(_page(raw.payload)["data"]):
            pointer = Pointer.of(json=json_step("data", number))
            try:
                yield _record(entry, pointer, fields)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                said = f"missing field {error}" if isinstance(error, KeyError) else why(error)
                identity = entry.get("id") if isinstance(entry, dict) else None
                yield Rejected(pointer, (f"does_not_fit: {said}",), entry, None if identity is None else str(identity))

    def _provider(self, query: OptimadeQuery) -> Provider:
        if query.base_url is not None:
            return Provider(title=query.base_url, base_url=query.base_url, licence=query.licence or "NOASSERTION")
        known = self.card.providers
        if query.provider not in known:
            message = (
                f"no OPTIMADE provider {query.provider!r} has a card; known are {', '.join(known)}; or give base_url"
            )
            raise CardError(message)
        return known[query.provider]

    def _fields(self, query: OptimadeQuery) -> dict[str, FieldMapping]:
        fields = {**self._provider(query).fields, **query.fields}
        wanted = set(query.properties)
        return {name: field for name, field in fields.items() if not wanted or field.property in wanted}


def _info(door: Door, root: str, when: str) -> Page:
    info = door.get(Request(f"{root}/info", tag=when), check=_envelope)
    return Page(info, version=_version(_envelope(info.payload)), has_records=False)


def _query(plan: Plan) -> OptimadeQuery:
    return OptimadeQuery.model_validate(plan.query)


def _envelope(payload: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        TransportError: the payload is cut, or no OPTIMADE answer (an error page with status 200, say).
    """
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError) as error:
        message = f"the answer is not JSON ({error}): {payload[:80]!r}"
        raise TransportError(message) from error
    if not isinstance(body, dict) or "data" not in body:
        message = f"the answer is no OPTIMADE answer: it has no `data`: {payload[:80]!r}"
        raise TransportError(message)
    meta, links = body.get("meta", {}), body.get("links") or {}
    if not isinstance(meta, dict) or not isinstance(links, dict):
        message = f"`meta` and `links` of an OPTIMADE answer are objects, got {payload[:200]!r}"
        raise ContractError(message)
    promised = meta.get("data_returned")
    if promised is not None and (not isinstance(promised, int) or isinstance(promised, bool)):
        message = f"`meta.data_returned` is a whole number, got {promised!r}"
        raise ContractError(message)
    return {**body, "meta": meta, "links": links}


def _page(payload: bytes) -> dict[str, Any]:
    body = _envelope(payload)
    if not isinstance(body["data"], list):
        message = f"`data` of a page of structures is a list, got {type(body['data']).__name__}"
        raise TransportError(message)
    if not body["data"] and _link(body) is not None:
        message = "the page is empty, but names a next one"
        raise TransportError(message)
    return body


def _version(info: dict[str, Any]) -> str:
    api = info.get("meta", {}).get("api_version") or info["data"].get("attributes", {}).get("api_version", "?")
    implementation = info.get("meta", {}).get("implementation") or {}
    return f"api {api}, {implementation.get('name', 'implementation')} {implementation.get('version', '?')}"


def _link(body: dict[str, Any]) -> str | None:
    link = body["links"].get("next")
    if isinstance(link, dict):
        link = link.get("href")
    if link is not None and not isinstance(link, str):
        message = f"`links.next` is an address or an object with `href`, got {link!r}"
        raise ContractError(message)
    return link or None


def _next(body: dict[str, Any], url: str) -> str | None:
    link = _link(body)
    return urljoin(url, link) if link else None


def _record(entry: Any, pointer: Pointer, fields: dict[str, FieldMapping]) -> MaterialRecord:  # noqa: ANN401 — JSON
    attributes = entry["attributes"]
    modified = attributes.get("last_modified")
    return MaterialRecord(
        source_id=str(entry["id"]),
        formula=attributes.get("chemical_formula_reduced"),
        structure=from_optimade(attributes),
        last_modified=str(modified) if modified else None,
        properties=tuple(
            PropertyValue(
                property=field.property,
                value=float(attributes[name]),
                unit=field.unit,
                text=json.dumps(attributes[name]),
                method=field.method,
                functional=field.functional,
                pointer=pointer.with_steps(json=json_step("attributes", name)),
            )
            for name, field in fields.items()
            if attributes.get(name) is not None
        ),
        pointer=pointer,
    )
