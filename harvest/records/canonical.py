"""Canonical: columns of records in, the canonical text of each record out: what its hash is of.

The text is the JSON that `MaterialRecord.model_dump_json` writes of what a record says, without the places where it
stands and without its time stamp; a test holds the two to be the same, byte by byte.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.records.columns import RecordColumns, StructureColumns, ValueColumns

_PLACE = {"pointer"}


def canonical_texts(columns: RecordColumns) -> list[bytes]:
    """Return the canonical text of each record."""
    n_records = len(columns)
    rows = zip(
        columns.source_ids,
        columns.formulas,
        _structures(columns.structures) if columns.structures else [None] * n_records,
        columns.phases or [None] * n_records,
        columns.labels or [{}] * n_records,
        _values(columns.values, n_records),
        strict=True,
    )
    return [
        orjson.dumps(
            {
                "source_id": source_id,
                "formula": formula,
                "structure": structure,
                "phase": phase,
                "labels": labels,
                "licence": None,
                "properties": values,
            },
            option=orjson.OPT_SERIALIZE_NUMPY,
        )
        for source_id, formula, structure, phase, labels, values in rows
    ]


def _structures(columns: StructureColumns) -> Iterator[dict[str, Any]]:
    lattices = np.ascontiguousarray(columns.lattice_vectors)
    positions = np.ascontiguousarray(columns.fractional_positions)
    ends = accumulate(map(len, columns.site_species), initial=0)
    for lattice, (start, end), sites, occupants in zip(
        lattices, pairwise(ends), columns.site_species, columns.occupants, strict=True
    ):
        yield {
            "lattice_vectors": lattice,
            "fractional_positions": positions[start:end],
            "site_species": sites,
            "species": orjson.Fragment(occupants.written),
        }


def _values(columns: ValueColumns, n_records: int) -> list[list[dict[str, Any]]]:
    found: list[list[dict[str, Any]]] = [[] for _ in range(n_records)]
    kinds = [kind.model_dump(mode="json", exclude=_PLACE) for kind in columns.kinds]
    for kind, record, content, text in zip(columns.kind, columns.record, columns.contents, columns.texts, strict=True):
        found[record].append({**kinds[kind], **content, "text": text})
    return found
