"""Drift: two snapshots of one source in; what came, went and changed between them out, by id."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from schemas.disk import write_file
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.records import SourceRecords

_SHOWN = 3
NAME = "drift.json"


class Drift(Model):
    """What differs between two snapshots of a source; ids as the source writes them, sorted."""

    source: str
    before: str = described("Version and root of the records of the earlier snapshot.")
    after: str = described("The same of the later one.")
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = described("Records that the source no longer has.")
    changed: tuple[str, ...] = described("Records whose content differs.")

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.removed or self.changed)

    def said(self) -> str:
        """Return the counts with the first ids, in one line."""
        parts = (("added", self.added), ("removed", self.removed), ("changed", self.changed))
        return ", ".join(f"{len(ids)} {name}{_first(ids)}" for name, ids in parts)


def compare_snapshots(store: Path, before: SourceRecords, after: SourceRecords) -> Drift:
    """Return what differs between the records of two snapshots on disk."""
    old, new = _contents(store, before), _contents(store, after)
    return Drift(
        source=after.key,
        before=_named(before),
        after=_named(after),
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(sorted(source_id for source_id in old.keys() & new.keys() if old[source_id] != new[source_id])),
    )


def write_drift(store: Path, drift: Drift) -> Path:
    """Write all ids of a drift beside the records of its source, over the report of an earlier one."""
    path = store / "records" / drift.source / NAME
    write_file(path, (json.dumps(drift.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n").encode())
    return path


def _contents(store: Path, records: SourceRecords) -> dict[str, str]:
    """Return the hash of the canonical record of each id."""
    import pyarrow.parquet as pq  # noqa: PLC0415 — only where two snapshots are compared

    table = pq.read_table(store / records.folder / "entries.parquet", columns=["source_id", "record_sha256"])
    ids, hashes = (map(str, table[name].to_pylist()) for name in ("source_id", "record_sha256"))
    return dict(zip(ids, hashes, strict=True))


def _named(records: SourceRecords) -> str:
    return f"{records.pin.version}, {records.pin.records} records, root {records.pin.records_root}"


def _first(ids: tuple[str, ...]) -> str:
    return f" ({', '.join(ids[:_SHOWN])}{', …' if len(ids) > _SHOWN else ''})" if ids else ""
