"""Drift: two versions in, what fell, moved or vanished between them out; so that no version goes wrong in silence.

Compared is what both versions have: sources, properties of a source, and columns. A recipe that leaves a source out is
no drift. What is found stops a version, unless a person accepts it and says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import duckdb

from schemas.checks import CheckResult

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from schemas.dataset import Part

# Small tables may do what they like: ten rows more or less are for people to see.
LEAST_ROWS = 10
MOST_LOST = 0.1
MOST_MOVED = 0.5
_PROFILE = """
SELECT source || ': ' || property AS subject, count(*) AS n, any_value(unit) AS unit,
    count(value) AS numbers, avg(value) AS mean, stddev_samp(value) AS deviation, min(value) AS low, max(value) AS high
FROM read_parquet([{files}]) WHERE status = 'kept' GROUP BY ALL ORDER BY ALL
"""
_COUNTS = "SELECT source AS subject, count(*) AS n FROM read_parquet([{files}]) GROUP BY ALL ORDER BY ALL"


@dataclass(frozen=True)
class Side:
    """A version on disk: its folder and its parts.

    Attributes:
        proven: files that hold the bytes of a part, by its sha256; read instead of the part's own.
    """

    folder: Path
    parts: list[Part]
    proven: Mapping[str, Path] = field(default_factory=dict)

    def files(self, table: str) -> str:
        """Return the files of a table as a list in SQL."""
        files = [self.proven.get(one.sha256, self.folder / one.path) for one in self.parts if one.table == table]
        return ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)


def find_drift(old: Side, new: Side) -> list[CheckResult]:
    """Return each way in which a new version drifted from the old one, as failed checks; both have all tables."""
    with duckdb.connect() as connection:
        # Rows of another shape are not compared: that they have one is what has to be looked at.
        return _columns(connection, old, new) or [*_entries(connection, old, new), *_values(connection, old, new)]


def _columns(connection: duckdb.DuckDBPyConnection, old: Side, new: Side) -> list[CheckResult]:
    """Return columns of any table that vanished or became of another kind."""
    found = []
    for table in sorted({part.table for part in old.parts}):
        before, after = (_types(connection, side, table) for side in (old, new))
        for name, kind in before.items():
            if name not in after:
                found.append(_failed("column_vanished", f"{table}.{name}", f"it was {kind}, now there is none"))
            elif after[name] != kind:
                found.append(_failed("column_retyped", f"{table}.{name}", f"it was {kind}, now it is {after[name]}"))
    return found


def _types(connection: duckdb.DuckDBPyConnection, side: Side, table: str) -> dict[str, str]:
    relation = connection.sql(f"SELECT * FROM read_parquet([{side.files(table)}]) LIMIT 0")
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


def _entries(connection: duckdb.DuckDBPyConnection, old: Side, new: Side) -> list[CheckResult]:
    before, after = (_rows(connection, _COUNTS, side, "entries") for side in (old, new))
    harvested = _rows(connection, _COUNTS, new, "provenance")
    lost = {source: (row, after.get(source, {"n": 0})) for source, row in before.items() if source in harvested}
    return [
        _failed("records_lost", source, f"{was['n']:,} records became {now['n']:,}")
        for source, (was, now) in lost.items()
        if _is_loss(was["n"], now["n"])
    ]


def _values(connection: duckdb.DuckDBPyConnection, old: Side, new: Side) -> list[CheckResult]:
    before, after = (_rows(connection, _PROFILE, side, "properties") for side in (old, new))
    sources = _rows(connection, _COUNTS, new, "provenance")
    found = []
    for subject, was in before.items():
        if subject.partition(": ")[0] not in sources:
            continue
        now = after.get(subject)
        if now is None:
            if _number(was, "n") >= LEAST_ROWS:
                found.append(_failed("property_vanished", subject, f"{was['n']:,} values became none"))
            continue
        found += _moved(subject, was, now)
    return found


def _moved(subject: str, was: dict[str, object], now: dict[str, object]) -> list[CheckResult]:
    """Return how the values of one property of one source moved."""
    found = []
    if was["unit"] != now["unit"]:
        found.append(_failed("unit_changed", subject, f"{was['unit']} became {now['unit']}"))
    if _is_loss(was["n"], now["n"]):
        found.append(_failed("values_lost", subject, f"{was['n']:,} values became {now['n']:,}"))
    numbers = [_number(row, "numbers") for row in (was, now)]
    deviation, shift = _number(was, "deviation"), _number(now, "mean") - _number(was, "mean")
    if min(numbers) >= LEAST_ROWS and abs(shift) > max(MOST_MOVED * deviation, 1e-9 * abs(_number(was, "mean"))):
        message = (
            f"the mean moved from {was['mean']:.6g} to {now['mean']:.6g}, the standard deviation was {deviation:.3g}"
        )
        found.append(_failed("mean_moved", subject, message))
    low, high = _number(was, "low"), _number(was, "high")
    if min(numbers) >= LEAST_ROWS and (
        _number(now, "low") < low - (high - low) or _number(now, "high") > high + (high - low)
    ):
        message = f"values from {low:.6g} to {high:.6g} now run from {now['low']:.6g} to {now['high']:.6g}"
        found.append(_failed("range_widened", subject, message))
    return found


def _rows(connection: duckdb.DuckDBPyConnection, question: str, side: Side, table: str) -> dict[str, dict[str, object]]:
    rows = connection.sql(question.format(files=side.files(table))).to_arrow_table().to_pylist()
    return {str(row.pop("subject")): row for row in rows}


def _is_loss(was: object, now: object) -> bool:
    lost = int(str(was)) - int(str(now))
    return lost >= LEAST_ROWS and lost > MOST_LOST * int(str(was))


def _number(row: dict[str, object], name: str) -> float:
    value = row[name]
    return float(value) if isinstance(value, int | float) else 0.0


def _failed(check: str, subject: str, message: str) -> CheckResult:
    return CheckResult(subject=subject, passed=False, message=f"{check}: {message}")
