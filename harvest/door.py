"""Door: what a connector asks through; archived pages are replayed, others fetched, checked, archived and recorded."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from harvest.archive import Exchange
from harvest.errors import CardError, IncompleteError, StorageError
from harvest.source import RawObject

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from harvest.archive import Archive
    from harvest.http import HttpClient
    from harvest.ledger import Ledger
    from harvest.source import Request

FILE = "file:"


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
        fetched: how many of it were not archived before.
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
    ) -> None:
        """Serve one harvest; without a client nothing is fetched, and only what is archived can be had."""
        self._harvest, self._archive, self._ledger = harvest, archive, ledger
        self._folder, self._make_client, self._clock = folder, client, clock
        self._client: HttpClient | None = None
        self.seen: list[SeenObject] = []
        self.fetched = 0

    def get(self, request: Request, *, check: Callable[[bytes], object] | None = None) -> RawObject:
        """Return the answer to a request; see `harvest.source.Door`.

        Raises:
            IncompleteError: the answer is not archived, and this door does not fetch.
        """
        stored = self._ledger.find(self._harvest, request.key)
        if stored is not None:
            exchange = self._archive.read(stored.place, sha256=stored.sha256)
        else:
            exchange = self._fetch(request, check)
            self._keep(exchange)
            self.fetched += 1
        raw = RawObject(exchange.sha256, exchange.payload, exchange.media_type, exchange.uri, request.key)
        self.seen.append(SeenObject(raw.sha256, request.key, raw.uri, raw.media_type, len(raw.payload)))
        return raw

    def _keep(self, exchange: Exchange) -> None:
        """Make a page durable, then note it.

        Raises:
            StorageError: the disk is full or refuses; the page does not count.
        """
        try:
            self._ledger.record(exchange, self._archive.append(exchange))
        except sqlite3.Error as error:
            message = f"the ledger cannot be written ({error}); make room on the disk, then run again"
            raise StorageError(message) from error

    def _fetch(self, request: Request, check: Callable[[bytes], object] | None) -> Exchange:
        if request.uri.startswith(FILE):
            return self._read_file(request)
        if self._make_client is None:
            message = f"{request.key}: not in the archive, and this run does not use the network"
            raise IncompleteError(message)
        if self._client is None:
            self._client = self._make_client()
        answer = self._client.get(request, check=check)
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
            kind="resource",
        )
