"""Part file: one part of `materials` in, one row-aligned Parquet file out; the same bytes every time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curation.represent.errors import BrokenRepresenterError
from curation.represent.fingerprint import BYTES, fingerprints
from curation.represent.known_rows import KnownRows
from curation.represent.representer import Columns
from schemas.disk import canonical_json
from schemas.representation import Form, Needs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from curation.represent.representer import Features, Representer
    from schemas.representation import RepresentationSpec

# Rows that are computed and written at a time: memory is bounded by this many vectors, not by the part.
ROW_GROUP = 65_536
STRUCTURE_ROW_GROUP = 8_192
# 8 MiB in single precision: beyond 32 MiB the C library maps fresh memory each time, and its first touch is what costs.
_NUMBERS_AT_A_TIME = 1 << 21
_FIRST = "material_id"


def part_schema(representer: Representer, rows: pa.Table) -> pa.Schema:
    """Return the schema of a part: material_id, content (null where failed), failure (null where fine), fingerprint.

    The metadata `representation` holds the spec as JSON. The content is a column `vector`, or the columns of the spec.
    Parquet has no lists of fixed size: readers that do not look at the Arrow schema of the file see a list, in DuckDB
    `vector::FLOAT[width]` makes an array of it.
    """
    spec = representer.spec
    if spec.form is Form.VECTOR:
        element = pa.field("element", pa.float32(), nullable=False)
        content = [pa.field("vector", pa.list_(element, spec.width))]
    else:
        content = list(_columns_of(representer.compute(rows.slice(0, 0)), spec).table.schema)
    fields = [
        pa.field(_FIRST, pa.string(), nullable=False),
        *content,
        pa.field("failure", pa.string(), metadata={"description": "Why there is nothing; null where there is."}),
        pa.field("fingerprint", pa.binary(BYTES), metadata={"description": "Of what the row was computed from."}),
    ]
    return pa.schema(fields, metadata={"representation": canonical_json(spec.model_dump(mode="json"))})


def write_part(
    representer: Representer,
    rows: pa.Table,
    target: Path,
    *,
    on_rows: Callable[[int], None],
    known: KnownRows | None = None,
) -> int:
    """Compute the rows of a part that are not known and write all, durable before the file has its name.

    Args:
        representer: what computes the rows.
        rows: as `read_rows` gives them.
        target: the file to write.
        on_rows: told the number of rows whenever a row group is written.
        known: rows of other versions.

    Returns:
        The number of rows that had to be computed.

    Raises:
        BrokenRepresenterError: the vectors have another shape or type than promised, or are not finite.
    """
    schema = part_schema(representer, rows)
    building = target.with_name(f".building-{target.name}")
    step, computed = _rows_at_a_time(representer.spec), 0
    with pq.ParquetWriter(
        building,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=["failure"],  # type: ignore[arg-type] # the stubs leave out the list of columns
        write_statistics=["material_id"],
    ) as writer:
        for start in range(0, rows.num_rows, step):
            some = rows.slice(start, step)
            batch, fresh = _batch(representer, some, schema, known or KnownRows())
            writer.write_table(batch, row_group_size=step)
            computed += fresh
            on_rows(some.num_rows)
    with building.open("rb") as file:
        os.fsync(file.fileno())
    building.replace(target)
    return computed


def count_rows(path: Path) -> tuple[int, int]:
    """Return the number of rows of a written part, and how many of them failed."""
    failure = pq.ParquetFile(path).read(columns=["failure"], use_threads=False)["failure"]
    return len(failure), len(failure) - failure.null_count


def _rows_at_a_time(spec: RepresentationSpec) -> int:
    most = STRUCTURE_ROW_GROUP if spec.needs is Needs.STRUCTURE else ROW_GROUP
    return max(1, min(most, _NUMBERS_AT_A_TIME // spec.width)) if spec.form is Form.VECTOR else most


def _batch(representer: Representer, rows: pa.Table, schema: pa.Schema, known: KnownRows) -> tuple[pa.Table, int]:
    """Return some rows as they are written, and how many of them had to be computed."""
    marks = fingerprints(rows, representer.spec.needs)
    found, places = known.find(marks)
    if not len(found):
        return _computed(representer, rows, marks, schema), rows.num_rows
    lent = known.take(places, schema).set_column(0, schema.field(0), rows[_FIRST].take(found))
    missing = np.setdiff1d(np.arange(rows.num_rows), found)
    fresh = _computed(representer, rows.take(missing), marks.take(missing), schema)
    back = np.argsort(np.concatenate((found, missing)), kind="stable")
    return pa.concat_tables([lent, fresh]).take(back).combine_chunks(), len(missing)


def _computed(representer: Representer, rows: pa.Table, marks: pa.Array[Any], schema: pa.Schema) -> pa.Table:
    if not rows.num_rows:
        return schema.empty_table()
    spec, computed = representer.spec, representer.compute(rows)
    failed = np.zeros(rows.num_rows, dtype=np.bool_)
    failed[list(computed.failures)] = True
    content = _vector(computed, failed, spec, schema) if spec.form is Form.VECTOR else _nulled(computed, failed, spec)
    ids = rows[_FIRST].cast(pa.string())
    return pa.table([ids, *content, _reasons(computed.failures, rows.num_rows), marks], schema=schema)


def _vector(
    computed: Features | Columns,
    failed: np.ndarray[tuple[int], np.dtype[np.bool_]],
    spec: RepresentationSpec,
    schema: pa.Schema,
) -> list[pa.Array[Any]]:
    if isinstance(computed, Columns):
        message = f"{spec.name} gave columns, expected vectors, as its spec says"
        raise BrokenRepresenterError(message)
    _check(computed, failed, spec)
    values = computed.vectors.astype(np.float32, copy=False).reshape(-1)
    return [
        pa.FixedSizeListArray.from_arrays(pa.array(values), type=schema.field("vector").type, mask=pa.array(failed))
    ]


def _nulled(
    computed: Features | Columns, failed: np.ndarray[tuple[int], np.dtype[np.bool_]], spec: RepresentationSpec
) -> list[pa.Array[Any]]:
    table = _columns_of(computed, spec).table
    if table.num_rows != len(failed):
        message = f"{spec.name} gave {table.num_rows} rows, expected {len(failed)}"
        raise BrokenRepresenterError(message)
    if not failed.any():
        return [column.combine_chunks() for column in table.columns]
    places: Any = pa.array(np.arange(len(failed)), mask=failed)
    return [column.combine_chunks().take(places) for column in table.columns]


def _columns_of(computed: Features | Columns, spec: RepresentationSpec) -> Columns:
    if not isinstance(computed, Columns) or tuple(computed.table.column_names) != spec.labels:
        message = f"{spec.name} gave no columns {', '.join(spec.labels)}, as its spec says"
        raise BrokenRepresenterError(message)
    return computed


def _reasons(failures: Mapping[int, str], n_rows: int) -> pa.Array[Any]:
    reasons = np.full(n_rows, None, dtype=np.object_)
    reasons[list(failures)] = list(failures.values())
    return pa.array(reasons, pa.string())


def _check(features: Features, failed: np.ndarray[tuple[int], np.dtype[np.bool_]], spec: RepresentationSpec) -> None:
    vectors, expected = features.vectors, (len(failed), spec.width)
    if vectors.shape != expected or vectors.dtype not in {np.dtype(np.float32), np.dtype(np.float64)}:
        message = f"{spec.name} gave {vectors.dtype} {vectors.shape}, expected float32 or float64 {expected}"
        raise BrokenRepresenterError(message)
    broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1) & ~failed)
    if broken.size:
        message = f"{spec.name} gave NaN or infinity, and no reason, for {broken.size} rows, first {broken[0]}"
        raise BrokenRepresenterError(message)
