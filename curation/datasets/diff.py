"""Diff: two versions in, the rows that were added, removed and changed out; and the version number that follows.

A schema change raises the first number, rows that come or go the second, values that change the third.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from curation.datasets.layout import parts_of, version_key
from curation.datasets.tables import TABLES, Table

if TYPE_CHECKING:
    from pathlib import Path

    from curation.datasets.open import Dataset
    from schemas.dataset import Manifest, Part


@dataclass(frozen=True)
class TableDiff:
    """How one table differs.

    Attributes:
        columns: columns that only one of the two versions has, with a sign.
        changes: one row for each differing row: change, key, and the differing columns as old and new.
    """

    table: str
    added: int
    removed: int
    changed: int
    columns: tuple[str, ...]
    changes: tuple[dict[str, object], ...]


def diff_datasets(old: Dataset, new: Dataset, *, limit: int = 1000) -> list[TableDiff]:
    """Compare two versions row by row; at most `limit` rows a table are listed, all are counted."""
    pairs = [
        (old.folder, parts_of(old.manifest, t.name), new.folder, parts_of(new.manifest, t.name), t) for t in TABLES
    ]
    return [_diff(*pair, limit) for pair in pairs]


def propose_version(parent: Path, manifest: Manifest, folder: Path, parts: list[Part]) -> str:
    """Return the version number that follows from what changed since the parent."""
    changes = [
        _diff(parent, parts_of(manifest, table.name), folder, [p for p in parts if p.table == table.name], table, 0)
        for table in TABLES
    ]
    major, minor, patch = version_key(manifest.version)
    if any(change.columns for change in changes):
        return f"{major + 1}.0.0"
    if any(change.added or change.removed for change in changes):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def _diff(
    old_folder: Path, old_parts: list[Part], new_folder: Path, new_parts: list[Part], table: Table, limit: int
) -> TableDiff:
    """Compare one table; parts with the same hash on both sides are not read."""
    same = {part.sha256 for part in old_parts} & {part.sha256 for part in new_parts}
    old_files = [str(old_folder / p.path) for p in old_parts if p.sha256 not in same]
    new_files = [str(new_folder / p.path) for p in new_parts if p.sha256 not in same]
    if not old_files and not new_files:
        return TableDiff(table.name, 0, 0, 0, (), ())
    with duckdb.connect() as connection:
        old_columns = _view(
            connection, "old", old_files or [str(old_folder / p.path) for p in old_parts], not old_files
        )
        new_columns = _view(
            connection, "new", new_files or [str(new_folder / p.path) for p in new_parts], not new_files
        )
        columns = tuple(f"-{c}" for c in old_columns if c not in new_columns)
        columns += tuple(f"+{c}" for c in new_columns if c not in old_columns)
        shared = [c for c in old_columns if c in new_columns and c not in table.key]
        return _compare(connection, table, columns, shared, limit)


def _view(connection: duckdb.DuckDBPyConnection, name: str, files: list[str], empty: bool) -> list[str]:  # noqa: FBT001 — said by name above
    quoted = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
    where = "WHERE false" if empty else ""
    connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{quoted}]) {where}").fetchall()
    return connection.sql(f"SELECT * FROM {name} LIMIT 0").columns


def _compare(
    connection: duckdb.DuckDBPyConnection, table: Table, columns: tuple[str, ...], shared: list[str], limit: int
) -> TableDiff:
    key = " AND ".join(f"o.{c} = n.{c}" for c in table.key)
    name = " || ' ' || ".join(f"coalesce(o.{c}, n.{c})" for c in table.key)
    differs = " OR ".join(f"o.{c} IS DISTINCT FROM n.{c}" for c in shared) or "false"
    said = ", ".join(
        f"CASE WHEN o.{c} IS DISTINCT FROM n.{c} THEN '{c}: ' || coalesce(o.{c}::VARCHAR, 'null') || ' -> ' || "
        f"coalesce(n.{c}::VARCHAR, 'null') END"
        for c in shared
    )
    first = table.key[0]
    connection.execute(
        f"CREATE TABLE changes AS SELECT CASE WHEN o.{first} IS NULL THEN 'added' WHEN n.{first} IS NULL THEN "
        f"'removed' ELSE 'changed' END AS change, {name} AS key, "
        f"CASE WHEN o.{first} IS NOT NULL AND n.{first} IS NOT NULL THEN [x FOR x IN [{said}] IF x IS NOT NULL] END "
        f"AS columns FROM old o FULL JOIN new n ON {key} "
        f"WHERE o.{first} IS NULL OR n.{first} IS NULL OR {differs}"
    ).fetchall()
    counts = dict(connection.sql("SELECT change, count(*) FROM changes GROUP BY change").fetchall())
    listed = connection.sql(f"SELECT * FROM changes ORDER BY ALL LIMIT {limit}").to_arrow_table().to_pylist()
    return TableDiff(
        table.name,
        counts.get("added", 0),
        counts.get("removed", 0),
        counts.get("changed", 0),
        columns,
        tuple(listed),
    )
