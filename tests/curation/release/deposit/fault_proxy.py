"""Fault proxy: stands between a depositor and a repository; loses one call, done or not, or kills who made it."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Faults:
    """Which call fails, counted from one, and how; and the calls so far.

    Attributes:
        fail_at: number of the call that fails; none does where it is zero.
        after: whether the call is done before its answer is lost.
        kill: ends the caller, who then gets no answer; where there is none, the answer is a 504.
    """

    fail_at: int = 0
    after: bool = False
    kill: Callable[[], None] | None = None
    calls: list[str] = field(default_factory=list)


HOP_BY_HOP = {"connection", "content-encoding", "content-length", "date", "keep-alive", "server", "transfer-encoding"}


class Handler(BaseHTTPRequestHandler):
    faults: Faults
    target: str
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle_any(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.faults.calls.append(f"{self.command} {urlsplit(self.path).path}")
        fails = len(self.faults.calls) == self.faults.fail_at
        if not fails or self.faults.after:
            answer = self.forward(content)
        if not fails:
            self.send(*answer)
        elif self.faults.kill is None:
            self.send(504, b"", {})
        else:
            self.faults.kill()
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815 — the names of http.server

    def forward(self, content: bytes) -> tuple[int, bytes, dict[str, str]]:
        """Make the call; the host stays as the caller said it, because signatures cover it."""
        url = f"http://{self.target}{self.path}"
        sent = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        answer = requests.request(self.command, url, data=content or None, headers=sent, timeout=120)  # noqa: TID251 — loopback
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
        return answer.status_code, answer.content, headers

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def losing(address: str, faults: Faults) -> Iterator[str]:
    """Serve a repository with faults and yield the address to use instead of its own."""
    handler = type("BoundHandler", (Handler,), {"faults": faults, "target": urlsplit(address).netloc})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
