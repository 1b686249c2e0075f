"""Record rows: columns of records in, the same records one by one out."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from schemas.material import MaterialRecord, Structure
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.records.columns import RecordColumns, StructureColumns, ValueColumns
    from schemas.measurement import PropertyValue


def records_of(columns: RecordColumns) -> Iterator[MaterialRecord]:
    """Yield the records, in order."""
    n_records = len(columns)
    structures = list(_structures(columns.structures)) if columns.structures else [None] * n_records
    values = _values(columns.values, n_records)
    for number, source_id in enumerate(columns.source_ids):
        yield MaterialRecord(
            source_id=source_id,
            formula=columns.formulas[number],
            structure=structures[number],
            phase=columns.phases[number] if columns.phases else None,
            labels=dict(columns.labels[number]) if columns.labels else {},
            last_modified=columns.last_modified[number] if columns.last_modified else None,
            properties=tuple(values[number]),
            pointer=Pointer.parse(columns.pointers[number]),
        )


def _structures(columns: StructureColumns) -> Iterator[Structure]:
    lattices, positions = columns.lattice_vectors.tolist(), columns.fractional_positions.tolist()
    places = pairwise(accumulate(map(len, columns.site_species), initial=0))
    for lattice, (start, end), sites, occupants in zip(
        lattices, places, columns.site_species, columns.occupants, strict=True
    ):
        yield Structure(
            lattice_vectors=lattice,
            fractional_positions=tuple(map(tuple, positions[start:end])),
            site_species=tuple(sites),
            species=occupants.species,
        )


def _values(columns: ValueColumns, n_records: int) -> list[list[PropertyValue]]:
    found: list[list[PropertyValue]] = [[] for _ in range(n_records)]
    rows = zip(columns.kind, columns.record, columns.contents, columns.texts, columns.pointers, strict=True)
    for kind, record, content, text, pointer in rows:
        said = {**content, "text": text, "pointer": Pointer.parse(pointer)}
        found[record].append(columns.kinds[kind].model_copy(update=said))
    return found
