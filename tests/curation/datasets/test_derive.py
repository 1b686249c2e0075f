from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from curation.datasets.tables import TABLES

if TYPE_CHECKING:
    from curation.datasets.open import Dataset


def test_the_small_database_holds_the_tables_and_views_of_the_version(dataset: Dataset) -> None:
    with duckdb.connect(str(dataset.folder / "small.duckdb"), read_only=True) as connection:
        for table in [t.name for t in TABLES if t.name != "structures"] + ["conflicts", "traced_values"]:
            question = f"FROM {table} ORDER BY ALL"
            assert connection.sql(question).to_arrow_table().to_pylist() == dataset.sql(question).rows(), table
        names = {row[0] for row in connection.sql("SHOW TABLES").fetchall()}
    assert "structures" not in names


def test_readers_of_version_1_can_open_it(dataset: Dataset) -> None:
    header = (dataset.folder / "small.duckdb").read_bytes()[:64]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 64
