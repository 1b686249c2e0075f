"""A provider on loopback that answers as it is told, and a client that never really sleeps."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from harvest.http import HttpClient, Patience
from harvest.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Reply:
    body: bytes
    status: int
    headers: Mapping[str, str]
    sent: int | None


@dataclass
class Provider:
    """A provider that answers each path with its replies in turn, the last one again and again.

    A path with a query that it was told nothing of is answered as the path alone.

    Attributes:
        asked: path and query of every request, in order.
        shown: the headers of every request, in order.
    """

    origin: str = ""
    asked: list[str] = field(default_factory=list)
    shown: list[dict[str, str]] = field(default_factory=list)
    replies: dict[str, list[Reply]] = field(default_factory=lambda: defaultdict(list))

    def answer(
        self,
        path: str,
        body: bytes = b"{}",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        sent: int | None = None,
    ) -> None:
        """Take a reply to a path; of its body only the first `sent` bytes are sent, where that is given."""
        self.replies[path].append(Reply(body, status, headers or {}, sent))

    def forget(self) -> None:
        """Take back all replies."""
        self.replies.clear()
        self.asked.clear()


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            provider.shown.append(dict(self.headers))
            replies = provider.replies.get(self.path) or provider.replies.get(self.path.partition("?")[0])
            if not replies:
                self.send_error(404)
                return
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
            self.send_response_only(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(reply.body[: reply.sent])

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def provider() -> Iterator[Provider]:
    told = Provider()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(told)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        told.origin = f"http://127.0.0.1:{server.server_port}"
        yield told
        server.shutdown()
        thread.join()


@pytest.fixture
def slept() -> list[float]:
    """Return the seconds that `client` was asked to sleep, in order."""
    return []


@pytest.fixture
def client(provider: Provider, slept: list[float]) -> HttpClient:
    """Return a client of the provider with little patience that writes down its sleep instead of sleeping."""
    patience = Patience(attempts=3, connect_seconds=2.0, read_seconds=2.0, max_bytes=10_000)
    host = provider.origin.removeprefix("http://")
    return HttpClient(hosts=frozenset({host}), requests_per_second=1e9, patience=patience, sleep=slept.append)


@pytest.fixture
def sleepless_walks(client: HttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let harvests ask through `client`, so that what is tried again is tried at once."""
    monkeypatch.setattr(Walk, "_client", lambda _: client)
