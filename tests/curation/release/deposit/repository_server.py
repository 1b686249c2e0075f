"""Repository server: the REST API of InvenioRDM that deposits use, on loopback, with a fault at any one call.

As InvenioRDM does: a creation makes a new record each time, a DOI is reserved once and refused the second time, a
published record takes no second publication, a new version has one draft at most, files are sent in three steps.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN = "only-for-tests"
LICENCES = {"cc-by-4.0", "cc0-1.0", "mit"}


class Answer(NamedTuple):
    status: int
    body: object


@dataclass
class Repository:
    """What the repository holds, and the fault that comes next.

    Attributes:
        fail_at: number of the call that fails, counted from one; none does where it is zero.
        after: whether the call is done before its answer is lost.
        refuses: answers a call where it does not return none.
    """

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    contents: dict[tuple[str, str], bytes] = field(default_factory=dict)
    dois: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    fail_at: int = 0
    after: bool = False
    refuses: Callable[[str, str], Answer | None] = lambda _method, _path: None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def published(self) -> list[dict[str, Any]]:
        return [one for one in self.records.values() if one["is_published"]]

    def handle(self, method: str, path: str, query: dict[str, list[str]], content: bytes) -> Answer:
        with self.lock:
            self.calls.append(f"{method} {path}")
            fails = len(self.calls) == self.fail_at
            if fails and not self.after:
                return Answer(504, {"message": "gateway timeout"})
            if refused := self.refuses(method, path):
                return refused
            answer = self.route(method, path, query, content)
            return Answer(504, {"message": "gateway timeout"}) if fails else answer

    def route(self, method: str, path: str, query: dict[str, list[str]], content: bytes) -> Answer:
        for pattern, verb, action in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and verb == method:
                body = json.loads(content) if content and not path.endswith("/content") else None
                if path.endswith("/content"):
                    body = content
                return action(self, *found.groups(), body, query)
        return Answer(404, {"message": f"nothing at {method} {path}"})

    def shown(self, record: dict[str, Any]) -> dict[str, Any]:
        concept = {"doi": {"identifier": record["concept_doi"]}} if record["concept_doi"] else {}
        html = {"self_html": f"http://repository.invalid/records/{record['id']}"}
        parent = {"id": record["parent"], "pids": concept}
        return {**{k: v for k, v in record.items() if k != "files_sent"}, "parent": parent, "links": html}

    def created(self, body: dict[str, Any], parent: str | None, concept: str) -> Answer:
        licences = {one["id"] for one in body.get("metadata", {}).get("rights", [])}
        if licences - LICENCES:
            return Answer(400, {"message": f"invalid rights {sorted(licences - LICENCES)}"})
        identifier = f"r{len(self.records) + 1}"
        record = {"id": identifier, "parent": parent or f"p-{identifier}", "is_published": False, "pids": {}}
        record |= {"concept_doi": concept, "files_sent": {}, "metadata": {}, "access": {}, **body}
        self.records[identifier] = record
        return Answer(201, self.shown(record))


def create(one: Repository, body: dict[str, Any], _: object) -> Answer:
    return one.created(body, None, "")


def new_version(one: Repository, identifier: str, _body: object, _: object) -> Answer:
    earlier = one.records[identifier]
    for record in one.records.values():
        if record["parent"] == earlier["parent"] and not record["is_published"]:
            return Answer(201, one.shown(record))
    return one.created({}, earlier["parent"], earlier["concept_doi"])


def draft(one: Repository, identifier: str, _body: object, _: object) -> Answer:
    record = one.records.get(identifier)
    there = record is not None and not record["is_published"]
    return Answer(200, one.shown(record)) if record and there else Answer(404, {"message": "no draft"})


def change(one: Repository, identifier: str, body: dict[str, Any], _: object) -> Answer:
    licences = {right["id"] for right in body["metadata"]["rights"]}
    if licences - LICENCES:
        return Answer(400, {"message": f"invalid rights {sorted(licences - LICENCES)}"})
    one.records[identifier] |= {"metadata": body["metadata"], "access": body["access"]}
    return Answer(200, one.shown(one.records[identifier]))


def reserve(one: Repository, identifier: str, _body: object, _: object) -> Answer:
    record = one.records[identifier]
    if "doi" in record["pids"]:
        return Answer(400, {"message": "A PID already exists for type doi"})
    doi = f"10.5072/{identifier}"
    record["pids"]["doi"] = {"identifier": doi, "provider": "datacite"}
    one.dois.append(doi)
    return Answer(201, one.shown(record))


def listed(one: Repository, identifier: str, _body: object, _: object) -> Answer:
    sent = one.records[identifier]["files_sent"]
    return Answer(200, {"entries": [{"key": key, **said} for key, said in sorted(sent.items())]})


def begin_files(one: Repository, identifier: str, body: list[dict[str, str]], _: object) -> Answer:
    for entry in body:
        if entry["key"] in one.records[identifier]["files_sent"]:
            return Answer(400, {"message": f"File with key {entry['key']} already exists."})
        one.records[identifier]["files_sent"][entry["key"]] = {"status": "pending"}
    return Answer(201, {"entries": body})


def send(one: Repository, identifier: str, key: str, body: bytes, _: object) -> Answer:
    if key not in one.records[identifier]["files_sent"]:
        return Answer(404, {"message": "no such file"})
    one.contents[identifier, key] = body
    return Answer(200, {"key": key})


def commit(one: Repository, identifier: str, key: str, _body: object, _: object) -> Answer:
    md5 = hashlib.md5(one.contents[identifier, key]).hexdigest()  # noqa: S324 — as InvenioRDM says it
    one.records[identifier]["files_sent"][key] = {"status": "completed", "checksum": f"md5:{md5}"}
    return Answer(200, {"key": key})


def show_file(one: Repository, identifier: str, key: str, _body: object, _: object) -> Answer:
    sent = one.records[identifier]["files_sent"].get(key)
    return Answer(200, {"key": key, **sent}) if sent else Answer(404, {"message": "no such file"})


def remove_file(one: Repository, identifier: str, key: str, _body: object, _: object) -> Answer:
    del one.records[identifier]["files_sent"][key]
    return Answer(204, None)


def publish(one: Repository, identifier: str, _body: object, _: object) -> Answer:
    record = one.records[identifier]
    if record["is_published"]:
        return Answer(404, {"message": "no draft"})
    record["is_published"] = True
    record["concept_doi"] = record["concept_doi"] or f"10.5072/{record['parent']}"
    return Answer(202, one.shown(record))


def show(one: Repository, identifier: str, _body: object, _: object) -> Answer:
    record = one.records.get(identifier)
    there = record is not None and record["is_published"]
    return Answer(200, one.shown(record)) if record and there else Answer(404, {"message": "no record"})


def own(one: Repository, _body: object, query: dict[str, list[str]]) -> Answer:
    size, page = int(query["size"][0]), int(query["page"][0])
    hits = [one.shown(record) for record in reversed(one.records.values())]
    return Answer(200, {"hits": {"hits": hits[(page - 1) * size : page * size], "total": len(hits)}})


def download(one: Repository, identifier: str, key: str, _body: object, _: object) -> Answer:
    return Answer(200, one.contents[identifier, key])


def public_files(one: Repository, identifier: str, body: object, query: object) -> Answer:
    return listed(one, identifier, body, query)


ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [
    (r"/api/records", "POST", create),
    (r"/api/records/(\w+)/versions", "POST", new_version),
    (r"/api/records/(\w+)/draft", "GET", draft),
    (r"/api/records/(\w+)/draft", "PUT", change),
    (r"/api/records/(\w+)/draft/pids/doi", "POST", reserve),
    (r"/api/records/(\w+)/draft/files", "GET", listed),
    (r"/api/records/(\w+)/draft/files", "POST", begin_files),
    (r"/api/records/(\w+)/draft/files/([^/]+)/content", "PUT", send),
    (r"/api/records/(\w+)/draft/files/([^/]+)/commit", "POST", commit),
    (r"/api/records/(\w+)/draft/files/([^/]+)", "GET", show_file),
    (r"/api/records/(\w+)/draft/files/([^/]+)", "DELETE", remove_file),
    (r"/api/records/(\w+)/draft/actions/publish", "POST", publish),
    (r"/api/records/(\w+)", "GET", show),
    (r"/api/user/records", "GET", own),
    (r"/api/records/(\w+)/files", "GET", public_files),
    (r"/api/records/(\w+)/files/([^/]+)/content", "GET", download),
]


class Handler(BaseHTTPRequestHandler):
    repository: Repository

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_open = self.command == "GET" and "/files" in parts.path and "/draft" not in parts.path
        if self.headers.get("Authorization") != f"Bearer {TOKEN}" and not is_open:
            answer = Answer(403, {"message": "permission denied"})
        else:
            answer = self.repository.handle(self.command, unquote(parts.path), parse_qs(parts.query), content)
        body = answer.body if isinstance(answer.body, bytes) else b"" if answer.body is None else _json(answer.body)
        self.send_response(answer.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815 — the names of http.server


def _json(body: object) -> bytes:
    return json.dumps(body).encode()


@contextmanager
def serving(repository: Repository) -> Iterator[str]:
    """Serve a repository on loopback and yield its address."""
    handler = type("BoundHandler", (Handler,), {"repository": repository})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
