"""The provider's own servers, or what was recorded of them, on loopback; and a key that must not be seen anywhere."""

from __future__ import annotations

import base64
import contextlib
import json
import runpy
import subprocess
import threading
import zlib
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from harvest.http import HttpClient, Patience
from harvest.secret import Secret, secret_of
from harvest.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROJECT = Path(__file__).parents[4]
SERVERS = PROJECT / "tests" / "servers"
CANARY = "canary7Zq4Wm2Xk9Lp3Rt6"  # of letters and digits, as the provider's keys are


@dataclass
class Replay:
    """Recorded answers of a server; `said` overrides those of a path, in turn, the last one again and again.

    Attributes:
        asked: path and headers of every request, in order.
        before: called with the path before each answer.
    """

    address: str = ""
    answers: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    said: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    before: Callable[[str], None] = lambda _: None

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def reply(self, path: str) -> tuple[int, str, bytes]:
        for key, replies in self.said.items():
            if key in path and replies:
                status, body = replies.pop(0) if len(replies) > 1 else replies[0]
                return status, "application/json", body
        if path in self.answers:
            return (200, *self.answers[path])
        fitting = [key for key in self.answers if _without_fields(key) == _without_fields(path)]
        return (200, *self.answers[fitting[0]]) if fitting else (404, "text/plain", b"not recorded")


def _without_fields(path: str) -> list[tuple[str, str]]:
    parts = urlsplit(path)
    return [("path", parts.path), *((name, value) for name, value in parse_qsl(parts.query) if name != "_fields")]


def _handler(replay: Replay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            replay.asked.append((self.path, dict(self.headers)))
            replay.before(self.path)
            status, media_type, body = replay.reply(self.path)
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextlib.contextmanager
def _serving(name: str) -> Iterator[Replay]:
    replay = Replay()
    recorded = json.loads((SERVERS / "recorded" / f"{name}.json").read_text(encoding="utf-8"))
    for path, answer in recorded.items():
        replay.answers[path] = (answer["media_type"], zlib.decompress(base64.b64decode(answer["body"])))
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(replay)) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        replay.address = f"http://127.0.0.1:{server.server_port}/"
        yield replay
        server.shutdown()


@pytest.fixture
def api() -> Iterator[Replay]:
    with _serving("api") as replay:
        yield replay


@pytest.fixture
def table() -> Iterator[Replay]:
    with _serving("table") as replay:
        yield replay


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Start the provider's own software in its own environment, which is kept; yield the addresses."""
    folder = tmp_path_factory.mktemp("servers")
    make = runpy.run_path(str(PROJECT / "tests/judges/environment.py"))["environment"]
    python = make(SERVERS / "materials_project.txt", PROJECT / ".venv-judges" / "materials_project")
    with contextlib.ExitStack() as running:
        started = {}
        for name in ("api", "table"):
            log = running.enter_context((folder / f"{name}.log").open("wb"))
            command = [python, SERVERS / f"materials_project_{name}.py"]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
            started[name] = running.enter_context(process)
            running.callback(process.kill)
        yield {name: str(process.stdout and process.stdout.readline().strip()) for name, process in started.items()}


def _address(request: pytest.FixtureRequest, name: str) -> str:
    if request.param == "now":
        return str(request.getfixturevalue("servers")[name])
    return str(request.getfixturevalue(name).address)


BOTH = ["recorded", pytest.param("now", marks=[pytest.mark.sweep, pytest.mark.timeout(1800)])]


@pytest.fixture(params=BOTH)
def endpoint(request: pytest.FixtureRequest) -> str:
    return _address(request, "api")


@pytest.fixture(params=BOTH)
def bulk_endpoint(request: pytest.FixtureRequest) -> str:
    return _address(request, "table")


@pytest.fixture(autouse=True)
def _with_a_key_and_no_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the canary as the key, and try again at once."""
    monkeypatch.setenv("MP_API_KEY", CANARY)
    patience = Patience(attempts=3, first_wait_seconds=0.0, connect_seconds=5.0, read_seconds=30.0)

    def client(walk: Walk) -> HttpClient:
        secrets = secret_of(walk._source.card) if walk._plan.shows_key else Secret()
        return HttpClient(hosts=walk._plan.hosts, requests_per_second=1e6, secrets=secrets, patience=patience)

    monkeypatch.setattr(Walk, "_client", client)
