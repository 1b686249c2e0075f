"""Ledger: what became of every harvested row, source by source; it adds up or the version is not made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.dataset import Ledger, LedgerLine, Sums

if TYPE_CHECKING:
    from curation.workbench import Workbench
    from schemas.records import RecordSet

_ENTRIES = """
SELECT source,
    count(*) FILTER (kind = 'harvested') AS harvested, count(*) FILTER (kind = 'kept') AS kept,
    count(*) FILTER (kind = 'merged') AS merged, count(*) FILTER (kind = 'quarantined') AS quarantined
FROM (
    SELECT source, 'harvested' AS kind FROM raw_entries
    UNION ALL SELECT source, 'harvested' FROM raw_rejected
    UNION ALL SELECT e.source, CASE WHEN is_representative THEN 'kept' ELSE 'merged' END
        FROM groups JOIN raw_entries e USING (entry_id)
    UNION ALL SELECT source, 'quarantined' FROM quarantined WHERE "table" = 'entries'
) GROUP BY source
"""
_VALUES = """
SELECT source,
    count(*) FILTER (kind = 'harvested') AS harvested, count(*) FILTER (kind = 'kept') AS kept,
    count(*) FILTER (kind = 'merged') AS merged, count(*) FILTER (kind = 'quarantined') AS quarantined,
    count(*) FILTER (kind = 'flagged') AS flagged
FROM (
    SELECT source, 'harvested' AS kind FROM raw_properties
    UNION ALL SELECT source, status FROM final_values
    UNION ALL SELECT source, 'quarantined' FROM quarantined WHERE "table" = 'properties'
    UNION ALL SELECT source, 'flagged' FROM final_values WHERE len(flags) > 0
) GROUP BY source
"""
_COUNTS = ("harvested", "kept", "merged", "quarantined")


def make_ledger(bench: Workbench, records: RecordSet) -> Ledger:
    """Count every row once.

    Raises:
        pydantic.ValidationError: harvested is not kept + merged + quarantined.
    """
    entries = {row["source"]: row for row in bench.table(_ENTRIES).to_pylist()}
    values = {row["source"]: row for row in bench.table(_VALUES).to_pylist()}
    return Ledger(
        lines=tuple(
            LedgerLine(
                source=source.key,
                entries=_sums(entries.get(source.key)),
                values=_sums(values.get(source.key)),
                flagged_values=(values.get(source.key) or {}).get("flagged", 0),
                complete=source.complete,
            )
            for source in records.sources
        )
    )


def _sums(row: dict[str, int] | None) -> Sums:
    return Sums(**{name: (row or {}).get(name, 0) for name in _COUNTS})
