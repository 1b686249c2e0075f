"""Write: tables in, Parquet parts out; sorted, compressed, the same bytes for the same rows.

A part whose bytes are those of the parent version becomes a second name of the parent's file.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from curation.datasets.tables import TABLES, Table
from schemas.arrow import arrow_schema
from schemas.dataset import Part
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from curation.workbench import Workbench
    from schemas.dataset import Manifest

PART_ROWS = 100_000
_ROW_GROUP = 50_000


def write_tables(
    bench: Workbench, folder: Path, sources: list[str], parent: tuple[Path, Manifest] | None
) -> list[Part]:
    """Write all tables of a version into an empty folder and return its parts."""
    known = {part.path: part for part in parent[1].parts} if parent else {}
    parts: list[Part] = []
    for table in TABLES:
        (folder / table.name).mkdir()
        for partition, number, rows in _partitions(bench, table, sources):
            path = f"{table.name}/{partition}-{number:04d}.parquet"
            write_part(rows, folder / path)
            part = _part(table.name, path, folder / path, rows.num_rows)
            if parent and path in known and known[path].sha256 == part.sha256:
                _share(parent[0] / path, folder / path)
            parts.append(part)
    return parts


def write_part(rows: pa.Table, path: Path) -> None:
    """Write one part: zstd, fixed row groups, no time stamp."""
    pq.write_table(rows, path, compression="zstd", row_group_size=_ROW_GROUP, version="2.6")


def _partitions(bench: Workbench, table: Table, sources: list[str]) -> Iterator[tuple[str, int, pa.Table]]:
    """Yield (partition, number, rows): by source where the table is, at least one part for each table."""
    schema = arrow_schema(table.row)
    empty = True
    for partition in sources if table.by_source else ["all"]:
        condition = f"WHERE source = '{partition}'" if table.by_source else ""
        columns = ", ".join(f'"{name}"' for name in schema.names)
        sql = f"SELECT {columns} FROM ({table.sql}) {condition} ORDER BY {table.order}"
        for number, rows in enumerate(_chunks(bench, sql, schema)):
            empty = False
            yield partition, number, rows
    if empty:
        yield "none", 0, schema.empty_table()


def _chunks(bench: Workbench, sql: str, schema: pa.Schema) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in bench.batches(sql, PART_ROWS):
        waiting.append(batch)
        count += batch.num_rows
        while count >= PART_ROWS:
            whole = pa.Table.from_batches(waiting)
            yield _shaped(whole.slice(0, PART_ROWS), schema)
            rest = whole.slice(PART_ROWS)
            waiting, count = rest.to_batches(), rest.num_rows
    if count:
        yield _shaped(pa.Table.from_batches(waiting), schema)


def _shaped(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    return rows.cast(schema).combine_chunks()


def _part(table: str, path: str, file: Path, rows: int) -> Part:
    return Part(table=table, path=path, sha256=sha256_of_file(file), bytes=file.stat().st_size, rows=rows)


def _share(present: Path, new: Path) -> None:
    """Make a new part a second name of a present one; where the file system cannot, the copy stays."""
    other = new.with_suffix(".shared")
    try:
        os.link(present, other)
    except OSError:
        return
    other.replace(new)
