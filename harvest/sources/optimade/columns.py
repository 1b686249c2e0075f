"""OPTIMADE columns: a page of plain entries in, their columns out; an error, where any entry is not plain."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Any

from harvest.formats import structure_columns as structures
from harvest.formats.plain_texts import identifiers, texts_or_none
from harvest.formats.spelling import number_texts, text_of
from harvest.formats.values import content_of
from harvest.records.columns import NotPlainError, RecordColumns, StructureColumns, ValueColumns
from harvest.sources.optimade.entries import field_at, mapped_fields
from harvest.sources.optimade.providers import Quirk
from schemas.measurement import PropertyValue
from schemas.properties import PropertyKind, load_properties
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from harvest.sources.optimade.providers import FieldMapping

    type Value = tuple[Mapping[str, Any], str] | None  # the fields that hold it, and its text

_PERIODIC = (None, [1, 1, 1])
_UNLIKE = frozenset({Quirk.FLAT_ATTRIBUTES, Quirk.ZONELESS_TIMES})
_NUMBERS = frozenset({PropertyKind.SCALAR, PropertyKind.BOOLEAN})


def columns_of(
    payload: bytes, entries: Sequence[Any], fields: Mapping[str, FieldMapping], quirks: Collection[Quirk]
) -> RecordColumns:
    """Return the columns of a page.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: an entry is not plain.
    """
    if _UNLIKE & set(quirks):
        message = "entries of another shape"
        raise NotPlainError(message)
    attributes = [entry["attributes"] for entry in entries]
    found = _structures(attributes)
    return RecordColumns(
        source_ids=identifiers([entry["id"] for entry in entries]),
        formulas=texts_or_none([given.get("chemical_formula_reduced") for given in attributes]),
        compositions=structures.compositions(found.site_species, found.occupants),
        pointers=[f"json=/data/{number}" for number in range(len(entries))],
        structures=found,
        last_modified=[text or None for text in texts_or_none([given.get("last_modified") for given in attributes])],
        values=_values(payload, entries, fields, quirks),
    )


def _structures(attributes: Sequence[Any]) -> StructureColumns:
    if not all(given.get("dimension_types") in _PERIODIC for given in attributes):
        message = "a structure that is not periodic in three dimensions"
        raise NotPlainError(message)
    sites = [given["cartesian_site_positions"] for given in attributes]
    lattices = structures.cells([given["lattice_vectors"] for given in attributes])
    occupants = [structures.occupants_of(tuple(map(structures.species_key, given["species"]))) for given in attributes]
    return structures.structure_columns(
        lattices,
        structures.fractional(lattices, structures.positions(sites), list(map(len, sites))),
        [
            [kinds.numbers[name] for name in given["species_at_sites"]]
            for kinds, given in zip(occupants, attributes, strict=True)
        ],
        occupants,
    )


def _values(
    payload: bytes, entries: Sequence[Any], fields: Mapping[str, FieldMapping], quirks: Collection[Quirk]
) -> ValueColumns:
    """Return the values of all entries, entry by entry, field by field."""
    by_field = [_column(payload, entries, path, field, quirks) for path, field in fields.items()]
    steps = [json_step("attributes", *path.split(".")) for path in fields]
    written = [str(Pointer.of(json=step)).removeprefix("json=") for step in steps]
    found = [
        (kind, number, *value, f"json=/data/{number}{written[kind]}")
        for number, values in enumerate(zip(*by_field, strict=True))
        for kind, value in enumerate(values)
        if value is not None
    ]
    if not found:
        return ValueColumns()
    kind, record, contents, texts, pointers = zip(*found, strict=True)
    return ValueColumns([_kind(field) for field in fields.values()], kind, record, contents, texts, pointers)


def _kind(field: FieldMapping) -> PropertyValue:
    """Return what all values of a field have in common; its value, text and place stand for none."""
    return PropertyValue(
        property=field.property,
        unit=field.unit,
        value=0.0,
        method=field.method,
        functional=field.functional,
        pointer=Pointer.of(),
    )


def _column(
    payload: bytes, entries: Sequence[Any], path: str, field: FieldMapping, quirks: Collection[Quirk]
) -> Sequence[Value]:
    """Return what each entry has of a field."""
    if "." not in path and load_properties()[field.property].kind in _NUMBERS:
        are_there = [path in entry["attributes"] for entry in entries]
        given = [entry["attributes"][path] for entry in compress(entries, are_there)]
        texts = number_texts(payload, path, given)
        if texts is not None:
            numbers = zip(given, texts, strict=True)
            read = iter([None if t is None or t in field.no_value else ({"value": float(n)}, t) for n, t in numbers])
            return [next(read) if is_there else None for is_there in are_there]
    rows = mapped_fields(payload, list(entries), {path: field}, quirks)
    return [_value(field_at(row, path), field) for row in rows]


def _value(given: Any, field: FieldMapping) -> Value:  # noqa: ANN401 — JSON
    if given is None or text_of(given) in field.no_value:
        return None
    content = content_of(given, field.property, field.unit)
    value = PropertyValue(
        property=field.property, unit=field.unit, text=text_of(given), pointer=Pointer.of(), **content
    )
    return {"value": None, **content}, value.text or ""
