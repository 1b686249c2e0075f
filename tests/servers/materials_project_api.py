"""Serve the Materials Project's own API (emmet-api) on loopback over documents in memory, without a database.

`python tests/servers/materials_project_api.py` prints the address and serves until its standard input ends: the
documents of version 2026-04-13 of the table beside this file.
Runs in the environment that `materials_project.txt` locks.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mongomock import Collection

VERSION = "2026.04.13"
os.environ["MAPI_DB_VERSION"] = VERSION
os.environ["MAPI_ACCESS_CONTROLLED_BATCH_IDS"] = "gnome_r2scan_statics"


class Cursor:
    def __init__(self, documents: Iterable[Any]) -> None:
        self._documents = documents

    async def to_list(self, length: int | None = None) -> list[Any]:
        return list(self._documents)[:length]


class AsyncCollection:
    """The calls that the server makes to its database, answered at once."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def count_documents(self, query: dict[str, Any], **_: object) -> int:
        return self._collection.count_documents(query)

    async def estimated_document_count(self, **_: object) -> int:
        return self._collection.estimated_document_count()

    async def aggregate(self, pipeline: list[Any], **_: object) -> Cursor:
        return Cursor(self._collection.aggregate(pipeline))


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    import mongomock
    import uvicorn
    from emmet.api.core.api import MAPI
    from emmet.api.resource.utils import CollectionWithKey
    from emmet.api.routes.materials.summary.resources import summary_resource
    from materials_project_documents import documents

    collection = mongomock.MongoClient()["mp"]["summary"]
    collection.insert_many(json.loads(d.model_dump_json()) for d in documents(24, VERSION, shift=0.5))
    store = CollectionWithKey(AsyncCollection(collection), "material_id")
    api = MAPI(resources={"materials": [summary_resource(store)]})
    server = uvicorn.Server(uvicorn.Config(api.app, log_level="warning"))
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}/\n")
    sys.stdout.flush()  # who waits for this line may ask at once: the listener holds the request until we answer
    threading.Thread(target=server.run, args=([listener],), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
