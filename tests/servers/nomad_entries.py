"""Serve NOMAD's own router of entries on loopback, over an index and archives in memory.

`python tests/servers/nomad_entries.py STATE` prints the address and serves until its standard input ends. STATE is a
JSON file: `index`, what the search index holds of each entry, and `archives`, those that can be read, by id. Queries,
owners, paging and answers are NOMAD's code; below it, a search engine for the queries that this code makes of them.
Runs in the environment that `nomad.txt` locks.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_HITS = 10_000  # as the search engine has it where nothing else is set


def values(document: Any, path: str) -> list[Any]:  # noqa: ANN401 — JSON
    """Return what a document has at a path."""
    for name in path.split("."):
        document = document.get(name) if isinstance(document, dict) else None
    if document is None:
        return []
    return document if isinstance(document, list) else [document]


def matches(document: dict[str, Any], query: dict[str, Any]) -> bool:
    """Tell whether a document fits a query of the search engine."""
    ((kind, said),) = query.items()
    if kind == "bool":
        return _all_match(document, said)
    ((field, wanted),) = said.items()
    given = values(document, field)
    if kind == "range":
        return any(_is_within(one, wanted) for one in given)
    if kind == "terms":
        return any(one in wanted for one in given)
    assert kind in {"match", "term"}, kind
    return wanted in given


def _all_match(document: dict[str, Any], said: dict[str, Any]) -> bool:
    parts = {kind: one if isinstance(one, list) else [one] for kind, one in said.items()}
    needed = [*parts.get("must", []), *parts.get("filter", [])]
    return (
        all(matches(document, one) for one in needed)
        and not any(matches(document, one) for one in parts.get("must_not", []))
        and ("should" not in parts or any(matches(document, one) for one in parts["should"]))
    )


def _is_within(given: str, bounds: dict[str, str]) -> bool:
    moment = datetime.fromisoformat(given)
    found = {name: datetime.fromisoformat(bound) for name, bound in bounds.items()}
    return (
        ("gte" not in found or moment >= found["gte"])
        and ("gt" not in found or moment > found["gt"])
        and ("lte" not in found or moment <= found["lte"])
        and ("lt" not in found or moment < found["lt"])
    )


class Engine:
    """The one call that NOMAD makes to its search engine for a query."""

    def __init__(self, documents: dict[str, dict[str, Any]]) -> None:
        self._documents = documents

    def search(self, *, body: dict[str, Any], **_: object) -> dict[str, Any]:
        assert body["sort"] == [{"entry_id": "asc"}], body["sort"]
        assert body["size"] <= MOST_HITS
        names = sorted(name for name, document in self._documents.items() if matches(document, body["query"]))
        after = body.get("search_after", [""])[0]
        hits = [self._hit(name, body["_source"].get("includes")) for name in names if name > after]
        total = {"value": len(names), "relation": "eq"}
        shards = {"total": 1, "successful": 1, "failed": 0}
        return {
            "took": 1,
            "timed_out": False,
            "_shards": shards,
            "hits": {"total": total, "hits": hits[: body["size"]]},
        }

    def _hit(self, name: str, included: list[str] | None) -> dict[str, Any]:
        source = {key: one for key, one in self._documents[name].items() if included is None or key in included}
        return {"_index": "entries", "_id": name, "_source": source, "sort": [name]}


class Files:
    """The archives of an upload."""

    def __init__(self, upload_id: str, archives: dict[str, Any]) -> None:
        self.upload_id, self._archives = upload_id, archives

    @contextlib.contextmanager
    def read_archive(self, entry_id: str) -> Iterator[dict[str, Any]]:
        yield {entry_id: self._archives[entry_id]}

    def close(self) -> None:
        pass


async def nobody(**_: object) -> None:
    """Whoever asks is not known."""


def application(state: dict[str, Any]) -> Any:  # noqa: ANN401 — FastAPI is in another environment
    """Return the router over a state."""
    from fastapi import FastAPI
    from nomad import elastic_compat, files
    from nomad.app.v1.routers import auth, entries
    from nomad.datamodel import EntryArchive
    from nomad.metainfo.elasticsearch_extension import entry_type

    entry_type.create_mapping(EntryArchive.m_def)
    engine = Engine({document["entry_id"]: document for document in state["index"]})
    elastic_compat.get_elastic_client = lambda: engine
    files.UploadFiles.get = staticmethod(lambda upload_id: Files(upload_id, state["archives"]))
    auth._resolve_user_with_scopes = nobody
    made = FastAPI()
    made.include_router(entries.router, prefix="/entries")
    return made


def main() -> None:
    import uvicorn

    made = application(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    listener = socket.create_server(("127.0.0.1", 0))
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)  # noqa: T201 — who started it reads it
    threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
    uvicorn.Server(uvicorn.Config(made, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    main()
