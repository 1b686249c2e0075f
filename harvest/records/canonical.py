"""Canonical: columns of records in, the canonical text of each record out: what its hash is of.

The text is the JSON that `MaterialRecord.model_dump_json` writes of what a record says, without the places where it
stands and without its time stamp; a test holds the two to be the same, byte by byte. What all records have alike is
written once, and numbers are written together.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from harvest.records.columns import RecordColumns, StructureColumns, ValueColumns

_PLACE = {"pointer"}
_RECORD = b'{"source_id":%b,"formula":%b,"structure":%b,"phase":%b,"labels":%b,"licence":null,"properties":[%b]}'
_STRUCTURE = b'{"lattice_vectors":[[%b]],"fractional_positions":[[%b]],"site_species":%b,"species":%b}'
_ONLY_VALUE = {"value"}


def canonical_texts(columns: RecordColumns) -> list[bytes]:
    """Return the canonical text of each record."""
    n_records = len(columns)
    rows = zip(
        map(orjson.dumps, columns.source_ids),
        map(orjson.dumps, columns.formulas),
        _structures(columns.structures) if columns.structures else [b"null"] * n_records,
        map(orjson.dumps, columns.phases) if columns.phases else [b"null"] * n_records,
        map(orjson.dumps, columns.labels) if columns.labels else [b"{}"] * n_records,
        _values(columns.values, n_records),
        strict=True,
    )
    return [_RECORD % row for row in rows]


def _structures(columns: StructureColumns) -> list[bytes]:
    ends = accumulate(map(len, columns.site_species), initial=0)
    positions = np.ascontiguousarray(columns.fractional_positions)
    rows = zip(
        _insides(np.ascontiguousarray(columns.lattice_vectors)),
        _insides([positions[start:end] for start, end in pairwise(ends)]),
        map(orjson.dumps, columns.site_species),
        [occupants.written for occupants in columns.occupants],
        strict=True,
    )
    return [_STRUCTURE % row for row in rows]


def _insides(matrices: NDArray[np.float64] | Sequence[NDArray[np.float64]]) -> list[bytes]:
    """Return the JSON of each matrix without its brackets; none is empty."""
    text = orjson.dumps(matrices, option=orjson.OPT_SERIALIZE_NUMPY)
    return text.removeprefix(b"[[[").removesuffix(b"]]]").split(b"]],[[") if len(matrices) else []


def _values(columns: ValueColumns, n_records: int) -> list[bytes]:
    """Return the values of each record, with commas between them."""
    found: list[list[bytes]] = [[] for _ in range(n_records)]
    kinds = [kind.model_dump(mode="json", exclude=_PLACE) for kind in columns.kinds]
    numbers = [_number(kind) for kind in kinds]
    for kind, record, content, text in zip(columns.kind, columns.record, columns.contents, columns.texts, strict=True):
        if content.keys() == _ONLY_VALUE:
            written = numbers[kind] % (orjson.dumps(content["value"]), orjson.dumps(text))
        else:
            written = orjson.dumps({**kinds[kind], **content, "text": text})
        found[record].append(written)
    return [b",".join(values) for values in found]


def _number(kind: Mapping[str, Any]) -> bytes:
    """Return the JSON of a number of a kind, with places for its value and its text, in this order."""
    said = {name: orjson.Fragment(orjson.dumps(given).replace(b"%", b"%%")) for name, given in kind.items()}
    return orjson.dumps({**said, "value": orjson.Fragment(b"%b"), "text": orjson.Fragment(b"%b")})
