"""Write: tables in, Parquet parts out; sorted, compressed, the same bytes for the same rows.

A part ends after a row whose id says so, not after a number of rows: a row that comes or goes changes one part, and the
parts after it stay what they were. A part whose bytes are in the parent version becomes a second name of that file, if
the file still holds them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
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

# Ids are hashes in base 32: one in 32 to the power of 3 ends so.
CUT = "aaa"
LEAST_ROWS, MOST_ROWS = 8_192, 131_072
_ROW_GROUP = 50_000


def write_tables(
    bench: Workbench, folder: Path, sources: list[str], parent: tuple[Path, Manifest] | None
) -> tuple[list[Part], list[Path]]:
    """Write all tables of a version into an empty folder; return its parts, and the damaged files of the parent."""
    known = {part.sha256: parent[0] / part.path for part in parent[1].parts} if parent else {}
    parts: list[Part] = []
    damaged = []
    for table in TABLES:
        (folder / table.name).mkdir()
        for partition, number, rows in _partitions(bench, table, sources):
            path = f"{table.name}/{partition}-{number:04d}.parquet"
            write_part(rows, folder / path)
            part = _part(table.name, path, folder / path, rows.num_rows)
            present = known.get(part.sha256)
            if present is not None and holds(present, part.sha256):
                _share(present, folder / path)
            elif present is not None:
                damaged.append(present)
            parts.append(part)
    return parts, damaged


def holds(file: Path, sha256: str) -> bool:
    """Tell whether a file is there and its bytes have this hash."""
    return file.is_file() and sha256_of_file(file) == sha256


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
        sql = (
            f"SELECT {columns}, ends_with({table.key[-1]}, '{CUT}') AS is_last FROM ({table.sql}) {condition} "
            f"ORDER BY {table.order}"
        )
        for number, rows in enumerate(_chunks(bench, sql, schema)):
            empty = False
            yield partition, number, rows
    if empty:
        yield "none", 0, schema.empty_table()


def _chunks(bench: Workbench, sql: str, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the rows of each part; a batch is never longer than the longest part."""
    waiting = schema.append(pa.field("is_last", pa.bool_())).empty_table()
    for batch in bench.batches(sql, LEAST_ROWS):
        waiting = pa.concat_tables([waiting, pa.Table.from_batches([batch]).cast(waiting.schema)])
        while (length := _part_length(waiting)) is not None:
            yield _shaped(waiting.slice(0, length), schema)
            waiting = waiting.slice(length)
    if waiting.num_rows:
        yield _shaped(waiting, schema)


def _part_length(rows: pa.Table) -> int | None:
    """Return how many of the rows that wait make a part, or none where its end has not come yet."""
    is_last = rows["is_last"].to_numpy()[LEAST_ROWS - 1 : MOST_ROWS]
    if is_last.any():
        return LEAST_ROWS + int(np.argmax(is_last))
    return MOST_ROWS if rows.num_rows >= MOST_ROWS else None


def _shaped(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    return rows.drop_columns("is_last").cast(schema).combine_chunks()


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
