"""Record tables: columns of records in, the Arrow tables of entries and of values out, without a row in between."""

from __future__ import annotations

import json
from collections import defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from harvest.records.arrays import array_of, lists, numbers
from harvest.records.identifiers import SEPARATOR, short_ids
from schemas.arrow import arrow_schema
from schemas.records import EntryRecordRow, PropertyRecordRow

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from harvest.records.columns import Occupants, RecordColumns, StructureColumns, ValueColumns
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
        **_contents(columns.contents),
        "confidence": pa.nulls(len(of_entry), pa.float64()),
    }
    return pa.Table.from_arrays([arrays[name] for name in _VALUES.names], schema=_VALUES)


def _contents(contents: Sequence[Mapping[str, Any]]) -> Arrays:
    given = set(chain.from_iterable(contents))
    kinds = {name: _VALUES.field(name).type for name in _CONTENT}
    return {
        name: array_of([content.get(name) for content in contents], kind)
        if name in given
        else pa.nulls(len(contents), kind)
        for name, kind in kinds.items()
    }


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
    return {
        "lattice_vectors": lists([9] * n_records, lattices, _type("lattice_vectors")),
        "fractional_positions": lists([3 * n for n in sites], positions, _type("fractional_positions")),
        "site_species": array_of(columns.site_species, _type("site_species")),
        "species": _species(columns.occupants),
    }


def _species(occupants: Sequence[Occupants]) -> pa.Array[Any]:
    """Return the species of all structures, field by field: many structures have the same few."""
    kind = _type("species")
    fields = [kind.value_type.field(number) for number in range(kind.value_type.num_fields)]
    of_each = {
        kinds: [[getattr(one, field.name) for one in kinds.species] for field in fields] for kinds in set(occupants)
    }
    columns = [
        array_of(list(chain.from_iterable(of_each[kinds][number] for kinds in occupants)), field.type)
        for number, field in enumerate(fields)
    ]
    return lists([len(kinds.species) for kinds in occupants], pa.StructArray.from_arrays(columns, fields=fields), kind)


def _texts_or_nulls(texts: Sequence[str | None] | None, n_records: int) -> pa.Array[Any]:
    return pa.nulls(n_records, pa.string()) if texts is None else array_of(texts, pa.string())


def _type(name: str) -> Any:  # noqa: ANN401 — the stubs of pyarrow do not say which types have values
    return _ENTRIES.field(name).type
