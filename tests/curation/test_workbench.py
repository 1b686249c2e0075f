from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa
import pytest

from curation.workbench import load_records, workbench

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.workbench import Workbench
from curation.build import read_records


def test_tables_come_and_go(tmp_path: Path) -> None:
    with workbench(tmp_path / "new" / "spill") as bench:
        bench.keep("numbers", pa.table({"n": [3, 1, 2]}))
        assert bench.count("numbers") == 3
        bench.keep("numbers", pa.table({"n": [7]}))
        assert bench.table("SELECT n FROM numbers").to_pylist() == [{"n": 7}]
    with pytest.raises(duckdb.ConnectionException):
        bench.count("numbers")


def test_batches_come_in_order_and_hold_at_most_what_was_asked(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.keep("numbers", pa.table({"n": list(range(10_000))}))
        batches = list(bench.batches("SELECT n FROM numbers ORDER BY n DESC", 2048))
        assert max(batch.num_rows for batch in batches) <= 2048
        assert [n for batch in batches for n in batch["n"].to_pylist()] == list(range(9999, -1, -1))


def test_a_batch_reader_does_not_disturb_other_questions(tmp_path: Path) -> None:
    with workbench(tmp_path) as bench:
        bench.keep("numbers", pa.table({"n": list(range(5000))}))
        read = 0
        for batch in bench.batches("SELECT n FROM numbers ORDER BY n", 1000):
            bench.keep("seen", pa.table({"n": batch["n"].to_pylist()}))
            read += bench.count("seen")
        assert read == 5000


def test_the_records_of_every_source_are_loaded_with_their_place_in_the_recipe(store: Path, tmp_path: Path) -> None:
    records = read_records(store, "small")
    with workbench(tmp_path) as bench:
        load_records(bench, records, store)
        rows = bench.table("SELECT DISTINCT source, source_rank FROM raw_entries ORDER BY source_rank").to_pylist()
        assert [row["source"] for row in rows] == [source.key for source in records.sources]
        written = {(s.key, file.table): file.rows for s in records.sources for file in s.files}
        for table in ("entries", "properties", "rejected", "objects"):
            name = "raw_objects" if table == "objects" else table
            expected = sum(rows for (_, found), rows in written.items() if found == name)
            assert bench.count(f"raw_{table}") == expected


def test_a_store_may_stand_in_a_folder_with_an_apostrophe(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Callable[..., object]
) -> None:
    recipe = table_recipe({"a": [("1", "NaCl", 1.5)]})
    made(recipe, tmp_path / "store")
    folder = tmp_path / "Ada's data"
    (tmp_path / "store").rename(folder)

    def count(bench: Workbench) -> int:
        load_records(bench, read_records(folder, "small"), folder)
        return bench.count("raw_entries")

    with workbench(folder / "spill") as bench:
        assert count(bench) == 1
