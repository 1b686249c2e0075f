"""Fault proxy: stands between a depositor and a repository; loses the answer of one call, done or not."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Faults:
    """Which call fails, counted from one, and whether it is done before; and the calls so far."""

    fail_at: int = 0
    after: bool = False
    calls: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    faults: Faults
    target: str

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle_any(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.faults.calls.append(f"{self.command} {urlsplit(self.path).path}")
        fails = len(self.faults.calls) == self.faults.fail_at
        if fails and not self.faults.after:
            self.send(504, b"", {})
            return
        status, body, headers = self.forward(content)
        self.send(504, b"", {}) if fails else self.send(status, body, headers)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 — the names of http.server

    def forward(self, content: bytes) -> tuple[int, bytes, dict[str, str]]:
        url = f"http://{self.target}{self.path}"
        headers = {**self.headers, "Host": self.target}
        answer = requests.request(self.command, url, data=content or None, headers=headers, timeout=120)  # noqa: TID251 — loopback
        return answer.status_code, answer.content, {"Content-Type": answer.headers.get("Content-Type", "text/plain")}

    def send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
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
