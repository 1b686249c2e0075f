"""OPTIMADE columns: a page of plain entries in, their columns out; an error, where any entry is not plain.

What a column needs is read from the bytes, and checked, by one pass of msgspec; the rest of an entry makes no objects.
Much of what entries say repeats from one to the next (their species, which of them sits where): it is read once for
each way that it is written.
"""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from harvest.formats import structure_columns as structures
from harvest.formats.plain_texts import identifiers, texts_or_none
from harvest.formats.spelling import text_of
from harvest.formats.values import content_of
from harvest.formats.vectors import vectors
from harvest.records.columns import Composition, NotPlainError, Occupants, RecordColumns, StructureColumns, ValueColumns
from harvest.sources.optimade.entries import field_at, mapped_fields
from harvest.sources.optimade.providers import Quirk
from schemas.measurement import PropertyValue
from schemas.properties import PropertyKind, load_properties
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from harvest.sources.optimade.answers import Listing
    from harvest.sources.optimade.providers import FieldMapping

    type Value = tuple[Mapping[str, Any], str] | None  # the fields that hold it, and its text

_PERIODIC = (None, (1, 1, 1))
_UNLIKE = frozenset({Quirk.FLAT_ATTRIBUTES, Quirk.ZONELESS_TIMES})
_NUMBERS = frozenset({PropertyKind.SCALAR, PropertyKind.BOOLEAN})
_AXES = 3
_REMEMBERED = 1 << 14
_NOTHING = msgspec.Raw()
_ABSENT, _NULL, _MINUS_ZERO = "", "null", "-0"  # the last is a whole number without its sign
_OF_NUMBERS = frozenset(["", "n", "-", *"0123456789"])  # what a number, null, or nothing begins with


class _Attributes(msgspec.Struct, gc=False):
    """What every column of structures needs."""

    lattice_vectors: msgspec.Raw
    cartesian_site_positions: msgspec.Raw
    species: msgspec.Raw
    species_at_sites: msgspec.Raw
    chemical_formula_reduced: str | None = None
    dimension_types: tuple[int, int, int] | None = None
    last_modified: str | None = None


def columns_of(listing: Listing, fields: Mapping[str, FieldMapping], quirks: Collection[Quirk]) -> RecordColumns:
    """Return the columns of a page.

    Raises:
        ValueError, KeyError, TypeError: an entry is not plain.
    """
    if not listing.is_strict or _UNLIKE & set(quirks):
        message = "entries of another shape"
        raise NotPlainError(message)
    plain = frozenset(path for path, field in fields.items() if _is_number(path, field))
    try:
        entries = _reader(plain).decode(listing.payload).data
    except msgspec.DecodeError as error:
        raise NotPlainError(str(error)) from error
    attributes = [entry.attributes for entry in entries]
    found, compositions = _structures(attributes)
    return RecordColumns(
        source_ids=identifiers([entry.id for entry in entries]),
        formulas=texts_or_none([given.chemical_formula_reduced for given in attributes]),
        compositions=compositions,
        pointers=[f"json=/data/{number}" for number in range(len(entries))],
        structures=found,
        last_modified=[text or None for text in texts_or_none([given.last_modified for given in attributes])],
        values=_values(listing, attributes, fields, quirks),
    )


def _is_number(path: str, field: FieldMapping) -> bool:
    """Whether a field stands in the attributes themselves and is a number, whose text alone is taken."""
    return "." not in path and load_properties()[field.property].kind in _NUMBERS


@lru_cache(maxsize=_REMEMBERED)
def _reader(fields: frozenset[str]) -> msgspec.json.Decoder[Any]:
    """Return what reads a page: its entries, with the text of each field."""
    names = {_slot(path): path for path in sorted(fields)}
    attributes = msgspec.defstruct(
        "Attributes",
        [(name, msgspec.Raw, _NOTHING) for name in names],
        bases=(_Attributes,),
        rename=names,
        gc=False,
    )
    entry = msgspec.defstruct("Entry", [("id", str), ("attributes", attributes)], gc=False)
    return msgspec.json.Decoder(msgspec.defstruct("Answer", [("data", list[entry])]))  # type: ignore[valid-type]


def _slot(path: str) -> str:
    """Return the Python name of a field, whatever the field is called."""
    return f"field_{path.encode().hex()}"


def _structures(attributes: Sequence[Any]) -> tuple[StructureColumns, list[Composition]]:
    if not all(given.dimension_types in _PERIODIC for given in attributes):
        message = "a structure that is not periodic in three dimensions"
        raise NotPlainError(message)
    cells = vectors([given.lattice_vectors for given in attributes], [_AXES] * len(attributes))
    lattices = cells.reshape(-1, _AXES, _AXES)
    arrangements = [_arrangement(bytes(given.species), bytes(given.species_at_sites)) for given in attributes]
    occupants, site_species, compositions = zip(*arrangements, strict=True) if arrangements else ((), (), ())
    n_sites = list(map(len, site_species))
    cartesian = vectors([given.cartesian_site_positions for given in attributes], n_sites)
    positions = structures.fractional(lattices, cartesian, n_sites)
    return structures.structure_columns(lattices, positions, site_species, occupants), list(compositions)


@lru_cache(maxsize=_REMEMBERED)
def _arrangement(species: bytes, at_sites: bytes) -> tuple[Occupants, tuple[int, ...], Composition]:
    """Return what may sit on the sites of a structure, what sits on each, and its composition.

    Args:
        species: JSON of the species.
        at_sites: JSON of the name of the species of each site.
    """
    kinds = structures.occupants_of(tuple(map(structures.species_key, orjson.loads(species))))
    sites = tuple(kinds.numbers[name] for name in orjson.loads(at_sites))
    (composition,) = structures.compositions([sites], [kinds])
    return kinds, sites, composition


def _values(
    listing: Listing, attributes: Sequence[Any], fields: Mapping[str, FieldMapping], quirks: Collection[Quirk]
) -> ValueColumns:
    """Return the values of all entries, entry by entry, field by field."""
    by_field = [_column(listing, attributes, path, field, quirks) for path, field in fields.items()]
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
    listing: Listing, attributes: Sequence[Any], path: str, field: FieldMapping, quirks: Collection[Quirk]
) -> Sequence[Value]:
    """Return what each entry has of a field."""
    if _is_number(path, field):
        texts = [str(raw, "ascii", "replace") for raw in map(attrgetter(_slot(path)), attributes)]
        if _OF_NUMBERS.issuperset([text[:1] for text in texts]) and _MINUS_ZERO not in texts:
            nothing = {_ABSENT, _NULL, *field.no_value}
            return [None if text in nothing else ({"value": float(text)}, text) for text in texts]
    rows = mapped_fields(listing.payload, listing.entries, {path: field}, quirks)
    return [_value(field_at(row, path), field) for row in rows]


def _value(given: Any, field: FieldMapping) -> Value:  # noqa: ANN401 — JSON
    if given is None or text_of(given) in field.no_value:
        return None
    content = content_of(given, field.property, field.unit)
    value = PropertyValue(
        property=field.property, unit=field.unit, text=text_of(given), pointer=Pointer.of(), **content
    )
    return {"value": None, **content}, value.text or ""
