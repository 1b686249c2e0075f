"""OPTIMADE columns: a page of plain entries in, their columns out; an error, where any entry is not plain.

Much of what entries say repeats from one to the next (their species, which of them sits where): it is read once for
each way that it is written. The numbers go from the document into arrays.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import compress
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from harvest.formats import structure_columns as structures
from harvest.formats.looked_at import vectors, written
from harvest.formats.plain_texts import identifiers, texts_or_none
from harvest.formats.spelling import number_texts, text_of
from harvest.formats.values import content_of
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

_PERIODIC = (None, b"[1,1,1]")
_UNLIKE = frozenset({Quirk.FLAT_ATTRIBUTES, Quirk.ZONELESS_TIMES})
_NUMBERS = frozenset({PropertyKind.SCALAR, PropertyKind.BOOLEAN})
_AXES = 3
_REMEMBERED = 1 << 14


def columns_of(listing: Listing, fields: Mapping[str, FieldMapping], quirks: Collection[Quirk]) -> RecordColumns:
    """Return the columns of a page.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: an entry is not plain.
    """
    if listing.objects is None or _UNLIKE & set(quirks):
        message = "entries of another shape"
        raise NotPlainError(message)
    entries: Sequence[Any] = listing.objects
    attributes: list[Any] = [entry["attributes"] for entry in entries]
    if any(len(set(part)) < len(part) for part in (*entries, *attributes)):
        message = "a name that stands twice in an entry: which of the two counts is for the ordinary reader to say"
        raise NotPlainError(message)
    found, compositions = _structures(attributes)
    return RecordColumns(
        source_ids=identifiers([entry["id"] for entry in entries]),
        formulas=texts_or_none([given.get("chemical_formula_reduced") for given in attributes]),
        compositions=compositions,
        pointers=[f"json=/data/{number}" for number in range(listing.n_entries)],
        structures=found,
        last_modified=[text or None for text in texts_or_none([given.get("last_modified") for given in attributes])],
        values=_values(listing, attributes, fields, quirks),
    )


def _structures(attributes: Sequence[Any]) -> tuple[StructureColumns, list[Composition]]:
    directions = [given.get("dimension_types") for given in attributes]
    if not all(said is None or written(said) in _PERIODIC for said in directions):
        message = "a structure that is not periodic in three dimensions"
        raise NotPlainError(message)
    lattices, n_vectors = vectors([given["lattice_vectors"] for given in attributes])
    if not {_AXES}.issuperset(n_vectors) or not np.isfinite(lattices).all():
        message = "lattice vectors of another number, or not finite"
        raise NotPlainError(message)
    cells = lattices.reshape(-1, _AXES, _AXES)
    cartesian, n_sites = vectors([given["cartesian_site_positions"] for given in attributes])
    arrangements = [_arrangement(written(given["species"]), written(given["species_at_sites"])) for given in attributes]
    occupants, site_species, compositions = zip(*arrangements, strict=True) if arrangements else ((), (), ())
    if list(map(len, site_species)) != n_sites:
        message = "positions and sites of different number"
        raise NotPlainError(message)
    positions = structures.fractional(cells, cartesian, n_sites)
    return structures.structure_columns(cells, positions, site_species, occupants), list(compositions)


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
    if "." not in path and load_properties()[field.property].kind in _NUMBERS:
        are_there = [path in given for given in attributes]
        given = [having[path] for having in compress(attributes, are_there)]
        texts = number_texts(listing.payload, path, given)
        if texts is not None:
            numbers = zip(given, texts, strict=True)
            read = iter([None if t is None or t in field.no_value else ({"value": float(n)}, t) for n, t in numbers])
            return [next(read) if is_there else None for is_there in are_there]
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
