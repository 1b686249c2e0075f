"""What tests of web connectors need: a service on loopback that says what a test wants, and the real runner."""

from __future__ import annotations

import shutil
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
import tomli_w

from harvest import Mode, Store
from harvest.http import HttpClient, Patience
from harvest.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from schemas.records import SourceRecords

FIXTURES = Path(__file__).parents[2] / "fixtures"


@dataclass
class WebService:
    """A service that answers as a test says.

    Attributes:
        answer: path with query, and body, to status and payload.
        asked: path with query, and body, of every request, in order.
    """

    answer: Callable[[str, bytes], tuple[int, bytes]]
    origin: str = ""
    asked: list[tuple[str, bytes]] = field(default_factory=list)


@dataclass(frozen=True)
class Harvested:
    """What a harvest left on disk.

    Attributes:
        source: the manifest of the records.
        tables: rows of entries, properties and rejected, in the order they were written.
        fetched: pages that were fetched now.
    """

    source: SourceRecords
    tables: dict[str, list[dict[str, Any]]]
    fetched: int

    @property
    def ids(self) -> list[str]:
        return [row["source_id"] for row in self.tables["entries"]]

    @property
    def rejected(self) -> dict[str | None, str]:
        return {row["source_id"]: " ".join(row["reasons"]) for row in self.tables["rejected"]}

    def values(self, source_id: str) -> dict[str, dict[str, Any]]:
        """Return the values of a record by property."""
        entry = next(row["entry_id"] for row in self.tables["entries"] if row["source_id"] == source_id)
        return {row["property"]: row for row in self.tables["properties"] if row["entry_id"] == entry}

    def entry(self, source_id: str) -> dict[str, Any]:
        return next(row for row in self.tables["entries"] if row["source_id"] == source_id)


def _handler(service: WebService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            service.asked.append((self.path, body))
            status, payload = service.answer(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def web_service() -> Iterator[WebService]:
    service = WebService(lambda _path, _body: (404, b"nothing here"))
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(service)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        service.origin = f"http://127.0.0.1:{server.server_port}"
        yield service
        server.shutdown()
        thread.join()


@pytest.fixture
def run_harvest(
    store: Store, web_service: WebService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Harvested]:
    """Return a function that harvests a source from the service, three attempts a page and none of them waited for."""
    host = web_service.origin.removeprefix("http://")
    patience = Patience(attempts=3, connect_seconds=2.0, read_seconds=2.0)
    client = HttpClient(
        hosts=frozenset({host}), requests_per_second=1e9, patience=patience, sleep=lambda _seconds: None
    )
    monkeypatch.setattr(Walk, "_client", lambda _: client)

    def run(source: str, *, mode: Mode | None = None, **options: object) -> Harvested:
        dataset = {"name": "tried", "title": "Tried", "licence": "CC-BY-4.0"}
        asked = {"source": source, "base_url": web_service.origin, **options}
        recipe = {"dataset": dataset, "sources": [{name: one for name, one in asked.items() if one is not None}]}
        path = tmp_path / "recipe.toml"
        path.write_text(tomli_w.dumps(recipe), encoding="utf-8")
        report = store.harvest(path, mode=mode or Mode())
        (records,) = report.records.sources
        folder = store.folder / records.folder
        names = ("entries", "properties", "rejected")
        tables = {name: pq.read_table(folder / f"{name}.parquet").to_pylist() for name in names}
        return Harvested(records, tables, sum(report.fetched.values()))

    return run


@pytest.fixture
def prove_replay(
    store: Store, web_service: WebService, run_harvest: Callable[..., Harvested]
) -> Callable[..., Harvested]:
    """Return a function that proves of a source: a second run asks nothing, and the archive alone gives the same."""

    def prove(source: str, **options: object) -> Harvested:
        first = run_harvest(source, **options)
        n_asked = len(web_service.asked)
        web_service.answer = lambda _path, _body: (500, b"gone")
        again = run_harvest(source, **options)
        assert (again.fetched, again.source, again.tables) == (0, first.source, first.tables)
        shutil.rmtree(store.folder / "records")
        replayed = run_harvest(source, mode=Mode(offline=True, locked=True), **options)
        assert (replayed.fetched, replayed.source, replayed.tables) == (0, first.source, first.tables)
        assert len(web_service.asked) == n_asked
        return first

    return prove
