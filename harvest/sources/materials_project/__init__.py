"""Materials Project: summary documents in, material records out; by the API page by page, or whole pinned versions.

Requests are made through the door, not by the provider's client: that one asks for the version of the database outside
of its session and once a process, walks pages without an order and in threads, and decodes what it fetches, so that
neither a mix of versions nor a lost page would be noticed and the bytes could not be archived.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from pydantic import Field, ValidationInfo, field_validator

from harvest.errors import DriftError, TransportError
from harvest.formats.file_card import KnownProperty, unit_of
from harvest.formats.structures import from_pymatgen
from harvest.source import About, Page, Plan, Rejected, Request, SourceCard, load_card
from harvest.sources.materials_project.query import MaterialsProjectQuery, canonical_id, canonical_version, value_in
from schemas.licence import NOASSERTION, LicenceId
from schemas.material import MaterialRecord
from schemas.measurement import Condition, Method, PropertyValue
from schemas.properties import PropertyKind, load_properties
from schemas.provenance import Pointer, json_step
from schemas.quantity import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject

_DESCRIBING = (
    "material_id",
    "formula_pretty",
    "structure",
    "builder_meta",
    "last_updated",
    "deprecated",
    "deprecation_reasons",
    "theoretical",
)
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class FieldMapping(Model):
    """A field of a summary document that holds values of a property."""

    property: KnownProperty
    unit: str = "1"
    method: Method
    functional: str
    conditions: dict[str, str] = Field(default_factory=dict)

    @field_validator("unit")
    @classmethod
    def _unit_fits(cls, unit: str, known: ValidationInfo) -> str:
        return unit_of(unit, known.data.get("property"))


class MaterialsProjectCard(SourceCard):
    """The card, with what the fields, licences and batches of the provider mean."""

    fields: dict[str, FieldMapping]
    licences: dict[str, LicenceId]
    batches: dict[str, str]


class MaterialsProjectSource:
    """Walks the summary documents."""

    card: MaterialsProjectCard = load_card("materials_project", MaterialsProjectCard)

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        """Check the options."""
        query = MaterialsProjectQuery.model_validate(options)
        origin = query.bulk_endpoint if query.bulk else query.endpoint
        parts = urlsplit(origin)
        return Plan(
            key=key,
            source=self.card.name,
            query=query,
            about=About(
                title=self.card.title, licence=self.card.licence, attribution=self.card.attribution, origin=origin
            ),
            folder=folder,
            declared=query.db_version,
            hosts=frozenset({parts.netloc}),
            requests_per_second=1000.0 if parts.hostname in _LOOPBACK else self.card.requests_per_second,
            shows_key=not query.bulk,
        )

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        """Walk the pages of the API between two looks at the version, or the files of a version of the bulk table."""
        query = _query(plan)
        if query.bulk:
            from harvest.sources.materials_project.bulk import fetch_table  # noqa: PLC0415 — pyarrow loads slowly

            yield from fetch_table(query, door)
            return
        yield _heartbeat(door, query, "before")
        skip, total = 0, None
        while total is None or skip < total:
            raw = door.get(Request(self._address(query, skip)), check=_page)
            documents, promised = _page(raw.payload)
            yield Page(raw, promised=promised)
            total = promised if total is None else total
            if not documents:
                break
            skip += len(documents)
        yield _heartbeat(door, query, "after")

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        """Read the documents of a page or file; one that does not fit is rejected, its neighbours pass."""
        query = _query(plan)
        fields = self._fields(query)
        for pointer, place, document in self._documents(query, raw, fields):
            try:
                if document["deprecated"] and not query.keep_deprecated:
                    reasons = ", ".join(map(str, document.get("deprecation_reasons") or ())) or "no reason given"
                    yield _rejected(f"deprecated: the provider has withdrawn it ({reasons})", pointer, document)
                else:
                    yield self._record(document, pointer, place, fields)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                said = f"missing field {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
                yield _rejected(f"does_not_fit: {said}", pointer, document)

    def _documents(
        self, query: MaterialsProjectQuery, raw: RawObject, fields: dict[str, FieldMapping]
    ) -> Iterator[tuple[Pointer, Place, Any]]:
        """Yield each document with the pointers to itself and to its fields."""
        if query.bulk:
            from harvest.sources.materials_project.bulk import cell, rows  # noqa: PLC0415 — pyarrow loads slowly

            columns = {*_DESCRIBING, *_names(fields), *query.query.fields()}
            for number, row in rows(raw.payload, columns):
                if query.query.fits(row):
                    yield Pointer.of(row=number), partial(cell, number), row
            return
        for number, document in enumerate(_page(raw.payload)[0]):
            pointer = Pointer.of(json=json_step("data", number))
            yield pointer, partial(_inside, pointer), document

    def _record(
        self, document: dict[str, Any], pointer: Pointer, place: Place, fields: dict[str, FieldMapping]
    ) -> MaterialRecord:
        built = document.get("builder_meta") or {}
        structure = document.get("structure")
        labels = {
            "batch": built.get("batch_id"),
            "theoretical": _said(document.get("theoretical")),
            "deprecated": "true" if document["deprecated"] else None,
        }
        functional = self.card.batches.get(str(built.get("batch_id")))
        values = (_value(document, path, field, functional, place) for path, field in fields.items())
        modified = document.get("last_updated")
        return MaterialRecord(
            source_id=canonical_id(str(document["material_id"])),
            formula=document.get("formula_pretty"),
            structure=None if structure is None else from_pymatgen(structure),
            labels={name: str(label) for name, label in labels.items() if label is not None},
            licence=self.card.licences.get(str(built.get("license")), NOASSERTION),
            last_modified=None if modified is None else _iso(modified),
            properties=tuple(value for value in values if value is not None),
            pointer=pointer,
        )

    def _fields(self, query: MaterialsProjectQuery) -> dict[str, FieldMapping]:
        wanted = set(query.properties)
        return {path: field for path, field in self.card.fields.items() if not wanted or field.property in wanted}

    def _address(self, query: MaterialsProjectQuery, skip: int) -> str:
        parameters = {
            **query.query.parameters(),
            "deprecated": "false",
            "_fields": ",".join([*_DESCRIBING, *_names(self._fields(query))]),
            "_sort_fields": "material_id",
            "_limit": str(query.page_size),
            "_skip": str(skip),
        }
        return f"{query.endpoint}materials/summary/?{urlencode(parameters)}"


type Place = Callable[[str], Pointer]


def _query(plan: Plan) -> MaterialsProjectQuery:
    return MaterialsProjectQuery.model_validate(plan.query)


def _names(fields: dict[str, FieldMapping]) -> list[str]:
    """Return the fields of a document, without those inside of them."""
    return sorted({path.partition(".")[0] for path in fields})


def _inside(pointer: Pointer, path: str) -> Pointer:
    return pointer.with_steps(json=json_step(*path.split(".")))


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
        message = f"the heartbeat names no `db_version`: {payload[:80]!r}"
        raise TransportError(message)
    return canonical_version(version)


def _object(payload: bytes) -> dict[str, Any]:
    """Return the JSON object of an answer.

    Raises:
        TransportError: the payload is cut, or something else (an error page with status 200, say).
    """
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError) as error:
        message = f"the answer is not JSON ({error}): {payload[:80]!r}"
        raise TransportError(message) from error
    if not isinstance(body, dict):
        message = f"the answer is no object of JSON: {payload[:80]!r}"
        raise TransportError(message)
    return body


def _page(payload: bytes) -> tuple[list[Any], int]:
    """Return the documents of a page, and how many the whole query has."""
    body = _object(payload)
    documents, meta = body.get("data"), body.get("meta")
    total = meta.get("total_doc") if isinstance(meta, dict) else None
    if not isinstance(documents, list) or not isinstance(total, int):
        message = f"the answer is no page of documents, it has no `data` or no `meta.total_doc`: {payload[:80]!r}"
        raise TransportError(message)
    return documents, total


def _value(
    document: dict[str, Any], path: str, field: FieldMapping, functional: str | None, place: Place
) -> PropertyValue | None:
    given = value_in(document, path)
    if given is None:
        return None
    is_scalar = load_properties()[field.property].kind is PropertyKind.SCALAR
    if is_scalar and (isinstance(given, bool) or not isinstance(given, int | float)):
        message = f"{path}: a number was expected, got {given!r}"
        raise TypeError(message)
    return PropertyValue(
        property=field.property,
        value=float(given) if is_scalar else None,
        category=None if is_scalar else _said(given),
        unit=field.unit,
        text=json.dumps(given) if is_scalar else _said(given),
        method=field.method,
        functional=functional or field.functional,
        conditions=tuple(Condition(name=name, text=text) for name, text in field.conditions.items()),
        pointer=place(path),
    )


def _said(value: Any) -> str | None:  # noqa: ANN401 — a word or a truth
    """Write a word as it is, a truth as JSON does."""
    return json.dumps(value) if isinstance(value, bool) else None if value is None else str(value)


def _iso(moment: Any) -> str:  # noqa: ANN401 — text by the API, a time in the table
    return moment.isoformat().replace("+00:00", "Z") if isinstance(moment, datetime) else str(moment)


def _rejected(reason: str, pointer: Pointer, document: Any) -> Rejected:  # noqa: ANN401 — JSON
    identity = document.get("material_id") if isinstance(document, dict) else None
    return Rejected(pointer, (reason,), document, None if identity is None else canonical_id(str(identity)))
