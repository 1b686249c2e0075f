"""Walk: one attempt at one query in, its records on disk out.

A kill may leave a walk at any point: the next one replays what is archived and goes on with the page that is not.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from harvest.archive import Exchange
from harvest.door import RecordingDoor
from harvest.errors import CardError, ContractError, CredentialsError, DriftError, IncompleteError, IntegrityError
from harvest.ledger import State
from harvest.records import RecordWriter
from schemas.disk import building, canonical_json, digest, model_json
from schemas.provenance import Pin
from schemas.records import SourceRecords

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harvest.http import HttpClient
    from harvest.ledger import Harvest
    from harvest.source import Page, Plan, Source, SourceCard
    from harvest.store import Store

_NO_VERSION = "unversioned"
_SHORT = 16


# Told how far a source is: its key, records so far, and how many are promised where that is known.
type Progress = Callable[[str, int, int | None], None]


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
        offline: bool,
        progress: Progress | None,
    ) -> None:
        """Prepare to walk; a complete attempt is replayed without network."""
        self._store, self._source, self._plan, self._attempt = store, source, plan, attempt
        self._is_replay = attempt.state is State.COMPLETE
        self._progress = progress
        self._versions: dict[str, None] = {}
        self._promised: dict[int, None] = {}
        self._door = RecordingDoor(
            harvest=attempt.harvest,
            archive=store.archive,
            ledger=store.ledger,
            folder=plan.folder,
            client=None if offline or self._is_replay else self._client,
            clock=store.clock,
        )

    @property
    def fetched(self) -> int:
        """Pages that were not archived before."""
        return self._door.fetched

    def run(self, parser: str) -> SourceRecords:
        """Walk all pages, close the attempt, publish the records.

        Raises:
            IncompleteError: fewer records than promised, or two versions of the source in one walk; the archive keeps
                what came, and the next run asks anew.
        """
        room = self._store.folder / "records" / self._plan.key
        with (
            building(room, f"walk-{self._attempt.attempt}") as begun,
            RecordWriter(begun.folder, self._plan) as writer,
        ):
            self._walk(writer)
            files = writer.finish(self._door.seen)
            pin = self._pin(writer.records)
            self._close(pin, writer.records)
            folder = records_folder(self._store, self._plan, pin.raw_root, parser)
            records = SourceRecords(
                key=self._plan.key,
                source=self._plan.source,
                folder=folder.relative_to(self._store.folder).as_posix(),
                **self._plan.about.model_dump(),
                pin=pin,
                complete=True,
                delivered_twice=writer.delivered_twice,
                query=self._plan.query.model_dump(mode="json"),
                parser=parser,
                files=files,
            )
            (begun.folder / "manifest.json").write_bytes(model_json(records))
            if not folder.exists():
                begun.publish(folder)
        return records

    def _walk(self, writer: RecordWriter) -> None:
        """Take all pages; an attempt that a page has broken for good is closed, so that the next one asks anew."""
        try:
            for page in self._source.fetch(self._plan, self._door):
                self._take(page, writer)
        except (CardError, ContractError, IntegrityError, DriftError) as error:
            if not self._is_replay and self._door.seen:
                self._note(State.DISCARDED, self._pin(writer.records), str(error))
            raise

    def _take(self, page: Page, writer: RecordWriter) -> None:
        if page.version is not None:
            self._versions[page.version] = None
        if page.promised is not None:
            self._promised[page.promised] = None
        if page.has_records:
            for item in self._source.parse(self._plan, page.raw):
                writer.add(item, page.raw)
        if self._progress:
            self._progress(self._plan.key, len(writer.records), max(self._promised, default=None))

    def _pin(self, records: dict[str, str]) -> Pin:
        seen = self._door.seen
        return Pin(
            kind=self._source.card.pin,
            version=self._plan.declared or next(iter(self._versions), _NO_VERSION),
            raw_root=digest([[raw.request_key, raw.sha256] for raw in seen]),
            records_root=digest(sorted(records.items())),
            pages=len(seen),
            records=len(records),
        )

    def _close(self, pin: Pin, records: dict[str, str]) -> None:
        """Close the attempt; refuse one that is not whole."""
        if self._is_replay:
            return
        problem = self._problem(len(records))
        state = State.COMPLETE
        if problem:
            state = State.DISCARDED if len(self._versions) > 1 else State.INCOMPLETE
        self._note(state, pin, problem)
        if problem:
            message = f"{self._plan.key}: {problem}; what came is archived, the next run asks anew"
            raise IncompleteError(message)

    def _note(self, state: State, pin: Pin, problem: str | None) -> None:
        """Write into archive and ledger how the attempt ended."""
        closing = {
            "state": state,
            "target": self._plan.target,
            "promised": list(self._promised),
            "problem": problem,
            **pin.model_dump(mode="json"),
        }
        note = Exchange(
            harvest=self._attempt.harvest,
            request_key=f"closing {self._attempt.attempt}",
            uri=f"urn:matgranary:harvest:{self._attempt.attempt}",
            media_type="application/json",
            payload=canonical_json(closing),
            fetched_at=self._store.clock(),
            kind="metadata",
        )
        self._store.ledger.close_harvest(note, self._store.archive.append(note))

    def _problem(self, received: int) -> str | None:
        if len(self._versions) > 1:
            return f"the source changed its version during the harvest ({', '.join(self._versions)})"
        if len(self._promised) > 1:
            return f"the source changed its count during the harvest ({', '.join(map(str, self._promised))} records)"
        if self._promised and received < max(self._promised):
            return f"{max(self._promised)} records promised, {received} distinct ones received"
        return None

    def _client(self) -> HttpClient:
        from harvest.http import HttpClient  # noqa: PLC0415 — local sources never load the network

        return HttpClient(
            hosts=self._plan.hosts,
            requests_per_second=self._plan.requests_per_second,
            secrets=_secrets(self._source.card) if self._plan.shows_key else {},
        )


def _secrets(card: SourceCard) -> dict[str, str]:
    """Return the header that shows the key of a source.

    Raises:
        CredentialsError: the source needs a key, and no variable holds one.
    """
    if card.key is None:
        return {}
    for variable in card.key.variables:
        if secret := os.environ.get(variable):
            return {card.key.header: secret}
    if card.key.required:
        message = f"{card.name} needs a key: set {' or '.join(card.key.variables)} in the environment"
        raise CredentialsError(message)
    return {}
