"""DOI server: the REST API of DataCite that deposits use, on loopback.

As DataCite does: a DOI is created once (422), a draft is seen by its account alone and may lack metadata, `publish`
makes it findable and asks for all that kernel 4 makes mandatory, and a findable one never becomes a draft again.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT, PASSWORD, PREFIX = "EXAMPLE.TESTS", "only-for-tests", "10.5072"
MANDATORY = ("creators", "titles", "publisher", "publicationYear", "types", "url")
KEY = "Basic " + base64.b64encode(f"{ACCOUNT}:{PASSWORD}".encode()).decode()


class Answer(NamedTuple):
    status: int
    body: object


@dataclass
class Registry:
    """The DOIs, by name; every creation and every event of them, in order."""

    dois: dict[str, dict[str, Any]] = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def handle(self, method: str, path: str, body: dict[str, Any], *, known: bool) -> Answer:
        doi = path.removeprefix("/dois").strip("/")
        if method == "GET":
            there = doi in self.dois and (known or self.dois[doi]["state"] == "findable")
            return shown(self.dois[doi]) if there else refused(404, "The resource you are looking for doesn't exist.")
        if not known:
            return refused(401, "Bad credentials.")
        attributes = body["data"]["attributes"]
        doi = doi or attributes["doi"]
        if not re.fullmatch(rf"{re.escape(PREFIX)}/\S+", doi):
            return refused(403, "You are not authorized to access this resource.")
        if method == "POST" and doi in self.dois:
            return refused(422, "This DOI has already been taken")
        return self.written(doi, attributes)

    def written(self, doi: str, attributes: dict[str, Any]) -> Answer:
        there = self.dois.get(doi, {"doi": doi, "state": "draft"})
        changed = {**there, **{key: value for key, value in attributes.items() if key != "event"}}
        if attributes.get("event") == "publish":
            changed["state"] = "findable"
        missing = [name for name in MANDATORY if not changed.get(name)]
        if changed["state"] == "findable" and missing:
            return refused(422, f"Missing: {', '.join(missing)}")
        if doi not in self.dois:
            self.created.append(doi)
        self.dois[doi] = changed
        return shown(changed)


def shown(attributes: dict[str, Any]) -> Answer:
    return Answer(200, {"data": {"id": attributes["doi"], "type": "dois", "attributes": attributes}})


def refused(status: int, title: str) -> Answer:
    return Answer(status, {"errors": [{"status": str(status), "title": title}]})


class Handler(BaseHTTPRequestHandler):
    registry: Registry

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle_any(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        known = self.headers.get("Authorization") == KEY
        with self.registry.lock:
            answer = self.registry.handle(self.command, self.path, json.loads(content or b"{}"), known=known)
        body = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/vnd.api+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = handle_any  # noqa: N815 — the names of http.server


@contextmanager
def serving(registry: Registry) -> Iterator[str]:
    """Serve a registry on loopback and yield its address."""
    handler = type("BoundHandler", (Handler,), {"registry": registry})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
