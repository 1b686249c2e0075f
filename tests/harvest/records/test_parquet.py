"""Record files: rows and tables come out in order, in row groups of one size, whichever way they were put in."""

from __future__ import annotations

import contextlib
import random
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harvest.records.parquet import RecordTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SCHEMA = pa.schema([("number", pa.int64()), ("text", pa.string())])
N_ROWS = 10_000


def rows(start: int, end: int) -> list[dict[str, object]]:
    return [{"number": number, "text": str(number % 7)} for number in range(start, end)]


@pytest.mark.parametrize("sizes", [[1], [1000], [5000, 1], [4096], [9000, 1000]])
def test_the_file_does_not_depend_on_how_rows_were_put_in(tmp_path: Path, sizes: list[int]) -> None:
    one_by_one = RecordTable(tmp_path / "one.parquet", SCHEMA)
    for row in rows(0, N_ROWS):
        one_by_one.put(row)
    mixed = RecordTable(tmp_path / "mixed.parquet", SCHEMA)
    start, turn = 0, 0
    while start < N_ROWS:
        size = min(sizes[turn % len(sizes)], N_ROWS - start)
        if turn % 2:
            for row in rows(start, start + size):
                mixed.put(row)
        else:
            mixed.put_table(pa.Table.from_pylist(rows(start, start + size), schema=SCHEMA))
        start, turn = start + size, turn + 1
    first, second = one_by_one.finish(), mixed.finish()
    assert (first.sha256, first.rows) == (second.sha256, second.rows)
    assert pq.read_table(tmp_path / "mixed.parquet").to_pylist() == rows(0, N_ROWS)
    file = pq.ParquetFile(tmp_path / "mixed.parquet")
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [4096, 4096, 1808]


def test_a_table_without_rows_is_a_file_without_rows(tmp_path: Path) -> None:
    empty = RecordTable(tmp_path / "empty.parquet", SCHEMA)
    assert empty.finish().rows == 0
    assert pq.read_schema(tmp_path / "empty.parquet").equals(SCHEMA)


@pytest.fixture
def small_files() -> Iterator[None]:
    """Let no file of this process grow beyond 100 kB."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_files")
@pytest.mark.parametrize(
    "end", [RecordTable.finish, lambda table: table.put_table(incompressible(4096))], ids=["at the end", "in between"]
)
def test_a_group_that_the_disk_refuses_is_told(tmp_path: Path, end: Callable[[RecordTable], object]) -> None:
    table = RecordTable(tmp_path / "refused.parquet", SCHEMA)
    table.put_table(incompressible(4096))
    with pytest.raises(OSError, match="File too large"):
        end(table)
    with contextlib.suppress(OSError):  # nor is there room for the end of the file
        table.close()
    table.close()


def incompressible(n_rows: int) -> pa.Table:
    source = random.Random(0)  # noqa: S311 — bytes, no secret
    rows = [{"number": source.getrandbits(63), "text": source.randbytes(500).hex()} for _ in range(n_rows)]
    return pa.Table.from_pylist(rows, schema=SCHEMA)
