"""Diff: two versions in, the rows that were added, removed and changed out, with causes; and the number that follows.

A schema change raises the first number, rows that come or go the second, values that change, or only
what is stated of them, the third.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from curation.datasets.causes import cause_of
from curation.datasets.layout import parts_of, version_key
from curation.datasets.tables import TABLES, Table
from curation.datasets.verify import refuse_damaged_parts

if TYPE_CHECKING:
    from pathlib import Path

    from curation.datasets.open import Dataset
    from schemas.dataset import Manifest, Part


@dataclass(frozen=True)
class TableDiff:
    """How one table differs.

    Attributes:
        columns: columns that only one of the two versions has, with a sign.
        changes: one row for each differing row: change, key, cause, and the differing columns as old and new.
        causes: number of differing rows by cause (`curation.datasets.causes`).
    """

    table: str
    added: int
    removed: int
    changed: int
    columns: tuple[str, ...]
    changes: tuple[dict[str, object], ...]
    causes: dict[str, int]


@dataclass(frozen=True)
class _Side:
    """One of two versions: its folder, its manifest as far as it is known, and the parts of a table."""

    folder: Path
    manifest: Manifest | None
    parts: list[Part]

    def but(self, hashes: set[str]) -> list[Part]:
        """Return the parts, but for some hashes."""
        return [part for part in self.parts if part.sha256 not in hashes]

    def proven(self, parts: list[Part]) -> list[str]:
        """Return the files of parts whose bytes are those that their manifest states."""
        refuse_damaged_parts(self.folder, parts)
        return [str(self.folder / part.path) for part in parts]


def diff_datasets(old: Dataset, new: Dataset, *, limit: int = 1000) -> list[TableDiff]:
    """Compare two versions row by row; at most `limit` rows a table are listed, all are counted.

    Raises:
        CorruptionError: a part that has to be read is damaged.
    """
    return [
        _diff(
            _Side(old.folder, old.manifest, parts_of(old.manifest, table.name)),
            _Side(new.folder, new.manifest, parts_of(new.manifest, table.name)),
            table,
            limit,
        )
        for table in TABLES
    ]


def propose_version(parent: Path, manifest: Manifest, folder: Path, parts: list[Part]) -> str:
    """Return the version number that follows from what changed since the parent.

    Raises:
        CorruptionError: a part that has to be read is damaged.
    """
    changes = [
        _diff(
            _Side(parent, manifest, parts_of(manifest, table.name)),
            _Side(folder, None, [part for part in parts if part.table == table.name]),
            table,
            0,
        )
        for table in TABLES
    ]
    major, minor, patch = version_key(manifest.version)
    if any(change.columns for change in changes):
        return f"{major + 1}.0.0"
    if any(change.added or change.removed for change in changes):
        return f"{major}.{minor + 1}.0"
    return f"{major}.{minor}.{patch + 1}"


def _diff(old: _Side, new: _Side, table: Table, limit: int) -> TableDiff:
    """Compare one table; parts with the same hash on both sides are not read."""
    same = {part.sha256 for part in old.parts} & {part.sha256 for part in new.parts}
    if not old.but(same) and not new.but(same):
        return TableDiff(table.name, 0, 0, 0, (), (), {})
    with duckdb.connect() as connection:
        files = [side.proven(side.but(same)) for side in (old, new)]
        # A side without parts of its own has the columns of a part that both sides have.
        shared_parts = [] if all(files) else new.proven([part for part in new.parts if part.sha256 in same][:1])
        old_columns = _view(connection, "old", files[0], shared_parts)
        new_columns = _view(connection, "new", files[1], shared_parts)
        columns = tuple(f"-{c}" for c in old_columns if c not in new_columns)
        columns += tuple(f"+{c}" for c in new_columns if c not in old_columns)
        shared = [c for c in old_columns if c in new_columns and c not in table.key]
        cause = "NULL"
        if old.manifest is not None and new.manifest is not None:
            cause = cause_of(old.manifest, new.manifest, table, shared)
        _compare(connection, table, shared, cause)
        counts = dict(connection.sql("SELECT change, count(*) FROM changes GROUP BY change").fetchall())
        causes = connection.sql(
            "SELECT cause, count(*) FROM changes WHERE cause IS NOT NULL GROUP BY cause ORDER BY ALL"
        )
        listed = connection.sql(f"SELECT * FROM changes ORDER BY ALL LIMIT {limit}").to_arrow_table().to_pylist()
        return TableDiff(
            table.name,
            counts.get("added", 0),
            counts.get("removed", 0),
            counts.get("changed", 0),
            columns,
            tuple(listed),
            dict(causes.fetchall()),
        )


def _view(connection: duckdb.DuckDBPyConnection, name: str, files: list[str], columns_of: list[str]) -> list[str]:
    """Make a view of the parts of one side that the other has not, and return its columns.

    Where there are none, it has no rows, and the columns of a part that both sides have.
    """
    quoted = ", ".join("'" + file.replace("'", "''") + "'" for file in files or columns_of)
    where = "" if files else "WHERE false"
    connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{quoted}]) {where}").fetchall()
    return connection.sql(f"SELECT * FROM {name} LIMIT 0").columns


def _compare(connection: duckdb.DuckDBPyConnection, table: Table, shared: list[str], cause: str) -> None:
    """Make the table `changes` of the views `old` and `new`."""
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
        f"'removed' ELSE 'changed' END AS change, {name} AS key, {cause} AS cause, "
        f"CASE WHEN change = 'changed' THEN [x FOR x IN [{said}] IF x IS NOT NULL] END "
        f"AS columns FROM old o FULL JOIN new n ON {key} "
        f"WHERE o.{first} IS NULL OR n.{first} IS NULL OR {differs}"
    ).fetchall()
