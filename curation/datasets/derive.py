"""Derive: the small DuckDB file of a version, for readers that want one file; made from the Parquet parts.

Written in DuckDB's storage version v1.0.0, which every later reader opens, the one in a browser included. Structures
stay in Parquet. The file is derived, and no two makings of it have the same bytes: its hash stands in `checksums.json`
beside that of the manifest, not in the manifest.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb

from curation.datasets.layout import CHECKSUMS, MANIFEST, parts_of
from curation.datasets.tables import TABLES
from curation.datasets.views import VIEWS
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.dataset import Manifest

_LEFT_OUT = frozenset({"structures"})


def derive_database(folder: Path, manifest: Manifest) -> None:
    """Write `<name>.duckdb` and `checksums.json` into the folder of a version."""
    path = folder / f"{manifest.dataset}.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH {_quoted(path)} AS made (STORAGE_VERSION 'v1.0.0')").fetchall()
        connection.execute("USE made").fetchall()
        for table in TABLES:
            if table.name in _LEFT_OUT:
                continue
            files = ", ".join(_quoted(folder / part.path) for part in parts_of(manifest, table.name))
            connection.execute(f"CREATE TABLE {table.name} AS SELECT * FROM read_parquet([{files}])").fetchall()
        for view in VIEWS:
            connection.execute(view).fetchall()
        connection.execute("USE memory").fetchall()
        connection.execute("DETACH made").fetchall()
    checksums = {name: sha256_of_file(folder / name) for name in (MANIFEST, path.name)}
    (folder / CHECKSUMS).write_text(json.dumps(checksums, indent=2) + "\n", encoding="utf-8")


def _quoted(path: Path) -> str:
    return "'" + path.as_posix().replace("'", "''") + "'"
