"""Walk: one attempt at one query in, its records on disk out.

A kill may leave a walk at any point: the next one replays what is archived and goes on with the page that is not.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvest.archive import Exchange
from harvest.beside import ReaderBeside, can_read, is_worth_it
from harvest.completeness import Completeness
from harvest.connector_faults import handed_over
from harvest.door import RecordingDoor, closing_door
from harvest.errors import CardError, ContractError, DriftError, HarvestError, IncompleteError, IntegrityError
from harvest.increment import Standing, changed_pages, read_base, standing_items
from harvest.ledger import State, closing_key
from harvest.reading import PageReader, Reading
from harvest.secret import Secret, secret_of
from harvest.source import Page
from harvest.warc import METADATA
from schemas.disk import building, canonical_json, digest, model_json
from schemas.provenance import Pin
from schemas.records import SourceRecords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harvest.door import SeenObject
    from harvest.http import HttpClient
    from harvest.ledger import Harvest
    from harvest.reading import Reader, Received, Taken
    from harvest.source import Plan, Source
    from harvest.store import Store

_NO_VERSION = "unversioned"
_SHORT = 16

# Told how far a source is: its key, records so far, and how many are promised where that is known.
type Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Pacing:
    """How a walk treats the network and what is not whole.

    Attributes:
        most_per_second: at most so many requests a second, also where the source allows more.
        most_records: end after so many records; the attempt stays open, and what came is not whole.
        allow_incomplete: write the records of an attempt that is not whole, and what is missing.
    """

    most_per_second: float | None = None
    most_records: int | None = None
    allow_incomplete: bool = False


def records_folder(store: Store, plan: Plan, raw_root: str, parser: str) -> Path:
    """Return where the records of a snapshot stand: one folder for each (raw bytes, query, parser)."""
    name = f"{raw_root[:_SHORT]}-{digest([parser, plan.fingerprint, plan.about.model_dump()])[:_SHORT]}"
    return store.folder / "records" / plan.key / name


class Walk:
    """One walk over the pages of a source."""

    def __init__(
        self,
        store: Store,
        source: Source,
        plan: Plan,
        attempt: Harvest,
        *,
        offline: bool = False,
        pacing: Pacing | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Prepare to walk; an attempt that has ended is replayed without network, as is every one that is offline."""
        self._store, self._source, self._plan, self._attempt = store, source, plan, attempt
        self._pacing = pacing or Pacing()
        self._is_replay = attempt.state in {State.COMPLETE, State.INCOMPLETE}
        self._progress = progress
        self._base = read_base(store, attempt.harvest)
        self._standing = Standing()
        self._carried: list[SeenObject] = []
        self._found = Completeness()
        self._door = RecordingDoor(
            harvest=attempt.harvest,
            archive=store.archive,
            ledger=store.ledger,
            folder=plan.folder,
            client=None if offline or self._is_replay else self._client,
            clock=store.clock,
            earlier=store.ledger.harvest_before(attempt),
        )

    @property
    def fetched(self) -> int:
        """Pages that were not archived before."""
        return self._door.fetched

    def run(self, parser: str) -> SourceRecords:
        """Walk all pages, close the attempt, publish the records.

        Raises:
            IncompleteError: fewer records than promised, a part that could not be had, or two versions of the source in
                one walk; the archive keeps what came, and the next run asks anew.
        """
        room = self._store.folder / "records" / self._plan.key
        with (
            building(room, f"walk-{secrets.token_hex(8)}") as begun,
            Reading(lambda first: self._reader(begun.folder, first)) as reading,
            closing_door(self._door),
        ):
            self._walk(reading)
            written = reading.reader.finish(self._seen)
            pin = self._pin(written.received)
            missing = self._close(pin)
            folder = records_folder(self._store, self._plan, pin.raw_root, parser)
            records = SourceRecords(
                key=self._plan.key,
                source=self._plan.source,
                folder=folder.relative_to(self._store.folder).as_posix(),
                **self._plan.about.model_dump(),
                pin=pin,
                complete=not missing,
                missing=missing,
                delivered_twice=written.delivered_twice,
                query=self._plan.query.model_dump(mode="json"),
                parser=parser,
                files=written.files,
            )
            (begun.folder / "manifest.json").write_bytes(model_json(records))
            if not folder.exists():
                begun.publish(folder)
        return records

    def _reader(self, folder: Path, first: Page | None) -> Reader:
        """Return what reads the pages; where many records are to come, and no others are added, a process beside."""
        is_whole = self._base is None and self._pacing.most_records is None
        if is_whole and first is not None and is_worth_it(first.promised) and can_read(self._source, self._plan):
            return ReaderBeside(folder, self._plan)
        return PageReader(folder, self._source, self._plan)

    def _walk(self, reading: Reading) -> None:
        """Take all pages; an attempt that a page has broken for good is closed, so that the next one asks anew."""
        try:
            for page in self._fetched(reading):
                self._take(page, reading)
                most = None if self._is_replay else self._pacing.most_records
                if self._found.is_limited(reading.n_records, most):
                    return
            self._count_rest(reading)
            self._carry(reading)
        except (CardError, ContractError, IntegrityError, DriftError) as error:
            if not self._is_replay and self._door.seen:
                self._note(State.DISCARDED, self._pin(reading.reader.received()), (str(error),))
            raise

    def _fetched(self, reading: Reading) -> Iterator[Page]:
        """Yield the pages; those before one that cannot be had are counted first, as their errors come first."""
        try:
            yield from handed_over(
                self._plan,
                lambda: changed_pages(self._source, self._plan, self._door, self._base),
                (Page,),
                lambda: f"fetch() after {self._door.seen[-1].request_key}" if self._door.seen else "fetch()",
            )
        except HarvestError:
            self._count_rest(reading)
            raise

    def _count_rest(self, reading: Reading) -> None:
        for page, taken in reading.rest():
            self._count(page, taken, reading.n_records)

    def _take(self, page: Page, reading: Reading) -> None:
        """Have a page read, and count those that are."""
        self._standing.learn(page)
        if page.delay_seconds is not None:
            self._door.slow_down(page.delay_seconds)
        for earlier, taken in reading.read(page):
            self._count(earlier, taken, reading.n_records)

    def _count(self, page: Page, taken: Taken, n_records: int) -> None:
        self._found.take(page, n_items=taken.n_items, n_new=taken.n_new)
        if self._progress:
            self._progress(self._plan.key, n_records, self._found.promised)

    def _carry(self, reading: Reading) -> None:
        """Take over the records of the attempt that this one builds on, as far as they still stand.

        Where the source listed its ids, what came is held against the list.
        """
        if self._base is None and self._standing.present is None:
            return
        received = reading.reader.source_ids()
        if self._base is not None:
            self._found.is_changed_only(reading.n_records)
            self._standing.changed = received.copy()
            for item, raw in standing_items(self._store, self._source, self._plan, self._base.harvest, self._carried):
                if self._standing.holds(item):
                    reading.here.add(item, raw)
                    received.add(item.source_id or "")
        self._found.take_present(self._standing.present, received)

    @property
    def _seen(self) -> list[SeenObject]:
        return [*self._carried, *self._door.seen]

    def _pin(self, received: Received) -> Pin:
        seen = self._seen
        return Pin(
            kind=self._source.card.pin,
            version=self._plan.declared or self._found.version or _NO_VERSION,
            raw_root=digest([[raw.request_key, raw.sha256] for raw in seen]),
            records_root=received.root,
            pages=len(seen),
            records=received.n_records,
        )

    def _close(self, pin: Pin) -> tuple[str, ...]:
        """Close the attempt and return what is missing; refuse one that is not whole, unless that is allowed.

        An attempt that was limited stays open: a run without the limit goes on where it ended.
        """
        missing = self._found.missing(pin.records, self._door.gaps)
        if self._is_replay or self._found.limited:
            return missing
        state = State.COMPLETE
        if missing:
            state = State.DISCARDED if self._found.is_mixed else State.INCOMPLETE
        self._note(state, pin, missing)
        if missing and (self._found.is_mixed or not self._pacing.allow_incomplete):
            message = f"{self._plan.key}: {'; '.join(missing)}; what came is archived, the next run asks anew"
            raise IncompleteError(message)
        return missing

    def _note(self, state: State, pin: Pin, missing: tuple[str, ...]) -> None:
        """Write into archive and ledger how the attempt ended."""
        closing = {
            "state": state,
            "target": self._plan.target,
            "promised": self._found.counts,
            "problem": "; ".join(missing) or None,
            **pin.model_dump(mode="json"),
        }
        note = Exchange(
            harvest=self._attempt.harvest,
            request_key=closing_key(self._attempt.attempt),
            uri=f"urn:matgranary:harvest:{self._attempt.attempt}",
            media_type="application/json",
            payload=canonical_json(closing),
            fetched_at=self._store.clock(),
            kind=METADATA,
        )
        self._store.ledger.close_harvest(note, self._store.archive.append(note))

    def _client(self) -> HttpClient:
        from harvest.http import HttpClient  # noqa: PLC0415 — local sources never load the network

        allowed = self._pacing.most_per_second or self._plan.requests_per_second
        return HttpClient(
            hosts=self._plan.hosts,
            requests_per_second=min(allowed, self._plan.requests_per_second),
            secrets=secret_of(self._source.card, self._plan.key_card) if self._plan.shows_key else Secret(),
        )
