"""Records: parsed pages in, Parquet tables out; columns are built batch by batch, so memory is bounded by the batch."""

from __future__ import annotations

import hashlib
import json
from itertools import chain
from typing import TYPE_CHECKING, Self

import pyarrow as pa
import pyarrow.parquet as pq

from harvest.source import Rejected
from schemas.arrow import arrow_schema
from schemas.disk import sha256_of_file
from schemas.records import EntryRecordRow, PropertyRecordRow, RawObjectRecordRow, RecordFile, RejectedRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pydantic import BaseModel
    from pydantic.main import IncEx

    from harvest.door import SeenObject
    from harvest.source import Plan, RawObject
    from schemas.material import MaterialRecord, Structure
    from schemas.measurement import PropertyValue

Row = dict[str, object]
TABLES: dict[str, type[BaseModel]] = {
    "entries": EntryRecordRow,
    "properties": PropertyRecordRow,
    "rejected": RejectedRow,
    "raw_objects": RawObjectRecordRow,
}
_BATCH = 4096
_EXCERPT = 20_000
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _LETTERS for second in _LETTERS]
_SHIFTS = range(70, -1, -10)
_EACH: IncEx = {"__all__": {"pointer"}}
_NOT_CONTENT: IncEx = {"pointer": True, "last_modified": True, "properties": _EACH}


def short_id(prefix: str, *parts: str) -> str:
    """Return an identifier of 80 bits: the prefix and the base32 of a hash over the parts."""
    hashed = hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(hashed[:10])
    return f"{prefix}-{''.join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])}"


class RecordWriter:
    """Writes the records of one source into a folder.

    Attributes:
        records: source id to hash of its canonical record, for every distinct record, quarantined ones included.
        delivered_twice: records that came again with the same content.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        """Write into an empty folder."""
        self._plan = plan
        self._folder = folder
        self._rows: dict[str, list[Row]] = {table: [] for table in TABLES}
        self._counts = dict.fromkeys(TABLES, 0)
        self._writers = {
            table: pq.ParquetWriter(folder / f"{table}.parquet", arrow_schema(model), compression="zstd")
            for table, model in TABLES.items()
        }
        self.records: dict[str, str] = {}
        self.delivered_twice = 0

    def add(self, item: MaterialRecord | Rejected, raw: RawObject) -> None:
        """Take a parsed record, or a row that could not be read."""
        if isinstance(item, Rejected):
            self._reject(item, raw)
        else:
            self._accept(item, raw)

    def _accept(self, record: MaterialRecord, raw: RawObject) -> None:
        text = record.model_dump_json(exclude=_NOT_CONTENT)
        content = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        known = self.records.get(record.source_id)
        if known == content:
            self.delivered_twice += 1
            return
        if known is not None:
            reason = f"duplicate_id: {record.source_id} was delivered before with other content; the first is kept"
            self._reject(Rejected(record.pointer, (reason,), json.loads(text), record.source_id), raw)
            return
        self.records[record.source_id] = content
        entry_id = short_id("e", self._plan.key, record.source_id)
        self._put("entries", _entry_row(record, entry_id, content, raw, self._plan.about.licence))
        seen: dict[str, int] = {}
        for value in record.properties:
            self._put("properties", _property_row(value, entry_id, seen, raw))

    def _reject(self, item: Rejected, raw: RawObject) -> None:
        row_id = short_id("r", self._plan.key, raw.sha256, str(item.pointer), *item.reasons)
        if row_id in self.records:
            self.delivered_twice += 1
            return
        self.records[row_id] = raw.sha256
        row = json.dumps(item.row, sort_keys=True, default=str)[:_EXCERPT]
        source_id = None if item.source_id is None else _writable(item.source_id)
        self._put(
            "rejected",
            {
                "row_id": row_id,
                "table": "entries",
                "source_id": source_id,
                "reasons": [_writable(reason) for reason in item.reasons],
                "row": row,
                "raw_sha256": raw.sha256,
                "pointer": str(item.pointer),
            },
        )

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files, also after an error."""
        for writer in self._writers.values():
            writer.close()

    def finish(self, raw_objects: Sequence[SeenObject]) -> tuple[RecordFile, ...]:
        """Write what is left, close the files, and return what was written."""
        for raw in raw_objects:
            self._put(
                "raw_objects",
                {
                    "raw_sha256": raw.sha256,
                    "request": raw.request_key,
                    "uri": raw.uri,
                    "media_type": raw.media_type,
                    "n_bytes": raw.n_bytes,
                },
            )
        for table in TABLES:
            self._flush(table)
            self._writers[table].close()
        return tuple(
            RecordFile(
                table=table,
                path=f"{table}.parquet",
                sha256=sha256_of_file(self._folder / f"{table}.parquet"),
                rows=self._counts[table],
            )
            for table in TABLES
        )

    def _put(self, table: str, row: Row) -> None:
        self._rows[table].append(row)
        self._counts[table] += 1
        if len(self._rows[table]) >= _BATCH:
            self._flush(table)

    def _flush(self, table: str) -> None:
        if self._rows[table]:
            schema = arrow_schema(TABLES[table])
            self._writers[table].write_table(pa.Table.from_pylist(self._rows[table], schema=schema))
            self._rows[table] = []


def _writable(text: str) -> str:
    """Return a text with what is no Unicode character (a lone surrogate of broken JSON) written as its code."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _entry_row(record: MaterialRecord, entry_id: str, content: str, raw: RawObject, licence: str) -> Row:
    amounts = dict(sorted(record.composition().items()))
    return {
        "entry_id": entry_id,
        "source_id": record.source_id,
        "formula_given": record.formula,
        "elements": list(amounts),
        "amounts": list(amounts.values()),
        "phase": record.phase,
        "labels": list(record.labels.items()),
        "licence": record.licence or licence,
        "last_modified": record.last_modified,
        "record_sha256": content,
        "raw_sha256": raw.sha256,
        "pointer": str(record.pointer),
        **_structure_columns(record.structure),
    }


def _structure_columns(structure: Structure | None) -> Row:
    if structure is None:
        return dict.fromkeys(("lattice_vectors", "fractional_positions", "site_species", "species"))
    return {
        "lattice_vectors": list(chain.from_iterable(structure.lattice_vectors)),
        "fractional_positions": list(chain.from_iterable(structure.fractional_positions)),
        "site_species": list(structure.site_species),
        "species": [
            {
                "name": species.name,
                "chemical_symbols": list(species.chemical_symbols),
                "concentration": list(species.concentration),
            }
            for species in structure.species
        ],
    }


def _property_row(value: PropertyValue, entry_id: str, seen: dict[str, int], raw: RawObject) -> Row:
    """Flatten a value; its id holds what it is of, not where it stands, so that a moved page keeps it."""
    conditions = [condition.model_dump() for condition in value.conditions]
    written = json.dumps(conditions, sort_keys=True) if conditions else "[]"
    what = f"{value.property}\x1f{value.method}\x1f{value.functional or ''}\x1f{written}"
    seen[what] = seen.get(what, 0) + 1
    return {
        "property_id": short_id("p", entry_id, what, str(seen[what])),
        "entry_id": entry_id,
        "property": value.property,
        "value": value.value,
        "value_min": value.value_min,
        "value_max": value.value_max,
        "uncertainty": value.uncertainty,
        "unit": value.unit,
        "qualifier": value.qualifier.value,
        "category": value.category,
        "tensor": value.tensor,
        "tensor_shape": value.tensor_shape,
        "text": value.text,
        "method": value.method.value,
        "functional": value.functional,
        "conditions": conditions,
        "confidence": value.confidence,
        "raw_sha256": raw.sha256,
        "pointer": str(value.pointer),
    }
