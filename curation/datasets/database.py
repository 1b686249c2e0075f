"""Database: the tables of a version as one DuckDB file, the same bytes every time.

Storage version v1.0.0, which every later DuckDB opens, the one in a browser included. Structures stay in Parquet.

Two makings have the same bytes because one thread writes, and because the methods of compression are left out that
choose by a random sample (of strings and of numbers with a fraction) or that store what a number's place in memory
happens to hold where the value is missing (bit packing).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from curation.datasets.layout import parts_of
from curation.datasets.tables import TABLES
from curation.datasets.views import VIEWS

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.dataset import Manifest

_LEFT_OUT = frozenset({"structures"})
_NOT_REPEATABLE = "alp,alprd,bitpacking,chimp,dict_fsst,fsst,patas,roaring,zstd"


def write_database(folder: Path, manifest: Manifest, path: Path) -> None:
    """Write the tables, each from its Parquet parts in order, and the views into a new DuckDB file.

    Args:
        folder: where the paths of the parts begin.
        manifest: names the parts.
        path: the new file.
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(f"SET disabled_compression_methods = '{_NOT_REPEATABLE}'").fetchall()
        connection.execute(f"ATTACH {quoted(path)} AS made (STORAGE_VERSION 'v1.0.0')").fetchall()
        connection.execute("USE made").fetchall()
        for table in TABLES:
            if table.name not in _LEFT_OUT:
                files = ", ".join(quoted(folder / part.path) for part in parts_of(manifest, table.name))
                rows = f"SELECT * FROM read_parquet([{files}], hive_partitioning = false)"
                connection.execute(f"CREATE TABLE {table.name} AS {rows}").fetchall()
        for view in VIEWS:
            connection.execute(view).fetchall()
        connection.execute("USE memory").fetchall()
        connection.execute("DETACH made").fetchall()


def quoted(path: Path) -> str:
    """Return a path as a string of SQL."""
    return "'" + path.as_posix().replace("'", "''") + "'"
