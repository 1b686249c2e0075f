"""Database: the tables of a release as one DuckDB file, the same bytes every time.

Storage version v1.0.0, which every later DuckDB opens, the one in a browser included. One thread, and none of the
methods of compression that look at a random sample: then two makings have the same bytes. Structures stay in Parquet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.datasets.tables import TABLES
from curation.datasets.views import VIEWS

if TYPE_CHECKING:
    from pathlib import Path

_LEFT_OUT = frozenset({"structures"})
_SAMPLING = "fsst,dict_fsst,alp,alprd,chimp,patas,zstd,roaring"


def write_database(folder: Path, path: Path) -> None:
    """Write the tables under `folder/data` into a new DuckDB file."""
    import duckdb  # noqa: PLC0415 — only where a release is made

    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"SET disabled_compression_methods = '{_SAMPLING}'").fetchall()
        connection.execute(f"ATTACH {quoted(path)} AS made (STORAGE_VERSION 'v1.0.0')").fetchall()
        connection.execute("USE made").fetchall()
        for table in TABLES:
            if table.name not in _LEFT_OUT:
                files = quoted(folder / "data" / table.name / "*.parquet")
                rows = f"SELECT * FROM read_parquet({files}, hive_partitioning = false)"
                connection.execute(f"CREATE TABLE {table.name} AS {rows}").fetchall()
        for view in VIEWS:
            connection.execute(view).fetchall()
        connection.execute("USE memory").fetchall()
        connection.execute("DETACH made").fetchall()


def quoted(path: Path) -> str:
    """Return a path as a string of SQL."""
    return "'" + path.as_posix().replace("'", "''") + "'"
