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


def _resources() -> list[Any]:
    """Return what answers for each family of documents, the provider's own code over documents in memory."""
    import mongomock
    from emmet.api.resource.utils import CollectionWithKey
    from emmet.api.routes.materials.absorption.resources import absorption_resource
    from emmet.api.routes.materials.dielectric.resources import dielectric_resource
    from emmet.api.routes.materials.elasticity.resources import elasticity_resource
    from emmet.api.routes.materials.electronic_structure.resources import es_resource
    from emmet.api.routes.materials.magnetism.resources import magnetism_resource
    from emmet.api.routes.materials.piezo.resources import piezo_resource
    from emmet.api.routes.materials.summary.resources import summary_resource
    from emmet.api.routes.materials.thermo.resources import thermo_resource
    from materials_project_documents import documents
    from materials_project_families import family_documents

    made = {
        "summary": summary_resource,
        "thermo": thermo_resource,
        "electronic_structure": es_resource,
        "elasticity": elasticity_resource,
        "dielectric": dielectric_resource,
        "magnetism": magnetism_resource,
        "piezoelectric": piezo_resource,
        "absorption": absorption_resource,
    }
    summaries = [json.loads(document.model_dump_json()) for document in documents(24, VERSION, shift=0.5)]
    database = mongomock.MongoClient()["mp"]
    for name, found in {"summary": summaries, **family_documents(VERSION)}.items():
        database[name].insert_many(found)
    return [
        resource(CollectionWithKey(AsyncCollection(database[name]), "material_id")) for name, resource in made.items()
    ]


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    import uvicorn
    from emmet.api.core.api import MAPI

    api = MAPI(resources={"materials": _resources()})
    server = uvicorn.Server(uvicorn.Config(api.app, log_level="warning"))
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}/\n")
    sys.stdout.flush()  # who waits for this line may ask at once: the listener holds the request until we answer
    threading.Thread(target=server.run, args=([listener],), daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
