"""Fault server: a provider on loopback that fails as it is told; for tests of connectors, ours and those of others.

    with FaultServer(GeneratedProvider(n_entries=30), fault=cut(5)) as server:
        ...  # harvest from server.base_url
        assert len(server.asked) <= 10

`harvest.faults.FAULTS` names the faults. The server listens on loopback only, answers until the block ends, and writes
down what it was asked. Beside it, on another address of this machine, stands a stranger that nobody should ever ask.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Self

from harvest.faults import FOREIGN, Asked, Reply
from harvest.generated_provider import GeneratedProvider, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harvest.faults import Fault
    from harvest.generated_provider import Provider

_POLL_SECONDS = 0.02
_CACHED_PAGES = 20_000

# Path with query, and headers, in; the reply out.
type Answerer = Callable[[str, dict[str, str]], Reply]


class FaultServer:
    """A provider that fails as it is told.

    Attributes:
        provider: what it serves; may be replaced while it serves, as a provider changes its data.
        fault: what goes wrong.
        asked: every request, in order.
        foreign: every request that came to the stranger, in order.
    """

    def __init__(self, provider: Provider | None = None, *, fault: Fault | None = None) -> None:
        """Prepare to serve a provider; it is served in the block."""
        self.provider: Provider = provider or GeneratedProvider()
        self.fault = fault
        self.asked: list[Asked] = []
        self.foreign: list[Asked] = []
        self._times: Counter[str] = Counter()
        self._open = contextlib.ExitStack()
        self._port = self._foreign_port = 0
        self._rendered = lru_cache(_CACHED_PAGES)(self._render)

    @property
    def base_url(self) -> str:
        """The address of the service, without the /v1 of OPTIMADE."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def host(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._port = self._open.enter_context(_serving("127.0.0.1", self._answer))
        self._foreign_port = self._open.enter_context(_serving(FOREIGN, self._answer_as_stranger))
        return self

    def __exit__(self, *_: object) -> None:
        """Serve no longer."""
        self._open.close()

    def forget(self) -> None:
        """Forget what was asked, so that faults that pass happen again."""
        self.asked.clear()
        self._times.clear()

    def _answer(self, path: str, headers: dict[str, str]) -> Reply:
        page = self.provider.page_of(path)
        self._times[path] += 1
        asked = Asked(time.monotonic(), path, headers, page, self._times[path])
        self.asked.append(asked)
        if self.fault is None:
            return Reply(body=self._rendered(self.provider, path)) if page else self._right(path)
        return self._at_home(self.fault(asked, self._right(path)))

    def _right(self, path: str) -> Reply:
        document = self.provider.document(path, self.base_url)
        return Reply(status=HTTPStatus.NOT_FOUND, body=b"{}") if document is None else Reply(document)

    def _render(self, provider: Provider, path: str) -> bytes:
        return written(provider.document(path, self.base_url) or {})

    def _at_home(self, reply: Reply) -> Reply:
        """Put the port of the stranger into links and redirects that lead to it."""
        port = str(self._foreign_port)
        links = (reply.document or {}).get("links") or {}
        if reply.document and "{port}" in str(links.get("next")):
            link = links["next"].replace("{port}", port)
            return Reply({**reply.document, "links": {"next": link}}, reply.status, reply.headers)
        headers = {name: value.replace("{port}", port) for name, value in reply.headers.items()}
        return Reply(reply.document, reply.status, headers, reply.body, reply.sent, reply.announced)

    def _answer_as_stranger(self, path: str, headers: dict[str, str]) -> Reply:
        self.foreign.append(Asked(time.monotonic(), path, headers))
        return Reply(body=b'{"data": [], "links": {"next": null}, "meta": {"data_returned": 0}}')


@contextlib.contextmanager
def _serving(host: str, answer: Answerer) -> Iterator[int]:
    """Serve in the background; yield the port."""
    with ThreadingHTTPServer((host, 0), _handler(answer)) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def _handler(answer: Answerer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1
        timeout = 30.0

        def do_GET(self) -> None:
            """Answer."""
            with contextlib.suppress(ConnectionError):
                self._send(answer(self.path, {name.lower(): value for name, value in self.headers.items()}))

        def log_message(self, *_: object) -> None:
            """Say nothing: the server keeps what it was asked."""

        def _send(self, reply: Reply) -> None:
            body = reply.payload
            headers = {"Content-Type": "application/json", **reply.headers}
            headers |= {} if "Content-Length" in headers else _framing(reply, body)
            self.send_response_only(reply.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            part = body[: reply.sent]
            self.wfile.write(part if reply.announced else b"%x\r\n%s" % (len(body), part))
            self.wfile.flush()
            self.close_connection = reply.sent is not None or len(part) != int(headers.get("Content-Length", -1))

    return Handler


def _framing(reply: Reply, body: bytes) -> dict[str, str]:
    return {"Content-Length": str(len(body))} if reply.announced else {"Transfer-Encoding": "chunked"}
