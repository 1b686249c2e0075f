"""Workbench: the DuckDB connection on which one dataset version is made; memory is bounded, the rest spills to disk."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import duckdb

from curation.errors import DatasetStorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa

    from schemas.records import RecordSet

_MEMORY = "4GB"
# What does not fit into the memory is spilled, so that DuckDB calls a full disk out of memory too.
_STORAGE = (duckdb.IOException, duckdb.OutOfMemoryException)
_FULL = "No space left on device"


class Workbench:
    """A connection with the steps of curation as its tables, each named once."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Work on a connection."""
        self._connection = connection

    def run(self, sql: str) -> None:
        """Run a statement."""
        self._connection.execute(sql).fetchall()

    def table(self, sql: str) -> pa.Table:
        """Return the result of a question as a whole; for results that are known to be small."""
        table: pa.Table = self._connection.sql(sql).to_arrow_table()
        return table

    def batches(self, sql: str, rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the result of a question in batches, in its order."""
        with self._connection.cursor() as cursor:
            yield from cursor.sql(sql).to_arrow_reader(rows)

    def count(self, relation: str) -> int:
        """Return the number of rows of a table."""
        return int(self.table(f"SELECT count(*) AS n FROM {relation}")["n"][0].as_py())

    def keep(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Make a table from Arrow rows."""
        self._connection.register("arriving", rows)
        self.run(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM arriving")
        self._connection.unregister("arriving")


@contextlib.contextmanager
def workbench(spill: Path) -> Iterator[Workbench]:
    """Open a workbench that spills to a folder, and take it away afterwards.

    Raises:
        DatasetStorageError: the disk is full or refuses what DuckDB writes, here or in a file that is derived.
    """
    spill.mkdir(parents=True, exist_ok=True)
    try:
        with contextlib.closing(duckdb.connect(str(spill / "workbench.duckdb"))) as connection:
            connection.execute(f"SET memory_limit = '{_MEMORY}'").fetchall()
            connection.execute("SET preserve_insertion_order = false").fetchall()
            yield Workbench(connection)
    except duckdb.Error as error:
        if not isinstance(error, _STORAGE) and _FULL not in str(error):
            raise
        message = f"{error}; nothing half-made is left: make room where {spill.parent.parent} is, and run again"
        raise DatasetStorageError(message) from error


def load_records(bench: Workbench, records: RecordSet, store: Path) -> None:
    """Make the tables raw_entries, raw_properties, raw_rejected and raw_objects: the records with their source."""
    for table in ("entries", "properties", "rejected", "raw_objects"):
        selects = []
        for rank, source in enumerate(records.sources):
            path = str(store / source.folder / f"{table}.parquet").replace("'", "''")
            selects.append(f"SELECT '{source.key}' AS source, {rank} AS source_rank, * FROM read_parquet('{path}')")
        name = table if table.startswith("raw_") else f"raw_{table}"
        bench.run(f"CREATE VIEW {name} AS {' UNION ALL '.join(selects)}")
