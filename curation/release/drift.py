"""Drift: a version against its parent; what a release should not do unnoticed: lose rows, columns, or shift a mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.datasets.tables import TABLES
from curation.errors import ContractError
from schemas.checks import CheckResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curation.datasets.open import Dataset

MOST_LOST = 0.05
MOST_SHIFT = 0.25
_COUNTED = frozenset({"materials", "entries", "structures", "properties"})
_SPREAD = """
SELECT property, count(*) AS n, avg(value) AS mean, stddev_pop(value) AS spread
FROM properties WHERE status = 'kept' AND value IS NOT NULL GROUP BY property
"""


def refuse_drift(dataset: Dataset, parent: Dataset | None, accepted: str) -> None:
    """Refuse a release that drifted from its parent, unless it was said why that is right.

    Raises:
        ContractError: names every drift.
    """
    found = [result.message for result in check_drift(dataset, parent) if not result.passed] if parent else []
    if found and not accepted:
        message = f"{dataset.id}: {'; '.join(found)}. If this is right, say why: --accept-drift REASON"
        raise ContractError(message)


def check_drift(dataset: Dataset, parent: Dataset) -> list[CheckResult]:
    """Return one result a table and one a property of the parent.

    A table may lose 5 % of its rows and no column. A mean may shift by a quarter of the standard deviation in the
    parent, the size that Cohen (1988) calls small and a reader still would want to know of.
    """
    return [*_tables(dataset, parent), *_properties(dataset, parent)]


def _tables(dataset: Dataset, parent: Dataset) -> Iterator[CheckResult]:
    for table in TABLES:
        before, now = (_columns(one, table.name) for one in (parent, dataset))
        gone = sorted(before - now)
        if gone:
            yield CheckResult(subject=table.name, passed=False, message=f"{table.name} lost {', '.join(gone)}")
        old, new = (sum(p.rows for p in one.manifest.parts if p.table == table.name) for one in (parent, dataset))
        fell = table.name in _COUNTED and new < old * (1 - MOST_LOST)
        yield CheckResult(subject=table.name, passed=not fell, message=f"{table.name}: {old:,} rows, now {new:,}")


def _properties(dataset: Dataset, parent: Dataset) -> Iterator[CheckResult]:
    now = {str(row["property"]): row for row in dataset.sql(_SPREAD).rows()}
    for row in parent.sql(_SPREAD).rows():
        name = str(row["property"])
        if name not in now:
            yield CheckResult(subject=name, passed=False, message=f"no value of {name} is left")
            continue
        before, mean = float(str(row["mean"])), float(str(now[name]["mean"]))
        shifted = abs(mean - before) > MOST_SHIFT * float(str(row["spread"])) + 1e-12 * abs(before)
        enough = min(int(str(row["n"])), int(str(now[name]["n"]))) >= _ENOUGH
        message = f"the mean of {name} was {before:.6g}, now {mean:.6g}"
        yield CheckResult(subject=name, passed=not (shifted and enough), message=message)


_ENOUGH = 10  # of fewer values a mean says little


def _columns(dataset: Dataset, table: str) -> set[str]:
    return set(dataset.sql(f"SELECT * FROM {table} LIMIT 0").arrow().column_names)
