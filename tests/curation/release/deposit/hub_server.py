"""Hub server: the API of Hugging Face that deposits use, on loopback, as the client `huggingface_hub` speaks it.

As the hub does: a repository is made once (409), a commit takes files as lines of JSON, text in the line itself and
Parquet by way of large-file storage, and a tag is never moved (409).
"""

from __future__ import annotations

import base64
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

TOKEN = "hf_only_for_tests"
LARGE = (".parquet", ".duckdb")


class Answer(NamedTuple):
    status: int
    body: object


@dataclass
class Hub:
    """One dataset repository: its files by commit, its tags, and what large-file storage holds."""

    name: str = ""
    private: bool = False
    commits: list[dict[str, bytes]] = field(default_factory=list)
    tags: dict[str, int] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, revision: str) -> dict[str, bytes]:
        return self.commits[self.tags.get(revision, len(self.commits) - 1)]


def described(path: str, content: bytes) -> dict[str, Any]:
    """A file as the hub lists it: by its id in git, and by its sha256 where it is large."""
    found: dict[str, Any] = {"type": "file", "path": path, "size": len(content), "oid": blob_id(content)}
    if path.endswith(LARGE):
        found["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    return found


def blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()  # noqa: S324 — git says it so


def create(one: Hub, body: dict[str, Any], address: str) -> Answer:
    name = f"{body['organization']}/{body['name']}"
    said = {"url": f"{address}/datasets/{name}"}
    if one.name:
        return Answer(409, {**said, "error": "You already created this dataset repo"})
    one.name, one.private = name, body.get("visibility") == "private"
    one.commits.append({".gitattributes": b"*.parquet filter=lfs\n"})
    return Answer(200, said)


def info(one: Hub, *_: object) -> Answer:
    return Answer(200, {"id": one.name, "sha": f"{len(one.commits):040x}", "siblings": []})


def refs(one: Hub, *_: object) -> Answer:
    tags = [{"name": tag, "ref": f"refs/tags/{tag}", "targetCommit": f"{n + 1:040x}"} for tag, n in one.tags.items()]
    branch = {"name": "main", "ref": "refs/heads/main", "targetCommit": f"{len(one.commits):040x}"}
    return Answer(200, {"branches": [branch], "tags": tags, "converts": []})


def tree(one: Hub, revision: str, *_: object) -> Answer:
    return Answer(200, [described(path, content) for path, content in sorted(one.at(revision).items())])


def paths_info(one: Hub, revision: str, body: dict[str, Any], *_: object) -> Answer:
    files = one.at(revision)
    return Answer(200, [described(path, files[path]) for path in body["paths"] if path in files])


def preupload(one: Hub, revision: str, body: dict[str, Any], *_: object) -> Answer:
    present = one.at(revision)
    files = [
        {
            "path": file["path"],
            "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
            "shouldIgnore": False,
            "oid": described(file["path"], present[file["path"]])["oid"] if file["path"] in present else None,
        }
        for file in body["files"]
    ]
    return Answer(200, {"files": files})


def batch(one: Hub, body: dict[str, Any], address: str) -> Answer:
    objects = []
    for wanted in body["objects"]:
        there = wanted["oid"] in one.stored
        actions = {"upload": {"href": f"{address}/storage/{wanted['oid']}"}}
        objects.append({"oid": wanted["oid"], "size": wanted["size"]} | ({} if there else {"actions": actions}))
    return Answer(200, {"transfer": "basic", "objects": objects})


def store(one: Hub, oid: str, content: bytes, *_: object) -> Answer:
    if hashlib.sha256(content).hexdigest() != oid:
        return Answer(400, {"error": "the bytes are not those of this id"})
    one.stored[oid] = content
    return Answer(200, None)


def commit(one: Hub, _revision: str, body: list[dict[str, Any]], address: str) -> Answer:
    files = dict(one.commits[-1])
    for line in body:
        said = line["value"]
        if line["key"] == "file":
            files[said["path"]] = base64.b64decode(said["content"])
        elif line["key"] == "lfsFile":
            files[said["path"]] = one.stored[said["oid"]]
        elif line["key"] == "deletedFile":
            del files[said["path"]]
    one.commits.append(files)
    oid = f"{len(one.commits):040x}"
    return Answer(200, {"success": True, "commitUrl": f"{address}/datasets/{one.name}/commit/{oid}", "commitOid": oid})


def tag(one: Hub, _revision: str, body: dict[str, Any], *_: object) -> Answer:
    if body["tag"] in one.tags:
        return Answer(409, {"error": "Tag reference exists already"})
    one.tags[body["tag"]] = len(one.commits) - 1
    return Answer(200, None)


def validate(*_: object) -> Answer:
    return Answer(200, {"errors": [], "warnings": []})


ROOM = r"/api/datasets/\w+/\w+"
ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [
    ("POST", r"/api/repos/create", create),
    ("POST", r"/api/validate-yaml", validate),
    ("GET", rf"{ROOM}/refs", refs),
    ("GET", rf"{ROOM}(?:/revision/.+)?", info),
    ("GET", rf"{ROOM}/tree/([^/]+)", tree),
    ("POST", rf"{ROOM}/paths-info/([^/]+)", paths_info),
    ("POST", rf"{ROOM}/preupload/([^/]+)", preupload),
    ("POST", rf"{ROOM}/commit/([^/]+)", commit),
    ("POST", rf"{ROOM}/tag/([^/]+)", tag),
    ("POST", r"/datasets/\w+/\w+\.git/info/lfs/objects/batch", batch),
    ("PUT", r"/storage/(\w+)", store),
]


class Handler(BaseHTTPRequestHandler):
    hub: Hub

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle_any(self) -> None:
        content = self.received()
        path = unquote(urlsplit(self.path).path)
        # The address of an upload is signed by itself: who has it may write there.
        allowed = path.startswith("/storage/") or self.headers.get("Authorization") == f"Bearer {TOKEN}"
        with self.hub.lock:
            answer = self.routed(path, content) if allowed else Answer(401, {"error": "Invalid username or password."})
        body = b"" if answer.body is None else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = handle_any  # noqa: N815 — the names of http.server

    def received(self) -> bytes:
        """The body of a request; large files come in chunks, each after its length."""
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        content = bytearray()
        while length := int(self.rfile.readline(), 16):
            content += self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(content)

    def routed(self, path: str, content: bytes) -> Answer:
        for verb, pattern, action in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and verb == self.command:
                return action(self.hub, *found.groups(), self.body_of(content), f"http://{self.headers['Host']}")
        return Answer(404, {"error": f"nothing at {self.command} {path}"})

    def body_of(self, content: bytes) -> Any:  # noqa: ANN401 — JSON
        kind = self.headers.get("Content-Type", "")
        if "ndjson" in kind:
            return [json.loads(line) for line in content.splitlines()]
        if "urlencoded" in kind:
            return parse_qs(content.decode())
        return json.loads(content) if "json" in kind and content else content


@contextmanager
def serving(hub: Hub) -> Iterator[str]:
    """Serve a hub on loopback and yield its address."""
    handler = type("BoundHandler", (Handler,), {"hub": hub})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()
