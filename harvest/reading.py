"""Reading: pages in, their records in a folder out, and what each page brought.

Pages are read in this process, or in one beside it (`harvest.beside`), so that the next page is fetched while one is
read. Both write the same bytes.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, replace
from itertools import batched
from typing import TYPE_CHECKING, Protocol, Self

from harvest.connector_faults import handed_over
from harvest.records.columns import RecordColumns, parts_of
from harvest.records.writer import RecordWriter
from harvest.source import RawObject, Rejected
from schemas.disk import canonical_json
from schemas.material import MaterialRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from harvest.door import SeenObject
    from harvest.source import Page, Plan, Source
    from schemas.records import RecordFile

_BATCH = 4096


@dataclass(frozen=True)
class Taken:
    """What a page brought.

    Attributes:
        n_items: how many records or rejected rows it holds.
        n_new: how many of them were not delivered before.
    """

    n_items: int
    n_new: int


@dataclass(frozen=True)
class Received:
    """What came so far.

    Attributes:
        n_records: how many distinct records, quarantined ones included.
        root: sha256 over their ids and hashes.
    """

    n_records: int
    root: str


@dataclass(frozen=True)
class Written:
    """What was written."""

    files: tuple[RecordFile, ...]
    received: Received
    delivered_twice: int


class Reader(Protocol):
    """Reads pages in the order in which they are given; leaving its block ends it, finished or not."""

    ahead: int  # so many pages may be given before what the first of them brought is asked for

    def give(self, raw: RawObject) -> None:
        """Take a page to read."""

    def taken(self) -> Taken:
        """Return what the oldest page brought that was not asked for yet."""

    def received(self) -> Received:
        """Return what came so far."""

    def source_ids(self) -> set[str]:
        """Return the source's own ids of all that came, also of what was rejected."""

    def finish(self, seen: Sequence[SeenObject]) -> Written:
        """Write what is left, and the list of raw objects."""

    def __enter__(self) -> Self: ...  # noqa: D105 — see the class

    def __exit__(self, *_: object) -> None: ...  # noqa: D105 — see the class


class PageReader:
    """Reads pages in this process."""

    ahead = 0

    def __init__(self, folder: Path, source: Source, plan: Plan) -> None:
        """Write into an empty folder."""
        self._source, self._plan = source, plan
        self._writer = RecordWriter(folder, plan)
        self._taken: deque[Taken] = deque()

    def give(self, raw: RawObject) -> None:
        """Read a page."""
        before, n_items = self._writer.n_records, 0
        parts = handed_over(
            self._plan,
            lambda: parts_of(self._source, self._plan, raw),
            (RecordColumns, MaterialRecord, Rejected),
            lambda: f"parse() of {raw.request_key}",
        )
        for part in parts:
            if isinstance(part, RecordColumns):
                self._writer.add_columns(part, raw)
                n_items += len(part)
            else:
                self._writer.add(part, raw)
                n_items += 1
        self._taken.append(Taken(n_items, self._writer.n_records - before))

    def taken(self) -> Taken:
        """Return what the oldest page brought that was not asked for yet."""
        return self._taken.popleft()

    def add(self, item: MaterialRecord | Rejected, raw: RawObject) -> None:
        """Take a record that was read elsewhere."""
        self._writer.add(item, raw)

    def received(self) -> Received:
        """Return what came so far."""
        return Received(self._writer.n_records, root_of(self._writer.records))

    def source_ids(self) -> set[str]:
        """Return the source's own ids of all that came, also of what was rejected."""
        return self._writer.source_ids()

    def finish(self, seen: Sequence[SeenObject]) -> Written:
        """Write what is left, and the list of raw objects."""
        return Written(self._writer.finish(seen), self.received(), self._writer.delivered_twice)

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files, also after an error."""
        self._writer.__exit__()


class Reading:
    """Has pages read; which reader does it is told by the first page with records."""

    def __init__(self, choose: Callable[[Page | None], Reader]) -> None:
        """Begin.

        Args:
            choose: makes the reader for a source whose first page with records this is; none came at all with `None`.
        """
        self._choose = choose
        self._chosen: Reader | None = None
        self._waiting: deque[Page] = deque()
        self.n_records = 0

    def read(self, page: Page) -> Iterator[tuple[Page, Taken]]:
        """Take a page; yield those that are read, in their order, with what they brought."""
        if page.has_records:
            self._reader(page).give(page.raw)
        self._waiting.append(replace(page, raw=_named(page.raw)))
        yield from self._done(self._chosen.ahead if self._chosen else 0)

    def rest(self) -> Iterator[tuple[Page, Taken]]:
        """Wait until all pages are read; yield those that were not yielded yet."""
        yield from self._done(0)

    def _done(self, most_waiting: int) -> Iterator[tuple[Page, Taken]]:
        while len(self._waiting) > most_waiting:
            page = self._waiting.popleft()
            taken = self.reader.taken() if page.has_records else Taken(0, 0)
            self.n_records += taken.n_new
            yield page, taken

    @property
    def reader(self) -> Reader:
        """The reader."""
        return self._reader(None)

    @property
    def here(self) -> PageReader:
        """The reader in this process, which takes records that were read before.

        Raises:
            TypeError: the pages are read beside it.
        """
        if not isinstance(self.reader, PageReader):
            message = "records that were read before are added where the pages are read in the same process"
            raise TypeError(message)
        return self.reader

    def _reader(self, page: Page | None) -> Reader:
        if self._chosen is None:
            self._chosen = self._choose(page).__enter__()
        return self._chosen

    def __enter__(self) -> Self:
        """Return the reading."""
        return self

    def __exit__(self, *given: object) -> None:
        """End the reader."""
        if self._chosen is not None:
            self._chosen.__exit__(*given)


def _named(raw: RawObject) -> RawObject:
    """Return a raw object without its bytes, which whoever reads it has."""
    return RawObject(raw.sha256, b"", raw.media_type, raw.uri, raw.request_key)


def root_of(records: Mapping[str, bytes]) -> str:
    """Return the sha256 over the canonical JSON of [[id, hash], ...], sorted by id; written in batches."""
    hashed = hashlib.sha256(b"[")
    for number, batch in enumerate(batched(sorted(records), _BATCH)):
        pairs = [(source_id, records[source_id].hex()) for source_id in batch]
        hashed.update(b"," * bool(number) + canonical_json(pairs)[1:-1])
    hashed.update(b"]")
    return hashed.hexdigest()
