"""Record tables: columns of records in, the Arrow tables of entries and of values out, without a row in between."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from harvest.records.identifiers import SEPARATOR, short_ids
from schemas.arrow import arrow_schema
from schemas.records import EntryRecordRow, PropertyRecordRow

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from harvest.records.columns import Composition, Occupants, RecordColumns, StructureColumns, ValueColumns
    from schemas.measurement import PropertyValue

    type Arrays = dict[str, pa.Array[Any]]

_ENTRIES, _VALUES = arrow_schema(EntryRecordRow), arrow_schema(PropertyRecordRow)
_STRUCTURE = ("lattice_vectors", "fractional_positions", "site_species", "species")
_CONTENT = ("value", "value_min", "value_max", "uncertainty", "category", "tensor", "tensor_shape")


def entry_table(
    columns: RecordColumns, entry_ids: Sequence[str], hashes: Sequence[str], raws: Sequence[str], *, licence: str
) -> pa.Table:
    """Return the rows of `entries`.

    Args:
        columns: the records.
        entry_ids: of each record.
        hashes: of the canonical text of each record.
        raws: of each record, the hash of the raw object that it came with.
        licence: of all records.
    """
    n_records = len(columns)
    arrays: Arrays = {
        "entry_id": pa.array(entry_ids, pa.string()),
        "source_id": pa.array(columns.source_ids, pa.string()),
        "formula_given": pa.array(columns.formulas, pa.string()),
        **_amounts(columns.compositions),
        "phase": _texts_or_nulls(columns.phases, n_records),
        "labels": pa.array([list(said.items()) for said in columns.labels or [{}] * n_records], _type("labels")),
        "licence": pa.repeat(pa.scalar(licence), n_records),
        "last_modified": _texts_or_nulls(columns.last_modified, n_records),
        "record_sha256": pa.array(hashes, pa.string()),
        "raw_sha256": pa.array(raws, pa.string()),
        "pointer": pa.array(columns.pointers, pa.string()),
        **_structures(columns.structures, n_records),
    }
    return pa.Table.from_arrays([arrays[name] for name in _ENTRIES.names], schema=_ENTRIES)


def value_table(columns: ValueColumns, entry_ids: Sequence[str], raws: Sequence[str]) -> pa.Table:
    """Return the rows of `properties`; see `entry_table`."""
    said = [_said(kind) for kind in columns.kinds]
    constant = pa.Table.from_pylist(said, schema=pa.schema([_VALUES.field(name) for name in said[0]]))
    of_entry = [entry_ids[record] for record in columns.record]
    taken = constant.take(pa.array(columns.kind))
    arrays: Arrays = {
        **{name: taken[name].combine_chunks() for name in taken.column_names},
        **{name: _content(name, columns) for name in _CONTENT},
        "property_id": pa.array(_value_ids(columns, of_entry), pa.string()),
        "entry_id": pa.array(of_entry, pa.string()),
        "text": pa.array(columns.texts, pa.string()),
        "confidence": pa.nulls(len(of_entry), pa.float64()),
        "raw_sha256": pa.array([raws[record] for record in columns.record], pa.string()),
        "pointer": pa.array(columns.pointers, pa.string()),
    }
    return pa.Table.from_arrays([arrays[name] for name in _VALUES.names], schema=_VALUES)


def _content(name: str, columns: ValueColumns) -> pa.Array[Any]:
    found: pa.Array[Any] = pa.array([given.get(name) for given in columns.contents], _VALUES.field(name).type)
    return found


def identity_of(value: PropertyValue) -> str:
    """Return what a value is of, not where it stands: property, method, functional, conditions."""
    conditions = [condition.model_dump() for condition in value.conditions]
    written = json.dumps(conditions, sort_keys=True) if conditions else "[]"
    return SEPARATOR.join((value.property, value.method, value.functional or "", written))


def _value_ids(columns: ValueColumns, of_entry: Sequence[str]) -> list[str]:
    """Return the identifiers of values; a record's values of one identity are counted."""
    identities = [identity_of(kind) for kind in columns.kinds]
    counts: defaultdict[Hashable, int] = defaultdict(int)
    written = []
    for kind, entry_id in zip(columns.kind, of_entry, strict=True):
        identity = f"{entry_id}{SEPARATOR}{identities[kind]}{SEPARATOR}"
        counts[identity] += 1
        written.append(f"{identity}{counts[identity]}")
    return short_ids("p", written)


def _said(kind: PropertyValue) -> dict[str, Any]:
    """Return the columns that are the same for all values of a kind."""
    return {
        "property": kind.property,
        "unit": kind.unit,
        "qualifier": kind.qualifier.value,
        "method": kind.method.value,
        "functional": kind.functional,
        "conditions": [condition.model_dump() for condition in kind.conditions],
    }


def _amounts(compositions: Sequence[Composition]) -> Arrays:
    numbers, unique = _numbered(compositions)
    elements = pa.array([list(one.elements) for one in unique], _type("elements"))
    amounts = pa.array([list(one.amounts) for one in unique], _type("amounts"))
    return {"elements": elements.take(numbers), "amounts": amounts.take(numbers)}


def _structures(columns: StructureColumns | None, n_records: int) -> Arrays:
    if columns is None:
        return {name: pa.nulls(n_records, _type(name)) for name in _STRUCTURE}
    sites = list(map(len, columns.site_species))
    return {
        "lattice_vectors": _lists("lattice_vectors", columns.lattice_vectors.reshape(-1), [9] * n_records),
        "fractional_positions": _lists(
            "fractional_positions", columns.fractional_positions.reshape(-1), [3 * n_sites for n_sites in sites]
        ),
        "site_species": _lists("site_species", list(chain.from_iterable(columns.site_species)), sites),
        "species": _species(columns.occupants),
    }


def _species(occupants: Sequence[Occupants]) -> pa.Array[Any]:
    numbers, unique = _numbered(occupants)
    rows = [[species.model_dump() for species in one.species] for one in unique]
    species: pa.Array[Any] = pa.array(rows, _type("species"))
    return species.take(numbers)


def _lists(name: str, values: Any, lengths: Iterable[int]) -> pa.Array[Any]:  # noqa: ANN401 — numbers, or an array of them
    kind = _type(name)
    offsets = pa.array(list(accumulate(lengths, initial=0)), pa.int32())
    return pa.ListArray.from_arrays(offsets, pa.array(values, kind.value_type), type=kind)


def _numbered[T: Hashable](things: Sequence[T]) -> tuple[pa.Array[Any], list[T]]:
    """Return of each thing the place of its equal among the different ones, and these."""
    places: dict[T, int] = {}
    numbers = [places.setdefault(thing, len(places)) for thing in things]
    return pa.array(numbers, pa.int64()), list(places)


def _texts_or_nulls(texts: Sequence[str | None] | None, n_records: int) -> pa.Array[Any]:
    return pa.nulls(n_records, pa.string()) if texts is None else pa.array(texts, pa.string())


def _type(name: str) -> Any:  # noqa: ANN401 — the stubs of pyarrow do not say which types have values
    return _ENTRIES.field(name).type
