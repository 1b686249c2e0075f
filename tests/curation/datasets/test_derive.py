from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from curation.datasets.database import write_database
from curation.datasets.tables import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    from curation.datasets.open import Dataset

TABLES_OF_FILE = [table.name for table in TABLES if table.name != "structures"]
REPEATABLE = {"Constant", "Dictionary", "Empty Validity", "RLE", "Uncompressed"}
STORED = "SELECT DISTINCT compression FROM pragma_storage_info('{}')"


def test_the_small_database_holds_the_tables_and_views_of_the_version(dataset: Dataset) -> None:
    with duckdb.connect(str(dataset.folder / "small.duckdb"), read_only=True) as connection:
        for table in [*TABLES_OF_FILE, "conflicts", "traced_values"]:
            question = f"FROM {table} ORDER BY ALL"
            assert connection.sql(question).to_arrow_table().to_pylist() == dataset.sql(question).rows(), table
        names = {row[0] for row in connection.sql("SHOW TABLES").fetchall()}
    assert "structures" not in names


def test_readers_of_version_1_can_open_it(dataset: Dataset) -> None:
    header = (dataset.folder / "small.duckdb").read_bytes()[:64]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 64


def test_nothing_in_the_small_database_depends_on_chance(dataset: Dataset, tmp_path: Path) -> None:
    """Two makings are the same bytes; and no column is stored in a way that differs once in twenty makings."""
    for name in ("a.duckdb", "b.duckdb"):
        write_database(dataset.folder, dataset.manifest, tmp_path / name)
    assert (tmp_path / "a.duckdb").read_bytes() == (tmp_path / "b.duckdb").read_bytes()
    with duckdb.connect(str(tmp_path / "a.duckdb"), read_only=True) as connection:
        ways = [connection.sql(STORED.format(name)).fetchall() for name in TABLES_OF_FILE]
    assert {way for rows in ways for (way,) in rows} <= {
        "Constant",
        "Dictionary",
        "Empty Validity",
        "RLE",
        "Uncompressed",
    }
