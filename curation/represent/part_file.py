"""Part file: one part of `materials` in, one row-aligned Parquet file out; the same bytes every time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curation.represent.errors import BrokenRepresenterError
from schemas.disk import canonical_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.represent.representer import Features, Representer
    from schemas.representation import RepresentationSpec

# Rows that are computed and written at a time: memory is bounded by this many vectors, not by the part.
ROW_GROUP = 65_536
_COLUMNS = ["material_id", "elements", "amounts"]


def vector_schema(spec: RepresentationSpec) -> pa.Schema:
    """Return the schema of a part: material_id, vector (null where failed), failure (null where fine).

    The metadata `representation` holds the spec as JSON. Parquet has no lists of fixed size: readers that do
    not look at the Arrow schema of the file see a list, in DuckDB `vector::FLOAT[width]` makes an array of
    it.
    """
    element = pa.field("element", pa.float32(), nullable=False)
    fields = [
        pa.field("material_id", pa.string(), nullable=False),
        pa.field("vector", pa.list_(element, spec.width)),
        pa.field("failure", pa.string(), metadata={"description": "Why there is no vector; null where there is."}),
    ]
    return pa.schema(fields, metadata={"representation": canonical_json(spec.model_dump(mode="json"))})


def write_part(representer: Representer, materials: Path, target: Path, *, on_rows: Callable[[int], None]) -> None:
    """Compute the vectors of a part and write them, durable before the file has its name.

    Args:
        representer: what computes the vectors.
        materials: Parquet file of rows of `materials`.
        target: the file to write.
        on_rows: told the number of rows whenever a row group is written.

    Raises:
        BrokenRepresenterError: the vectors have another shape or type than promised, or are not finite.
    """
    rows = pq.ParquetFile(materials).read(columns=_COLUMNS, use_threads=False)
    schema = vector_schema(representer.spec)
    building = target.with_name(f".building-{target.name}")
    with pq.ParquetWriter(
        building,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=["failure"],  # type: ignore[arg-type] # the stubs leave out the list of columns
        write_statistics=["material_id"],
    ) as writer:
        for start in range(0, rows.num_rows, ROW_GROUP):
            some = rows.slice(start, ROW_GROUP)
            batch = _batch(some["material_id"], representer.compute(some), representer.spec, schema)
            writer.write_table(batch, row_group_size=ROW_GROUP)
            on_rows(some.num_rows)
    with building.open("rb") as file:
        os.fsync(file.fileno())
    building.replace(target)


def count_rows(path: Path) -> tuple[int, int]:
    """Return the number of rows of a written part, and how many of them failed."""
    failure = pq.ParquetFile(path).read(columns=["failure"], use_threads=False)["failure"]
    return len(failure), len(failure) - failure.null_count


def _batch(
    ids: pa.ChunkedArray[pa.StringScalar], features: Features, spec: RepresentationSpec, schema: pa.Schema
) -> pa.Table:
    failed = np.zeros(len(ids), dtype=np.bool_)
    failed[list(features.failures)] = True
    _check(features, failed, spec)
    vector = pa.FixedSizeListArray.from_arrays(
        pa.array(features.vectors.reshape(-1)), type=schema.field("vector").type, mask=pa.array(failed)
    )
    reasons = np.full(len(ids), None, dtype=np.object_)
    reasons[list(features.failures)] = list(features.failures.values())
    return pa.table([ids.cast(pa.string()), vector, pa.array(reasons, pa.string())], schema=schema)


def _check(features: Features, failed: np.ndarray[tuple[int], np.dtype[np.bool_]], spec: RepresentationSpec) -> None:
    vectors, expected = features.vectors, (len(failed), spec.width)
    if vectors.shape != expected or vectors.dtype != np.float32:
        message = f"{spec.name} gave {vectors.dtype} {vectors.shape}, expected float32 {expected}"
        raise BrokenRepresenterError(message)
    broken = np.flatnonzero(~np.isfinite(vectors).all(axis=1) & ~failed)
    if broken.size:
        message = f"{spec.name} gave NaN or infinity, and no reason, for {broken.size} rows, first {broken[0]}"
        raise BrokenRepresenterError(message)
