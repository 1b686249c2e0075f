"""Search engine: as much of OpenSearch as InvenioRDM needs to take deposits: documents in memory, answered by term.

Understood are `term`, `terms`, `ids`, `bool` and `match_all`; of any other query every document of the index is an
answer, so a client that asks in words has to look at what it gets. Wildcards in names of indices are understood.
"""

from __future__ import annotations

import fnmatch
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = {"number": "2.19.0", "distribution": "opensearch", "lucene_version": "9.12.1"}
VERSION |= {"minimum_wire_compatibility_version": "7.10.0", "minimum_index_compatibility_version": "7.0.0"}


class Documents:
    """The indices: name -> id -> document."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.indices: dict[str, dict[str, dict[str, Any]]] = {}
        self.aliases: dict[str, set[str]] = {}

    def named(self, names: str) -> list[str]:
        wanted = [name for name in names.split(",") if name]
        found = []
        for name in wanted:
            exact = {name} & self.indices.keys() or self.aliases.get(name, set())
            found += sorted(exact) or [one for one in sorted(self.indices) if fnmatch.fnmatch(one, name)]
            found += [
                i for alias, of in self.aliases.items() if "*" in name and fnmatch.fnmatch(alias, name) for i in of
            ]
        return list(dict.fromkeys(found))

    def put(self, index: str, identifier: str, document: dict[str, Any]) -> None:
        places = self.named(index)
        self.indices.setdefault(places[0] if places else index, {})[identifier] = document

    def search(self, names: str, query: dict[str, Any]) -> list[dict[str, Any]]:
        hits = []
        for index in self.named(names):
            for identifier, document in sorted(self.indices[index].items()):
                if matches(query, document, identifier):
                    hits.append({"_index": index, "_id": identifier, "_score": 1.0, "_source": document})
        return hits


def values_at(document: object, path: str) -> list[Any]:
    """Return every value at a dotted path, through lists."""
    found = [document]
    for key in path.removesuffix(".keyword").split("."):
        found = [one for item in found for one in (item if isinstance(item, list) else [item])]
        found = [item[key] for item in found if isinstance(item, dict) and key in item]
    return [one for item in found for one in (item if isinstance(item, list) else [item])]


def matches(query: dict[str, Any], document: dict[str, Any], identifier: str) -> bool:
    """Whether a document fits a query; conditions that are not among ours fit every document."""
    return all(CONDITIONS[kind](said, document, identifier) for kind, said in query.items() if kind in CONDITIONS)


def of_term(said: dict[str, Any], document: dict[str, Any], _identifier: str) -> bool:
    ((path, wanted),) = said.items()
    value = wanted.get("value") if isinstance(wanted, dict) else wanted
    known = values_at(document, path)
    if not known:
        return path not in {"id", "type.id", "uuid", "vocabulary_id"}
    return value in known or str(value) in map(str, known)


def of_terms(said: dict[str, Any], document: dict[str, Any], _identifier: str) -> bool:
    ((path, wanted),) = ((key, value) for key, value in said.items() if key != "boost")
    return bool({str(one) for one in wanted} & {str(one) for one in values_at(document, path)})


def of_ids(said: dict[str, Any], _document: dict[str, Any], identifier: str) -> bool:
    return identifier in said["values"]


def of_bool(said: dict[str, Any], document: dict[str, Any], identifier: str) -> bool:
    def listed(key: str) -> list[dict[str, Any]]:
        one = said.get(key, [])
        return one if isinstance(one, list) else [one]

    wanted, either = [*listed("must"), *listed("filter")], listed("should")
    # Beside conditions that must hold, those of `should` need not, unless the query says so: `1` or `0<1`.
    needed = bool(either) and (not wanted or str(said.get("minimum_should_match", 0)) != "0")
    return all(matches(one, document, identifier) for one in wanted) and (
        not needed or any(matches(one, document, identifier) for one in either)
    )


def of_none(_said: dict[str, Any], _document: dict[str, Any], _identifier: str) -> bool:
    return False


CONDITIONS: dict[str, Callable[[Any, dict[str, Any], str], bool]] = {
    "bool": of_bool,
    "ids": of_ids,
    "match_none": of_none,
    "term": of_term,
    "terms": of_terms,
}


class Handler(BaseHTTPRequestHandler):
    documents: Documents
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self, body: object, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=UTF-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def handle_any(self) -> None:
        parts = urlsplit(self.path)
        path = [one for one in parts.path.split("/") if one]
        content = self.body()
        with self.documents.lock:
            self.route(path, content, parse_qs(parts.query))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815

    def route(self, path: list[str], content: bytes, options: dict[str, list[str]]) -> None:
        documents = self.documents
        if not path:
            self.answer({"name": "documents", "cluster_name": "documents", "version": VERSION, "tagline": "OpenSearch"})
        elif path[-1] in {"_search", "_count"}:
            self.search(path[0] if len(path) > 1 else "*", json.loads(content or b"{}"), path[-1], options)
        elif path[-1] == "_bulk":
            self.bulk(content, path[0] if len(path) > 1 else "")
        elif len(path) == 3 and path[1] in {"_doc", "_create"}:
            self.document(path[0], path[2], content)
        elif len(path) == 1 and self.command == "PUT":
            documents.indices.setdefault(path[0], {})
            for alias in json.loads(content or b"{}").get("aliases", {}):
                documents.aliases.setdefault(alias, set()).add(path[0])
            self.answer({"acknowledged": True, "shards_acknowledged": True, "index": path[0]})
        elif len(path) == 1 and self.command == "HEAD":
            self.answer({}, 200 if documents.named(path[0]) else 404)
        elif "_alias" in path[1:2] and self.command == "PUT":
            documents.aliases.setdefault(path[2], set()).update(documents.named(path[0]))
            self.answer({"acknowledged": True})
        elif path[0] in {"_alias", "_aliases"} or path[-1] in {"_alias", "_aliases"} or "_alias" in path:
            found = path[path.index("_alias") + 1] if "_alias" in path[:-1] else path[0]
            there = documents.named(found)
            self.answer({one: {"aliases": {}} for one in there}, 200 if there or self.command != "HEAD" else 404)
        else:
            self.answer({"acknowledged": True, "_shards": {"total": 1, "successful": 1, "failed": 0}})

    def search(self, names: str, asked: dict[str, Any], kind: str, options: dict[str, list[str]]) -> None:
        hits = self.documents.search(names, asked.get("query", {}))
        if kind == "_count":
            self.answer({"count": len(hits), "_shards": {"total": 1, "successful": 1, "failed": 0}})
            return
        first = int(asked.get("from", options.get("from", ["0"])[0]))
        shown = hits[first : first + int(asked.get("size", options.get("size", ["10"])[0]))]
        total = {"value": len(hits), "relation": "eq"}
        aggregations = {name: {"buckets": [], "value": 0} for name in asked.get("aggs", {})}
        self.answer(
            {
                "took": 1,
                "timed_out": False,
                "_shards": {"total": 1, "successful": 1, "skipped": 0, "failed": 0},
                "hits": {"total": total, "max_score": 1.0, "hits": shown},
                "aggregations": aggregations,
            }
        )

    def bulk(self, content: bytes, default: str) -> None:
        lines = [json.loads(line) for line in content.splitlines() if line.strip()]
        items = []
        while lines:
            ((verb, said),) = lines.pop(0).items()
            index, identifier = said.get("_index", default), str(said.get("_id"))
            if verb == "delete":
                for one in self.documents.named(index):
                    self.documents.indices[one].pop(identifier, None)
            else:
                document = lines.pop(0)
                self.documents.put(index, identifier, document.get("doc", document) if verb == "update" else document)
            items.append({verb: {"_index": index, "_id": identifier, "status": 200, "result": "created"}})
        self.answer({"took": 1, "errors": False, "items": items})

    def document(self, index: str, identifier: str, content: bytes) -> None:
        if self.command in {"PUT", "POST"}:
            self.documents.put(index, identifier, json.loads(content))
        elif self.command == "DELETE":
            for one in self.documents.named(index):
                self.documents.indices[one].pop(identifier, None)
        found = [d[identifier] for n in self.documents.named(index) if identifier in (d := self.documents.indices[n])]
        said = {
            "_index": index,
            "_id": identifier,
            "_version": 1,
            "_seq_no": 1,
            "_primary_term": 1,
            "result": "updated",
        }
        if self.command in {"GET", "HEAD"}:
            there = {"found": bool(found), **({"_source": found[0]} if found else {})}
            self.answer({**said, **there}, 200 if found else 404)
            return
        self.answer({**said, "_shards": {"total": 1, "successful": 1, "failed": 0}})


def start() -> ThreadingHTTPServer:
    """Start the engine on a free port of the loopback."""
    handler = type("BoundHandler", (Handler,), {"documents": Documents()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
