"""Record file: rows and tables in, one Parquet file out, in row groups of one size; memory is bounded by two groups."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from harvest.records.arrays import table_of
from schemas.disk import sha256_of_file
from schemas.records import RecordFile

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

Row = dict[str, object]
_GROUP = 4096
_BEHIND = ThreadPoolExecutor(1)  # one for all tables, as each thread keeps memory of its own


class _GroupWriter:
    """Writes row groups in their order, each by a thread while the records of the next are made."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")
        self._written: Future[None] | None = None

    def write(self, group: pa.Table) -> None:
        """Have a group written once the one before is; what went wrong with that is raised here."""
        self._wait()
        self._written = _BEHIND.submit(self._writer.write_table, group)

    def close(self) -> None:
        """Wait for the last group, and close the file."""
        try:
            self._wait()
        finally:
            self._writer.close()

    def _wait(self) -> None:
        written, self._written = self._written, None
        if written:
            written.result()


class RecordTable:
    """Writes one table; what is put in comes out in the same order."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        """Begin a file."""
        self._path, self._schema = path, schema
        self._groups = _GroupWriter(path, schema)
        self._rows: list[Row] = []
        self._tables: list[pa.Table] = []
        self._waiting = self._count = 0

    def put(self, row: Row) -> None:
        """Take a row."""
        self._rows.append(row)
        self._grow(1)

    def put_table(self, table: pa.Table) -> None:
        """Take many rows."""
        self._gather()
        self._tables.append(table)
        self._grow(table.num_rows)

    def close(self) -> None:
        """Close the file, also after an error."""
        self._groups.close()

    def finish(self) -> RecordFile:
        """Write what is left, close the file, and return what was written."""
        self._gather()
        if self._waiting:
            self._groups.write(pa.concat_tables(self._tables).combine_chunks())
        self._tables, self._waiting = [], 0
        self.close()
        sha256 = sha256_of_file(self._path)
        return RecordFile(table=self._path.stem, path=self._path.name, sha256=sha256, rows=self._count)

    def _grow(self, n_rows: int) -> None:
        self._count += n_rows
        self._waiting += n_rows
        if self._waiting >= _GROUP:
            self._write_groups()

    def _write_groups(self) -> None:
        self._gather()
        table, start = pa.concat_tables(self._tables), 0
        while table.num_rows - start >= _GROUP:
            self._groups.write(table.slice(start, _GROUP).combine_chunks())
            start += _GROUP
        self._tables, self._waiting = [table.slice(start)], table.num_rows - start

    def _gather(self) -> None:
        """Make a table of the rows."""
        if self._rows:
            rows: list[dict[str, Any]] = self._rows
            self._tables.append(table_of(rows, self._schema))
            self._rows = []
