"""Record tables: columns of records in, the Arrow tables of entries and of values out, without a row in between."""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from harvest.records.arrays import Repeats, array_of, lists, numbers
from harvest.records.identifiers import SEPARATOR, short_ids
from schemas.arrow import arrow_schema
from schemas.records import EntryRecordRow, PropertyRecordRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harvest.records.columns import Occupants, RecordColumns, StructureColumns, ValueColumns
    from schemas.measurement import PropertyValue

    type Arrays = dict[str, pa.Array[Any]]

_ENTRIES, _VALUES = arrow_schema(EntryRecordRow), arrow_schema(PropertyRecordRow)
_STRUCTURE = ("lattice_vectors", "fractional_positions", "site_species", "species")
_NO_LABELS: dict[str, str] = {}
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
    compositions = Repeats.of(columns.compositions)
    given: dict[str, Sequence[Any]] = {
        "entry_id": entry_ids,
        "source_id": columns.source_ids,
        "formula_given": columns.formulas,
        "record_sha256": hashes,
        "pointer": columns.pointers,
    }
    arrays: Arrays = {
        **{name: array_of(values, _type(name)) for name, values in given.items()},
        "elements": compositions.array(_type("elements"), attrgetter("elements")),
        "amounts": compositions.array(_type("amounts"), attrgetter("amounts")),
        "licence": Repeats.of([licence] * n_records).array(_type("licence")),
        "raw_sha256": Repeats.of(raws).array(_type("raw_sha256")),
        "phase": _texts_or_nulls(columns.phases, n_records),
        "labels": Repeats.of(columns.labels or [_NO_LABELS] * n_records).array(_type("labels")),
        "last_modified": _texts_or_nulls(columns.last_modified, n_records),
        **_structures(columns.structures, n_records),
    }
    return pa.Table.from_arrays([arrays[name] for name in _ENTRIES.names], schema=_ENTRIES)


def value_table(columns: ValueColumns, entry_ids: Sequence[str], raws: Sequence[str]) -> pa.Table:
    """Return the rows of `properties`; see `entry_table`."""
    n_values = len(columns.kind)
    of_entry = [entry_ids[record] for record in columns.record]
    said = [_said(kind) for kind in columns.kinds]
    kinds = Repeats(said, numbers(np.asarray(columns.kind, dtype=np.int64), pa.int64()))
    given: dict[str, Sequence[Any]] = {
        "property_id": _value_ids(columns, of_entry),
        "entry_id": of_entry,
        "text": columns.texts,
        "pointer": columns.pointers,
    }
    arrays: Arrays = {
        **{name: array_of(values, _VALUES.field(name).type) for name, values in given.items()},
        **{name: kinds.array(_VALUES.field(name).type, itemgetter(name)) for name in said[0]},
        **_contents(columns.contents),
        "raw_sha256": Repeats.of([raws[record] for record in columns.record]).array(pa.string()),
        "confidence": pa.nulls(n_values, pa.float64()),
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
    identities = [f"{SEPARATOR}{identity_of(kind)}{SEPARATOR}" for kind in columns.kinds]
    written = [f"{entry_id}{identities[kind]}" for kind, entry_id in zip(columns.kind, of_entry, strict=True)]
    if len(set(written)) == len(written):
        return short_ids("p", [f"{identity}1" for identity in written])
    counts: Counter[str] = Counter()
    counted = []
    for identity in written:
        counts[identity] += 1
        counted.append(f"{identity}{counts[identity]}")
    return short_ids("p", counted)


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
        "site_species": Repeats.of(columns.site_species).array(_type("site_species")),
        "species": Repeats.of(columns.occupants).array(_type("species"), _rows_of),
    }


def _rows_of(occupants: Occupants) -> list[dict[str, Any]]:
    return [species.model_dump() for species in occupants.species]


def _texts_or_nulls(texts: Sequence[str | None] | None, n_records: int) -> pa.Array[Any]:
    return pa.nulls(n_records, pa.string()) if texts is None else array_of(texts, pa.string())


def _type(name: str) -> Any:  # noqa: ANN401 — the stubs of pyarrow do not say which types have values
    return _ENTRIES.field(name).type
