"""NOMAD: a query to its archive in, material records out; page by page along `next_page_after_value`.

An entry whose archive the service cannot read is counted in its total but left out of its answer, without a word: such
a harvest is incomplete, and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from harvest.errors import ContractError, TransportError
from harvest.formats.file_card import KnownProperty
from harvest.formats.structures import from_optimade
from harvest.rest import MISFIT, MappedField, RestCard, decoded, rejected, rest_plan, value_of, wanted_fields
from harvest.source import Page, Plan, Rejected, Request, load_card
from schemas.disk import canonical_json
from schemas.licence import NOASSERTION
from schemas.material import MaterialRecord, Structure
from schemas.measurement import Condition, Method, PropertyValue
from schemas.provenance import Pointer, json_step
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Door, RawObject

_ANGSTROM_PER_METRE = 1e10
_DIGITS = 10  # of positions in angstrom: what the factor adds is noise of the last bit
_PER_CHANNEL = "index"
_NEXT = "next_page_after_value"
_FUNCTIONAL = "results.method.simulation.dft.xc_functional_names"
_STRUCTURE = "results.properties.structures.structure_original"
_ALWAYS = (
    "metadata.license",
    "metadata.last_processing_time",
    "results.material.chemical_formula_reduced",
    "results.method.method_name",
    _STRUCTURE,
)


class NomadField(MappedField):
    """A path that holds values of a property, and what must stand beside the value."""

    only: dict[str, str] = Field(default_factory=dict)


class NomadCard(RestCard):
    """The card, with NOMAD's words for methods, functionals and licences."""

    properties: tuple[NomadField, ...]
    methods: dict[str, Method]
    functionals: dict[str, str]
    licences: dict[str, str]
    labels: dict[str, str]


class NomadQuery(Model):
    """What a recipe says."""

    query: dict[str, Any] = described(
        'In NOMAD\'s language, for example {"results.material.elements" = {all = ["O"]}}.'
    )
    page_size: int = Field(default=50, gt=0, le=1000)
    properties: tuple[KnownProperty, ...] = ()
    base_url: str | None = described("Address of another NOMAD, up to and with /api/v1.", optional=True)


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
        asked: dict[str, Any] = {"owner": "public", "query": query.query, "required": self._required()}
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
                yield self._record(entry, pointer, fields)
            except MISFIT as error:
                yield rejected(error, pointer, entry, field="entry_id")

    def _required(self) -> dict[str, Any]:
        """Return what is asked of each archive, and no more: it holds gigabytes, and names of people."""
        required: dict[str, Any] = {}
        fields = (mapped.field.partition(".*")[0] for mapped in self.card.properties)
        for path in sorted({*_ALWAYS, *self.card.labels.values(), *fields}):
            *sections, leaf = path.split(".")
            place: Any = required
            for section in sections:
                place = place if place == "*" else place.setdefault(section, {})
            if place != "*":
                place[leaf] = "*"
        return required

    def _record(self, entry: dict[str, Any], pointer: Pointer, fields: tuple[NomadField, ...]) -> MaterialRecord:
        archive = entry["archive"]
        method = self.card.methods.get(str(_at(archive, "results.method.method_name")), Method.UNKNOWN)
        names = " ".join(sorted(_at(archive, _FUNCTIONAL) or ()))
        how = {"method": method, "functional": self.card.functionals.get(names, names) or None}
        inside = pointer.with_steps(json=json_step("archive"))
        licence = _at(archive, "metadata.license")
        modified = _at(archive, "metadata.last_processing_time")
        labels = {label: _at(archive, path) for label, path in self.card.labels.items()}
        return MaterialRecord(
            source_id=str(entry["entry_id"]),
            formula=_at(archive, "results.material.chemical_formula_reduced"),
            structure=_structure(_at(archive, _STRUCTURE)),
            labels={label: str(text) for label, text in labels.items() if text},
            licence=None if licence is None else self.card.licences.get(licence, NOASSERTION),
            last_modified=None if modified is None else str(modified),
            properties=tuple(
                value.model_copy(update=how) for mapped in fields for value in _values(archive, mapped, inside)
            ),
            pointer=pointer,
        )


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


def _at(archive: dict[str, Any], path: str) -> Any:  # noqa: ANN401 — JSON
    """Return what stands at a path of names; none where a section is absent."""
    place: Any = archive
    for name in path.split("."):
        if place is None:
            return None
        place = place.get(name)
    return place


def _values(archive: dict[str, Any], mapped: NomadField, pointer: Pointer) -> Iterator[PropertyValue]:
    """Yield the values at a path; those of spin channels say which."""
    outer, listed, inner = mapped.field.partition(".*.")
    found = _at(archive, outer)
    steps = outer.split(".")
    for number, section in enumerate((found or ()) if listed else (found,)):
        given = section.get(inner) if listed else section
        if listed and any(section.get(name) != word for name, word in mapped.only.items()):
            continue
        place = [*steps, number, inner] if listed else steps
        value = value_of(given, mapped, pointer.with_steps(json=json_step(*place)))
        if value is not None:
            channel = section.get(_PER_CHANNEL) if listed else None
            yield value if channel is None else value.model_copy(update={"conditions": (_channel(channel),)})


def _channel(index: object) -> Condition:
    return Condition(name="spin_channel", text=str(index))


def _structure(value: Any) -> Structure | None:  # noqa: ANN401 — JSON
    """Read a structure in metres; it is periodic along no axis where it does not say."""
    if value is None:
        return None
    scaled = {
        name: [[round(x * _ANGSTROM_PER_METRE, _DIGITS) for x in row] for row in value[name]]
        for name in ("lattice_vectors", "cartesian_site_positions")
    }
    return from_optimade({**value, **scaled, "dimension_types": value.get("dimension_types") or [0, 0, 0]})
