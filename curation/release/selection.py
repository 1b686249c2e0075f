"""Selection: a dataset version in, the tables of its release out, without rows under other licences and addresses.

A part of which nothing is left out becomes a second name of the part of the version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from curation.datasets.database import quoted
from curation.datasets.write import write_part
from curation.release.withhold import withhold_addresses
from schemas.disk import digest, link_or_copy, sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb
    import pyarrow as pa

    from curation.datasets.open import Dataset
    from schemas.dataset import Manifest, Part

# The licence of a row in quarantine is its own where it could be read, else that of its source.
ROW_LICENCES = """
SELECT q.row_id, q."table", q.source, coalesce(CASE WHEN q.stage = 'validate' THEN json_extract_string(q.row,
    '$.licence') END, s.licence, 'NOASSERTION') AS licence
FROM quarantine q LEFT JOIN (SELECT source, any_value(licence) AS licence FROM provenance GROUP BY source) s
USING (source)
"""
# What describes a material is that of its representative; without it nothing may be said of the material.
_PREPARE = """
CREATE TABLE refused AS SELECT entry_id, source, licence FROM entries WHERE licence NOT IN ({allowed});
CREATE TABLE gone AS SELECT material_id FROM materials
    WHERE representative_entry_id IN (SELECT entry_id FROM refused);
CREATE TABLE leaving AS SELECT entry_id, source, licence FROM entries
    WHERE entry_id IN (SELECT entry_id FROM refused) OR material_id IN (SELECT material_id FROM gone);
CREATE TABLE leaving_quarantine AS SELECT * FROM ({quarantine}) WHERE licence NOT IN ({allowed});
CREATE TABLE staying_values AS SELECT *, CASE WHEN row_number() OVER (
        PARTITION BY source, material_id, property, value, value_min, value_max, category, tensor, method, functional,
            qualifier, conditions
        ORDER BY property_id) = 1 THEN 'kept' ELSE 'merged' END AS new_status
    FROM properties WHERE licence IN ({allowed}) AND entry_id NOT IN (SELECT entry_id FROM leaving);
CREATE TABLE counted AS SELECT e.material_id, count(DISTINCT e.entry_id) AS n_entries,
    list_sort(list(DISTINCT e.source)) AS sources, count(v.property_id) FILTER (v.new_status = 'kept') AS n_values
    FROM entries e LEFT JOIN staying_values v USING (entry_id)
    WHERE e.entry_id NOT IN (SELECT entry_id FROM leaving) GROUP BY e.material_id;
"""
_OF_ENTRIES = "SELECT * FROM part WHERE entry_id NOT IN (SELECT entry_id FROM leaving)"
_QUESTIONS = {
    "materials": """
SELECT p.* REPLACE (c.n_entries AS n_entries, c.sources AS sources, c.n_values AS n_values)
FROM part p JOIN counted c USING (material_id) ORDER BY chemical_system, formula, material_id
""",
    "entries": _OF_ENTRIES,
    "structures": _OF_ENTRIES,
    "properties": """
SELECT p.* REPLACE (s.new_status AS status) FROM part p JOIN staying_values s USING (property_id)
ORDER BY p.property, p.entry_id, p.property_id
""",
    "duplicates": _OF_ENTRIES,
    "quarantine": "SELECT * FROM part WHERE row_id NOT IN (SELECT row_id FROM leaving_quarantine)",
    "provenance": """
SELECT * FROM part WHERE licence IN ({allowed}) OR raw_sha256 IN
    (SELECT raw_sha256 FROM entries WHERE entry_id NOT IN (SELECT entry_id FROM leaving))
""",
}


@dataclass(frozen=True)
class LeftOut:
    """Records that are not released, by source and licence, and how many of them only because of their material."""

    source: str
    licence: str
    rows: int


@dataclass(frozen=True)
class Selection:
    """The tables of a release, as they stand in its folder.

    Attributes:
        manifest: that of the version, with the parts of the release.
        left_out: the records that are not in it.
        withheld: number of values in which an address was withheld.
    """

    manifest: Manifest
    left_out: tuple[LeftOut, ...]
    withheld: int


def select(dataset: Dataset, allowed: Sequence[str], data: Path) -> Selection:
    """Write the tables of a release into `data`, an empty folder.

    Args:
        dataset: the version that is released.
        allowed: SPDX ids; records under others are left out. All stay where it is empty.
        data: the folder `data` of the release.
    """
    manifest = dataset.manifest
    parts, withheld = [], 0
    with _opened(dataset, allowed) as connection:
        left_out = _left_out(connection) if allowed else ()
        for part in manifest.parts:
            rows = _rows(connection, dataset.folder / part.path, part, allowed)
            clean, count = withhold_addresses(rows)
            withheld += count
            parts.append(_placed(dataset.folder / part.path, data / part.path, part, clean))
    released = manifest
    if tuple(parts) != manifest.parts:
        content = digest(sorted([part.path, part.sha256] for part in parts))
        released = manifest.model_copy(update={"parts": tuple(parts), "content_sha256": content})
    return Selection(released, left_out, withheld)


def _opened(dataset: Dataset, allowed: Sequence[str]) -> duckdb.DuckDBPyConnection:
    """Return a connection with the tables of a version and, where licences are chosen, what leaves and what stays."""
    import duckdb  # noqa: PLC0415 — only where a release is made

    connection = duckdb.connect(config={"threads": 1})
    files: dict[str, list[str]] = {}
    for part in dataset.manifest.parts:
        files.setdefault(part.table, []).append(quoted(dataset.folder / part.path))
    for table, paths in files.items():
        rows = f"SELECT * FROM read_parquet([{', '.join(paths)}], hive_partitioning = false)"
        connection.execute(f"CREATE VIEW {table} AS {rows}").fetchall()
    if allowed:
        connection.execute(_PREPARE.format(allowed=_listed(allowed), quarantine=ROW_LICENCES)).fetchall()
    return connection


def _rows(connection: duckdb.DuckDBPyConnection, path: Path, part: Part, allowed: Sequence[str]) -> pa.Table:
    import pyarrow.parquet as pq  # noqa: PLC0415 — only where a release is made

    rows = pq.read_table(path, partitioning=None)
    if not allowed:
        return rows
    connection.register("part", rows)
    question = _QUESTIONS[part.table].format(allowed=_listed(allowed))
    chosen: pa.Table = connection.sql(question).to_arrow_table().cast(rows.schema)
    connection.unregister("part")
    return rows if chosen.equals(rows) else chosen.combine_chunks()


def _placed(present: Path, new: Path, part: Part, rows: pa.Table) -> Part:
    """Write a part, or give the file of the version a second name where it holds these rows."""
    import pyarrow.parquet as pq  # noqa: PLC0415 — only where a release is made

    new.parent.mkdir(parents=True, exist_ok=True)
    if rows.equals(pq.read_table(present, partitioning=None)):
        link_or_copy(present, new)
        return part
    write_part(rows, new)
    size = new.stat().st_size
    return part.model_copy(update={"sha256": sha256_of_file(new), "bytes": size, "rows": rows.num_rows})


def _left_out(connection: duckdb.DuckDBPyConnection) -> tuple[LeftOut, ...]:
    question = """
SELECT source, licence, count(*) FROM (SELECT source, licence FROM leaving
    UNION ALL SELECT source, licence FROM leaving_quarantine WHERE "table" = 'entries') GROUP BY ALL ORDER BY ALL
"""
    return tuple(LeftOut(*row) for row in connection.sql(question).fetchall())


def _listed(licences: Sequence[str]) -> str:
    return ", ".join(f"'{licence}'" for licence in sorted(licences))
