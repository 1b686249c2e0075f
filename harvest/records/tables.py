"""Record tables: columns of records in, the Arrow tables of entries and of values out, without a row in between."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from harvest.records.arrays import array_of, lists, numbers
from harvest.records.identifiers import SEPARATOR, short_ids
from schemas.arrow import arrow_schema
from schemas.records import EntryRecordRow, PropertyRecordRow

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from harvest.records.columns import RecordColumns, StructureColumns, ValueColumns
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
    given: dict[str, Sequence[Any]] = {
        "entry_id": entry_ids,
        "source_id": columns.source_ids,
        "formula_given": columns.formulas,
        "elements": [composition.elements for composition in columns.compositions],
        "amounts": [composition.amounts for composition in columns.compositions],
        "licence": [licence] * n_records,
        "record_sha256": hashes,
        "raw_sha256": raws,
        "pointer": columns.pointers,
    }
    arrays: Arrays = {
        **{name: array_of(values, _type(name)) for name, values in given.items()},
        "phase": _texts_or_nulls(columns.phases, n_records),
        "labels": array_of(columns.labels or [{}] * n_records, _type("labels")),
        "last_modified": _texts_or_nulls(columns.last_modified, n_records),
        **_structures(columns.structures, n_records),
    }
    return pa.Table.from_arrays([arrays[name] for name in _ENTRIES.names], schema=_ENTRIES)


def value_table(columns: ValueColumns, entry_ids: Sequence[str], raws: Sequence[str]) -> pa.Table:
    """Return the rows of `properties`; see `entry_table`."""
    said = [_said(kind) for kind in columns.kinds]
    of_entry = [entry_ids[record] for record in columns.record]
    given: dict[str, Sequence[Any]] = {
        **{name: [said[kind][name] for kind in columns.kind] for name in said[0]},
        "property_id": _value_ids(columns, of_entry),
        "entry_id": of_entry,
        "text": columns.texts,
        "raw_sha256": [raws[record] for record in columns.record],
        "pointer": columns.pointers,
    }
    arrays: Arrays = {
        **{name: array_of(values, _VALUES.field(name).type) for name, values in given.items()},
        **{name: _content(name, columns) for name in _CONTENT},
        "confidence": pa.nulls(len(of_entry), pa.float64()),
    }
    return pa.Table.from_arrays([arrays[name] for name in _VALUES.names], schema=_VALUES)


def _content(name: str, columns: ValueColumns) -> pa.Array[Any]:
    return array_of([given.get(name) for given in columns.contents], _VALUES.field(name).type)


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


def _structures(columns: StructureColumns | None, n_records: int) -> Arrays:
    if columns is None:
        return {name: pa.nulls(n_records, _type(name)) for name in _STRUCTURE}
    sites = list(map(len, columns.site_species))
    lattices = numbers(columns.lattice_vectors, pa.float64())
    positions = numbers(columns.fractional_positions, pa.float64())
    rows = {kinds: [species.model_dump() for species in kinds.species] for kinds in set(columns.occupants)}
    return {
        "lattice_vectors": lists([9] * n_records, lattices, _type("lattice_vectors")),
        "fractional_positions": lists([3 * n for n in sites], positions, _type("fractional_positions")),
        "site_species": array_of(columns.site_species, _type("site_species")),
        "species": array_of([rows[kinds] for kinds in columns.occupants], _type("species")),
    }


def _texts_or_nulls(texts: Sequence[str | None] | None, n_records: int) -> pa.Array[Any]:
    return pa.nulls(n_records, pa.string()) if texts is None else array_of(texts, pa.string())


def _type(name: str) -> Any:  # noqa: ANN401 — the stubs of pyarrow do not say which types have values
    return _ENTRIES.field(name).type
