"""COD: a search in the Crystallography Open Database in, material records out; one page a CIF, each at its revision.

The search answers with the list of entries and their revisions; a CIF at a revision never changes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Self
from urllib.parse import urlencode

from pydantic import Field, StringConstraints, model_validator

from harvest.errors import ContractError, TransportError
from harvest.formats.cif import CifError, number_of, read_block, stated_structure_of, text_of, texts_of
from harvest.formats.file_card import KnownProperty
from harvest.rest import MISFIT, MappedField, RestCard, decoded, rejected, rest_plan, wanted_fields
from harvest.source import Page, Plan, Rejected, Request, load_card
from schemas.disk import digest
from schemas.material import MaterialRecord
from schemas.measurement import Condition, Method, PropertyValue
from schemas.properties import PropertyKind, load_properties
from schemas.provenance import Pointer
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gemmi import cif

    from harvest.source import Door, RawObject

_PLACE = re.compile(r"/(?P<entry>\d{7})\.cif@(?P<revision>\d+)$")
_DATE = re.compile(rb"^#\$Date: (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)", re.MULTILINE)
_BLOCK = re.compile(rb"^data_", re.MULTILINE | re.IGNORECASE)
_RETRACTED = "retracted"
_THEORY = "theoretical"

Entry = Annotated[str, StringConstraints(pattern=r"^\d{7}(@\d+)?$")]


class ConditionTags(Model):
    """A condition of the measurement, and the tags that may state it."""

    name: KnownProperty
    unit: str
    tags: tuple[str, ...]


class CodCard(RestCard):
    """The card, with the tags that hold values, conditions and labels."""

    properties: tuple[MappedField, ...]
    conditions: tuple[ConditionTags, ...]
    labels: dict[str, str]


class CodQuery(Model):
    """What a recipe says."""

    search: dict[str, str] = Field(default_factory=dict, description="Parameters of the search, such as el1 or text.")
    entries: tuple[Entry, ...] = Field(default=(), description="COD ids, each at a revision (1000041@176429) or not.")
    properties: tuple[KnownProperty, ...] = ()
    base_url: str | None = described("Address of a copy, up to but without /result.", optional=True)

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if bool(self.search) == bool(self.entries) or self.search.keys() & {"format", "id"}:
            message = "give either `search`, without `id` and `format`, or `entries`"
            raise ValueError(message)
        return self


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
            yield self._record(read_block(raw.payload), raw.payload, entry, fields)
        except MISFIT as error:
            yield rejected(error, Pointer.of(), entry, field="entry")

    def _record(
        self, block: cif.Block, payload: bytes, entry: dict[str, str], fields: tuple[MappedField, ...]
    ) -> MaterialRecord:
        said = {label: " ".join("; ".join(texts_of(block, tag)).split()) for label, tag in self.card.labels.items()}
        code = text_of(block, "_cod_database_code")
        if code != entry["entry"] or said["flag"] == _RETRACTED:
            message = "the entry is retracted" if code == entry["entry"] else f"the CIF is of entry {code}"
            raise CifError(message)
        formula = text_of(block, "_chemical_formula_sum")
        structure, coordinates = stated_structure_of(block)
        values, unread = self._values(block, fields, is_theory=said["determination"] == _THEORY)
        date = _DATE.search(payload)
        labels = {**said, **unread, "revision": entry["revision"], "coordinates": coordinates}
        return MaterialRecord(
            source_id=entry["entry"],
            formula=formula,
            structure=structure,
            phase=said["mineral"] or None,
            labels={label: text for label, text in labels.items() if text},
            last_modified="{}T{}{}:{}".format(*(part.decode() for part in date.groups())) if date else None,
            properties=tuple(values),
            pointer=Pointer.of(cif=block.name),
        )

    def _values(
        self, block: cif.Block, fields: tuple[MappedField, ...], *, is_theory: bool
    ) -> tuple[list[PropertyValue], dict[str, str]]:
        """Return the values, and what stands where a number was expected ("not measured")."""
        values: dict[str, PropertyValue] = {}
        unread: dict[str, str] = {}
        conditions = tuple(filter(None, (_condition(block, asked) for asked in self.card.conditions)))
        for mapped in fields:
            try:
                value = _value(block, mapped, conditions, Method.UNKNOWN if is_theory else mapped.method)
            except CifError as error:
                unread[f"unread {mapped.field}"] = str(error)
            else:
                if value is not None:
                    values.setdefault(mapped.property, value)
        return list(values.values()), unread


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


def _condition(block: cif.Block, asked: ConditionTags) -> Condition | None:
    tag = next((tag for tag in asked.tags if texts_of(block, tag)), None)
    if tag is None:
        return None
    try:
        number = number_of(block, tag)
    except CifError:
        return Condition(name=asked.name, text="; ".join(texts_of(block, tag)))
    return Condition(name=asked.name, value=number.value, unit=asked.unit, text=number.text) if number else None


def _value(
    block: cif.Block, mapped: MappedField, conditions: tuple[Condition, ...], method: Method
) -> PropertyValue | None:
    is_word = load_properties()[mapped.property].kind is PropertyKind.CATEGORY
    text = text_of(block, mapped.field)
    number = None if is_word else number_of(block, mapped.field)
    if text is None:
        return None
    return PropertyValue(
        property=mapped.property,
        value=number.value if number else None,
        category=text if is_word else None,
        uncertainty=number.uncertainty if number else None,
        unit=mapped.unit,
        text=text,
        method=method,
        conditions=conditions,
        pointer=Pointer.of(cif=f"{block.name},{mapped.field}"),
    )
