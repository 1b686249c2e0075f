"""Increment: an earlier harvest and what changed since in; the records that stand now out.

The first page of an incremental attempt is a note in the archive of what it builds on, so that a resumed run, a replay
and a rebuilt ledger all take the same way. A record that did not change is read again from the page that it came with.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harvest.archive import Exchange
from harvest.door import RecordingDoor
from harvest.errors import HarvestError
from harvest.ledger import State
from harvest.source import ComparingSource, IncrementalSource, Rejected, Since, moment_of
from harvest.warc import METADATA
from schemas.disk import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harvest.door import SeenObject
    from harvest.ledger import Harvest
    from harvest.source import Page, Plan, RawObject, Source
    from harvest.store import Store
    from schemas.material import MaterialRecord
    from schemas.records import SourceRecords

    type Item = tuple[MaterialRecord | Rejected, RawObject]

_NOTE = "base"
_LONGEST_CHAIN = 10  # then all is fetched anew, so that a replay stays short
_CLOCKS_APART = timedelta(days=1)


@dataclass(frozen=True)
class Base:
    """What an incremental attempt builds on: the name of an earlier one, and what it has."""

    harvest: str
    since: Since


def read_base(store: Store, harvest: str) -> Base | None:
    """Return what an attempt builds on; none where it stands for itself."""
    stored = store.ledger.find(harvest, _NOTE)
    if stored is None:
        return None
    said = json.loads(store.archive.read(stored.place, sha256=stored.sha256).payload)
    return Base(said["harvest"], Since(said["last_modified"], said["n_records"], said.get("stamps", {})))


def note_base(store: Store, source: Source, plan: Plan, attempt: Harvest, earlier: SourceRecords) -> None:
    """Note what an attempt builds on, if it is new, its source can ask for changes, and the earlier records are whole.

    Args:
        store: the store.
        source: the connector; only one that can honestly ask for changes gets a base.
        plan: the query.
        attempt: the attempt; one that began without a base goes on without.
        earlier: the records of the run before.
    """
    if not isinstance(source, IncrementalSource) or store.ledger.n_exchanges(attempt.harvest) > 0:
        return
    whole = [other for other in store.ledger.harvests(plan.key, plan.target) if other.state is State.COMPLETE]
    if not whole or not earlier.complete or whole[-1].closing["raw_root"] != earlier.pin.raw_root:
        return
    base = whole[-1].harvest
    since = _since(store, source, base, store.folder / earlier.folder)
    if since is not None and _depth(store, base) < _LONGEST_CHAIN and _is_asked_alike(store, source, plan, base):
        _note(store, attempt, Base(base, since))


def changed_pages(source: Source, plan: Plan, door: RecordingDoor, base: Base | None) -> Iterator[Page]:
    """Walk what changed since the base, or all where there is none."""
    if base is None or not isinstance(source, IncrementalSource):
        return source.fetch(plan, door)
    return source.fetch_changes(plan, door, base.since)


class Standing:
    """Which records of a base still stand.

    Attributes:
        changed: ids of the records that came anew.
        present: ids of all records that the source has now; none until a page lists them.
    """

    def __init__(self) -> None:
        """Begin with nothing known."""
        self.changed: set[str] = set()
        self.present: set[str] | None = None

    def replace(self, item: MaterialRecord | Rejected) -> None:
        """Take a record that came now: an earlier one of its id stands no longer."""
        if item.source_id is not None:
            self.changed.add(item.source_id)

    def replace_all(self, source_ids: Iterable[str]) -> None:
        """Take the records of these ids, which came now."""
        self.changed.update(source_ids)

    def learn(self, page: Page) -> None:
        """Take which ids a page says that there are."""
        if page.present is not None:
            self.present = (self.present or set()) | page.present

    def holds(self, item: MaterialRecord | Rejected) -> bool:
        """Tell whether an earlier record is still what the source has."""
        if item.source_id is None:
            return True
        return item.source_id not in self.changed and (self.present is None or item.source_id in self.present)


def standing_items(store: Store, source: Source, plan: Plan, harvest: str, seen: list[SeenObject]) -> Iterator[Item]:
    """Yield the records that an earlier attempt left, each with the page that it came with.

    Args:
        store: the store; only its archive is asked.
        source: the connector.
        plan: the query.
        harvest: name of the attempt.
        seen: takes all pages of the attempt, and of those that it builds on.
    """
    base, standing = read_base(store, harvest), Standing()
    door = _archive_door(store, plan, harvest)
    for page in changed_pages(source, plan, door, base):
        standing.learn(page)
        for item in source.parse(plan, page.raw) if page.has_records else ():
            standing.replace(item)
            yield item, page.raw
    if base is not None:
        for item, raw in standing_items(store, source, plan, base.harvest, seen):
            if standing.holds(item):
                yield item, raw
    seen += door.seen


def _archive_door(store: Store, plan: Plan, harvest: str) -> RecordingDoor:
    """Return a door to what is archived of an attempt, and to nothing else."""
    return RecordingDoor(
        harvest=harvest,
        archive=store.archive,
        ledger=store.ledger,
        folder=plan.folder,
        client=None,
        clock=store.clock,
    )


def _is_asked_alike(store: Store, source: Source, plan: Plan, harvest: str) -> bool:
    """Whether the whole harvest below an attempt asked what would be asked now: a newer card may map more fields."""
    base = read_base(store, harvest)
    if base is not None:
        return _is_asked_alike(store, source, plan, base.harvest)
    try:
        return any(page.has_records for page in source.fetch(plan, _archive_door(store, plan, harvest)))
    except HarvestError:
        return False


def _since(store: Store, source: Source, harvest: str, records: Path) -> Since | None:
    """Return from when on changes are asked for: a day before the first page came, or the newest stamp if earlier.

    A record may have changed behind the reader while the rest was read, and two clocks differ.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415 — only where something was harvested before

    table = pq.read_table(records / "entries.parquet", columns=["source_id", "last_modified"])
    stamps = {str(name): stamp for name, stamp in zip(*(column.to_pylist() for column in table.columns), strict=True)}
    moments = [moment_of(stamp) for stamp in stamps.values()]
    begun = moment_of(store.ledger.first_fetch(harvest))
    known = [moment for moment in moments if moment is not None]
    if begun is None or not moments or len(known) < len(moments):
        return None
    start = min(max(known), begun - _CLOCKS_APART)
    held = stamps if isinstance(source, ComparingSource) else {}
    return Since(start.strftime("%Y-%m-%dT%H:%M:%SZ"), len(moments), held)


def _depth(store: Store, harvest: str) -> int:
    base = read_base(store, harvest)
    return 0 if base is None else 1 + _depth(store, base.harvest)


def _note(store: Store, attempt: Harvest, base: Base) -> None:
    since = base.since
    said = {"harvest": base.harvest, "last_modified": since.last_modified, "n_records": since.n_records}
    if since.stamps:
        said["stamps"] = dict(since.stamps)
    note = Exchange(
        harvest=attempt.harvest,
        request_key=_NOTE,
        uri=f"urn:matgranary:base:{attempt.attempt}",
        media_type="application/json",
        payload=canonical_json(said),
        fetched_at=store.clock(),
        kind=METADATA,
    )
    store.ledger.record(note, store.archive.append(note))
