"""Door: what a connector asks through; archived pages are replayed, others fetched, checked, archived and recorded."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from harvest.archive import Exchange
from harvest.errors import (
    CardError,
    ContractError,
    CredentialsError,
    ForbiddenHostError,
    IncompleteError,
    NotArchivedError,
    RateLimitedError,
    StorageError,
    TransportError,
    UnreachableError,
)
from harvest.source import ABSENT, Gap, RawFile, RawObject
from harvest.warc import CONVERSION, METADATA, RESOURCE, REVISIT
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from harvest.archive import Archive, Place
    from harvest.http import Answer, HttpClient
    from harvest.ledger import Ledger, Stored
    from harvest.source import Request

FILE, READ = "file:", "READ"
CONVERTED = "application/json"
_FAILED = "failed "
_MOST_GAPS_RUNNING = 3  # so many in a row are no holes in a source but a source that is out of order
_ATTEMPTS_BEFORE_HALVING = 3
_VALIDATORS = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}


def file_uri(path: str) -> str:
    """Return the address of a local file, relative to the recipe."""
    return FILE + quote(path)


@dataclass(frozen=True)
class SeenObject:
    """A raw object that passed the door, without its bytes."""

    sha256: str
    request_key: str
    uri: str
    media_type: str
    n_bytes: int


class RecordingDoor:
    """The door of one harvest.

    Attributes:
        seen: everything that passed, in order.
        gaps: what could not be had, in order.
        fetched: how many of it were not archived before.
        unmodified: how many of these were the bytes that are archived already.
    """

    def __init__(
        self,
        *,
        harvest: str,
        archive: Archive,
        ledger: Ledger,
        folder: Path,
        client: Callable[[], HttpClient] | None,
        clock: Callable[[], datetime],
        earlier: str | None = None,
    ) -> None:
        """Serve one harvest; without a client nothing is fetched, and only what is archived can be had.

        Args:
            harvest: its name in the ledger.
            archive: where pages are kept.
            ledger: its index.
            folder: where the paths of local files start.
            client: makes the client, when it is first needed.
            clock: the date of a fetch.
            earlier: name of an earlier harvest of the same query: what it fetched is asked for only if it changed.
        """
        self._harvest, self._archive, self._ledger = harvest, archive, ledger
        self._folder, self._make_client, self._clock = folder, client, clock
        self._earlier = earlier
        self._client: HttpClient | None = None
        self._spooled: list[Path] = []
        self._gaps_running = 0
        self.seen: list[SeenObject] = []
        self.gaps: list[Gap] = []
        self.fetched = self.unmodified = 0

    def get(self, request: Request, *, check: Callable[[bytes], object] | None = None) -> RawObject:
        """Return the answer to a request; see `harvest.source.Door`.

        Raises:
            IncompleteError: the answer is not archived, and this door does not fetch.
        """
        return self._get(request, check, attempts=None)

    def get_text(
        self,
        request: Request,
        *,
        kept: Callable[[bytes], bytes],
        check: Callable[[bytes], object] | None = None,
    ) -> RawObject:
        """Return what is kept of a text, or the note that it is not given; see `harvest.source.Door`.

        Raises:
            IncompleteError: the answer is not archived, and this door does not fetch.
        """
        if self._ledger.find(self._harvest, ABSENT + request.key) is None:
            try:
                return self._get(request, check, attempts=None, kept=kept)
            except (ContractError, CredentialsError, ForbiddenHostError) as error:
                self._note(ABSENT, request, str(error))
        return self._noted(request)

    def _noted(self, request: Request) -> RawObject:
        """Return the note that a text is not given, with the reason."""
        key = ABSENT + request.key
        stored = self._ledger.find(self._harvest, key)
        if stored is None:
            message = f"{key}: the note is not in the archive; run with --update"
            raise IncompleteError(message)
        payload = self._archive.read(stored.place, sha256=stored.sha256).payload
        raw = RawObject(stored.sha256, payload, stored.media_type, request.uri, key)
        self._see(raw, len(payload))
        return raw

    def _get(
        self,
        request: Request,
        check: Callable[[bytes], object] | None,
        *,
        attempts: int | None,
        kept: Callable[[bytes], bytes] | None = None,
    ) -> RawObject:
        stored = self._ledger.find(self._harvest, request.key)
        if stored is None:
            exchange = self._fetch(request, check, attempts)
            exchange = exchange if kept is None else _converted(exchange, kept(exchange.payload))
            payload, sha256 = exchange.payload, exchange.sha256
            self._keep(exchange)
        else:
            original = self._original(stored)
            exchange = self._archive.read(original.place, sha256=stored.sha256)
            payload, sha256 = exchange.payload, stored.sha256
        media_type = exchange.media_type if stored is None else stored.media_type
        raw = RawObject(sha256, payload, media_type, request.uri, request.key)
        self._see(raw, len(payload))
        return raw

    def get_parts(
        self,
        request: Request,
        *,
        halve: Callable[[Request], tuple[Request, ...]],
        check: Callable[[bytes], object] | None = None,
    ) -> list[RawObject]:
        """Return the answer to a request, or to its halves; see `harvest.source.Door`.

        Raises:
            TransportError: several parts in a row could not be had.
        """
        parts = halve(request)
        reason = self._failure(request)
        if reason is None or not self._is_to_be_split(parts):
            try:
                raw = self._get(request, check, attempts=_ATTEMPTS_BEFORE_HALVING if parts else None)
            except (RateLimitedError, UnreachableError):
                raise
            except TransportError as error:
                reason = str(error)
                self._keep_failure(request, reason, error, is_last=not parts)
            else:
                self._gaps_running = 0
                return [raw]
        if not parts:
            self.gaps.append(Gap(request.key, reason or ""))
        return [raw for part in parts for raw in self.get_parts(part, halve=halve, check=check)]

    def download(self, request: Request, *, check: Callable[[Path], object] | None = None) -> RawFile:
        """Return a large archived answer as a file, which is there until the door is closed; memory stays small.

        Raises:
            IncompleteError: the answer is not archived, and this door does not fetch.
        """
        name = hashlib.sha256(f"{self._harvest} {request.key}".encode()).hexdigest()[:32]
        path = self._archive.folder / "downloads" / name
        stored = self._ledger.find(self._harvest, request.key)
        if stored is None:
            sha256, media_type = self._fetch_file(request, path, check)
        else:
            sha256, media_type = stored.sha256, stored.media_type
            self._archive.copy_payload(self._original(stored).place, path, sha256=sha256)
        self._spooled.append(path)
        raw = RawFile(sha256, path, media_type, request.uri, request.key)
        self._see(raw, raw.n_bytes)
        return raw

    def slow_down(self, seconds: float) -> None:
        """Leave at least so many seconds between requests, as the source asks for."""
        if self._client is not None:
            self._client.pace.slow_down(seconds)

    def close(self) -> None:
        """Remove the files of downloads; the archive has them."""
        for path in self._spooled:
            path.unlink(missing_ok=True)
            path.with_name(f"{path.name}.json").unlink(missing_ok=True)

    def _see(self, raw: RawObject, n_bytes: int) -> None:
        self.seen.append(SeenObject(raw.sha256, raw.request_key, raw.uri, raw.media_type, n_bytes))

    def _original(self, stored: Stored) -> Stored:
        """Return where the bytes of an exchange are: with itself, or with the one that it repeats."""
        if stored.kind != REVISIT:
            return stored
        original = self._ledger.find_raw(stored.sha256)
        if original is None:
            message = f"{stored.request_key}: the bytes that it repeats are not in the archive; run with --update"
            raise IncompleteError(message)
        return original

    def _keep(self, exchange: Exchange) -> None:
        """Make a page durable, then note it; bytes that are archived already are not written again."""
        self.fetched += 1
        if exchange.kind != METADATA and self._ledger.find_raw(exchange.sha256) is not None:
            self.unmodified += 1
            n_bytes = len(exchange.payload)
            exchange = replace(exchange, kind=REVISIT, payload=b"", payload_sha256=exchange.sha256)
            self._record(exchange, lambda: self._archive.append(exchange), n_bytes)
        else:
            self._record(exchange, lambda: self._archive.append(exchange))

    def _record(self, exchange: Exchange, append: Callable[[], Place], n_bytes: int | None = None) -> None:
        """Append to the archive, then write the row.

        Raises:
            StorageError: the disk is full or refuses; the page does not count.
        """
        try:
            self._ledger.record(exchange, append(), n_bytes=n_bytes)
        except sqlite3.Error as error:
            message = f"the ledger cannot be written ({error}); make room on the disk, then run again"
            raise StorageError(message) from error

    def _fetch(self, request: Request, check: Callable[[bytes], object] | None, attempts: int | None) -> Exchange:
        if request.method == READ:  # a link of a provider is asked for by GET, so that none leads to a file of ours
            return self._read_file(request)
        client = self._open_client(request)
        earlier = self._earlier and self._ledger.find(self._earlier, request.key)
        answer = client.get(
            request, check=check, unless=self._validators(earlier) if earlier else None, attempts=attempts
        )
        if not answer.is_unmodified or not earlier:
            return self._exchange(request, answer)
        known = self._archive.read(self._original(earlier).place, sha256=earlier.sha256)
        fetched = self._exchange(request, answer)
        return replace(fetched, payload=known.payload, media_type=earlier.media_type)

    def _open_client(self, request: Request) -> HttpClient:
        if self._make_client is None:
            raise self._not_archived(request)
        if self._client is None:
            self._client = self._make_client()
        return self._client

    def _not_archived(self, request: Request) -> IncompleteError:
        key = self._harvest.split("/")[0]
        if self._ledger.n_exchanges(self._harvest) == 0:
            message = (
                f"{key}: nothing of this query is archived, and this run does not use the network; "
                "run once without --offline, and its pages are there for the next time"
            )
            return NotArchivedError(message)
        message = (
            f"{key}: {request.key} is not in the archive, which holds only a part of this query, and this run does not "
            "use the network; run once without --offline"
        )
        return IncompleteError(message)

    def _validators(self, earlier: Stored) -> dict[str, str]:
        """Return the headers that ask for an answer only if it changed since an earlier one."""
        headers = self._archive.read_headers(earlier.place)
        return {asked: headers[said] for said, asked in _VALIDATORS.items() if headers.get(said)}

    def _exchange(self, request: Request, answer: Answer) -> Exchange:
        return Exchange(
            harvest=self._harvest,
            request_key=request.key,
            uri=request.uri,
            media_type=answer.media_type,
            payload=answer.payload,
            fetched_at=self._clock(),
            status=answer.status,
            headers=answer.headers,
        )

    def _fetch_file(self, request: Request, path: Path, check: Callable[[Path], object] | None) -> tuple[str, str]:
        """Download into a file and archive it; return its hash and media type."""
        headers = self._open_client(request).download(request, path, check=check)
        self.fetched += 1
        sha256, n_bytes = sha256_of_file(path), path.stat().st_size
        said = {name.lower(): value for name, value in headers}
        exchange = Exchange(
            harvest=self._harvest,
            request_key=request.key,
            uri=request.uri,
            media_type=said.get("content-type", request.media_type),
            payload=b"",
            fetched_at=self._clock(),
            headers=headers,
            payload_sha256=sha256,
        )
        if self._ledger.find_raw(sha256) is not None:
            self.unmodified += 1
            exchange = replace(exchange, kind=REVISIT)
            self._record(exchange, lambda: self._archive.append(exchange), n_bytes)
        else:
            self._record(exchange, lambda: self._archive.append_file(exchange, path, sha256=sha256), n_bytes)
        return sha256, exchange.media_type

    def _read_file(self, request: Request) -> Exchange:
        path = self._folder / unquote(request.uri.removeprefix(FILE))
        try:
            payload = path.read_bytes()
        except OSError as error:
            message = f"{path}: cannot be read ({error.strerror}); put the file back, or correct the recipe"
            raise CardError(message) from error
        return Exchange(
            harvest=self._harvest,
            request_key=request.key,
            uri=request.uri,
            media_type=request.media_type,
            payload=payload,
            fetched_at=self._clock(),
            kind=RESOURCE,
        )

    def _failure(self, request: Request) -> str | None:
        """Return why a request failed in this harvest before; none where it did not."""
        stored = self._ledger.find(self._harvest, _FAILED + request.key)
        return self._archive.read(stored.place, sha256=stored.sha256).payload.decode() if stored else None

    def _is_to_be_split(self, parts: tuple[Request, ...]) -> bool:
        """Whether a request that failed before is not asked for again: its halves are there, or nothing is fetched."""
        return self._make_client is None or any(self._is_known(part) for part in parts)

    def _is_known(self, part: Request) -> bool:
        return any(self._ledger.find(self._harvest, key) for key in (part.key, _FAILED + part.key))

    def _keep_failure(self, request: Request, reason: str, error: TransportError, *, is_last: bool) -> None:
        """Note in the archive that a request failed, so that a replay takes the same way.

        Raises:
            TransportError: it is one gap too many.
        """
        self._gaps_running += is_last
        if self._gaps_running > _MOST_GAPS_RUNNING:
            raise error
        if self._failure(request) is None:
            self._note(_FAILED, request, reason)

    def _note(self, kind: str, request: Request, reason: str) -> None:
        """Write into the archive why a request brought nothing."""
        note = Exchange(
            harvest=self._harvest,
            request_key=kind + request.key,
            uri=request.uri,
            media_type="text/plain",
            payload=reason.encode("utf-8", "backslashreplace"),
            fetched_at=self._clock(),
            kind=METADATA,
        )
        self._record(note, lambda: self._archive.append(note))


def _converted(exchange: Exchange, kept: bytes) -> Exchange:
    """Return what is archived of an exchange; its headers say things of bytes that are not kept, and go with them."""
    if kept == exchange.payload:
        return exchange
    return replace(exchange, kind=CONVERSION, payload=kept, media_type=CONVERTED, headers=())


@contextlib.contextmanager
def closing_door(door: RecordingDoor) -> Iterator[RecordingDoor]:
    """Yield a door and close it."""
    try:
        yield door
    finally:
        door.close()
