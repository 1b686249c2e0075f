"""Records: parsed pages in, Parquet tables out; columns are built batch by batch, so memory is bounded by the batch."""

from __future__ import annotations

import hashlib
import json
from itertools import chain
from typing import TYPE_CHECKING, Self

from harvest.records.canonical import canonical_texts
from harvest.records.identifiers import SEPARATOR, short_id, short_ids
from harvest.records.joined import joined
from harvest.records.parquet import RecordTable
from harvest.records.rows import records_of
from harvest.records.tables import entry_table, identity_of, value_table
from harvest.source import Rejected, why
from schemas.arrow import arrow_schema
from schemas.records import EntryRecordRow, PropertyRecordRow, RawObjectRecordRow, RecordFile, RejectedRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pydantic import BaseModel
    from pydantic.main import IncEx

    from harvest.door import SeenObject
    from harvest.records.columns import RecordColumns
    from harvest.records.parquet import Row
    from harvest.source import Plan, RawObject
    from schemas.material import MaterialRecord, Structure
    from schemas.measurement import PropertyValue

TABLES: dict[str, type[BaseModel]] = {
    "entries": EntryRecordRow,
    "properties": PropertyRecordRow,
    "rejected": RejectedRow,
    "raw_objects": RawObjectRecordRow,
}
_ENOUGH = 2048  # records, so that making a table of them is cheap
_EXCERPT = 20_000
_NOT_HASHED_YET = b""
_EACH: IncEx = {"__all__": {"pointer"}}
_NOT_CONTENT: IncEx = {"pointer": True, "last_modified": True, "properties": _EACH}


class RecordWriter:
    """Writes the records of one source into a folder.

    Attributes:
        delivered_twice: records that came again with the same content.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        """Write into an empty folder."""
        self._plan = plan
        self._tables = {
            table: RecordTable(folder / f"{table}.parquet", arrow_schema(model)) for table, model in TABLES.items()
        }
        self._waiting: list[tuple[RecordColumns, str]] = []  # with the hash of the raw object that they came with
        self._records: dict[str, bytes] = {}
        self._rejected_rows: set[str] = set()
        self._rejected_ids: set[str] = set()
        self.delivered_twice = 0

    def add_columns(self, columns: RecordColumns, raw: RawObject) -> None:
        """Take the records of a page; as columns, if none of them was delivered before."""
        ids = columns.source_ids
        if len(set(ids)) < len(ids) or not self._records.keys().isdisjoint(ids):
            for record in records_of(columns):
                self._accept(record, raw)
            return
        if self._waiting and (self._waiting[-1][0].structures is None) != (columns.structures is None):
            self._write_waiting()
        self._records.update(dict.fromkeys(ids, _NOT_HASHED_YET))
        self._waiting.append((columns, raw.sha256))
        if sum(len(waiting) for waiting, _ in self._waiting) >= _ENOUGH:
            self._write_waiting()

    def _write_waiting(self) -> None:
        """Hash the records of the columns that wait, and make tables of them."""
        if not self._waiting:
            return
        waiting, self._waiting = self._waiting, []
        columns = joined([part for part, _ in waiting])
        entry_ids = short_ids("e", [f"{self._plan.key}{SEPARATOR}{source_id}" for source_id in columns.source_ids])
        hashes = [hashlib.sha256(text) for text in canonical_texts(columns)]
        self._records.update(zip(columns.source_ids, [hashed.digest() for hashed in hashes], strict=True))
        raws = [sha256 for part, sha256 in waiting for _ in range(len(part))]
        licence = self._plan.about.licence
        written = [hashed.hexdigest() for hashed in hashes]
        self._tables["entries"].put_table(entry_table(columns, entry_ids, written, raws, licence=licence))
        if columns.values.kind:
            self._tables["properties"].put_table(value_table(columns.values, entry_ids, raws))

    def add(self, item: MaterialRecord | Rejected, raw: RawObject) -> None:
        """Take a parsed record, or a row that could not be read."""
        if isinstance(item, Rejected):
            self._reject(item, raw)
        else:
            self._accept(item, raw)

    def _accept(self, record: MaterialRecord, raw: RawObject) -> None:
        try:
            text = record.model_dump_json(exclude=_NOT_CONTENT)
            (record.last_modified or "").encode()
        except ValueError as error:  # a lone surrogate of broken JSON: no file can hold it
            reason = f"does_not_fit: a text is no Unicode ({why(error)})"
            self._reject(Rejected(record.pointer, (reason,), record.model_dump(), record.source_id), raw)
            return
        content = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        self._write_waiting()
        known = self._records.get(record.source_id)
        if known == content:
            self.delivered_twice += 1
            return
        if known is not None:
            reason = f"duplicate_id: {record.source_id} was delivered before with other content; the first is kept"
            self._reject(Rejected(record.pointer, (reason,), json.loads(text), record.source_id), raw)
            return
        self._records[record.source_id] = content
        entry_id = short_id("e", self._plan.key, record.source_id)
        self._tables["entries"].put(_entry_row(record, entry_id, content.hex(), raw, self._plan.about.licence))
        seen: dict[str, int] = {}
        for value in record.properties:
            self._tables["properties"].put(_property_row(value, entry_id, seen, raw))

    @property
    def n_records(self) -> int:
        """How many distinct records came, quarantined ones included."""
        return len(self._records)

    @property
    def records(self) -> Mapping[str, bytes]:
        """The sha256 of each distinct record by its source id; a row that was rejected stands by the id of its row."""
        self._write_waiting()
        return self._records

    def source_ids(self) -> set[str]:
        """Return the source's own ids of all that came, also of what was rejected."""
        return (self._records.keys() - self._rejected_rows) | self._rejected_ids

    def _reject(self, item: Rejected, raw: RawObject) -> None:
        if item.source_id is not None:
            self._rejected_ids.add(item.source_id)
        row_id = short_id("r", self._plan.key, raw.sha256, str(item.pointer), item.source_id or "", *item.reasons)
        if row_id in self._records:
            self.delivered_twice += 1
            return
        self._records[row_id] = bytes.fromhex(raw.sha256)
        self._rejected_rows.add(row_id)
        row = json.dumps(item.row, sort_keys=True, default=str)[:_EXCERPT]
        source_id = None if item.source_id is None else _writable(item.source_id)
        self._tables["rejected"].put(
            {
                "row_id": row_id,
                "table": "entries",
                "source_id": source_id,
                "reasons": [_writable(reason) for reason in item.reasons],
                "row": row,
                "raw_sha256": raw.sha256,
                "pointer": str(item.pointer),
            }
        )

    def __enter__(self) -> Self:
        """Return the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files, also after an error."""
        for table in self._tables.values():
            table.close()

    def finish(self, raw_objects: Sequence[SeenObject]) -> tuple[RecordFile, ...]:
        """Write what is left, close the files, and return what was written."""
        for raw in raw_objects:
            self._tables["raw_objects"].put(
                {
                    "raw_sha256": raw.sha256,
                    "request": raw.request_key,
                    "uri": raw.uri,
                    "media_type": raw.media_type,
                    "n_bytes": raw.n_bytes,
                }
            )
        self._write_waiting()
        return tuple(table.finish() for table in self._tables.values())


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
        "labels": dict(record.labels),
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
    what = identity_of(value)
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
        "conditions": [condition.model_dump() for condition in value.conditions],
        "confidence": value.confidence,
        "raw_sha256": raw.sha256,
        "pointer": str(value.pointer),
    }
