"""InvenioRDM, the software that Zenodo runs, on loopback: `python invenio_server.py FOLDER` prints one line of JSON.

The line holds the address and the tokens of two users; then it serves until standard input ends. `/newcomer` makes one
more user and answers the token. Everything stands in FOLDER. Database: SQLite. Cache and sessions: a redis of its own.
Search engine: `search_engine.py`. DOIs: a DataCite of its own, which keeps them in memory and lists them at
`/datacite`. Runs in the environment that `invenio.txt` locks.
"""

from __future__ import annotations

import itertools
import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

DOIS: dict[str, str] = {}
PREFIX = "10.5072"
type Json = Any  # InvenioRDM has no types


class Registry:
    """What InvenioRDM calls of DataCite's REST client."""

    def public_doi(self, metadata: dict[str, Any], url: str, doi: str | None = None) -> str:
        DOIS[doi or metadata["doi"]] = url
        return doi or metadata["doi"]

    def update_doi(self, doi: str, url: str | None = None, **_: object) -> dict[str, Any]:
        DOIS[doi] = url or DOIS.get(doi, "")
        return {}

    def hide_doi(self, doi: str) -> None:
        DOIS.pop(doi, None)

    show_doi = delete_doi = hide_doi

    def check_doi(self, doi: str) -> str:
        return doi


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def start_redis(room: Path) -> tuple[subprocess.Popen[bytes], int]:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(room)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL), port


def settings(room: Path, redis: int, search: int, port: int) -> dict[str, Any]:
    from invenio_rdm_records import config
    from invenio_rdm_records.resources.serializers import DataCite45JSONSerializer
    from invenio_rdm_records.services.pids import providers

    class Client(providers.DataCiteClient):  # type: ignore[misc]
        @property
        def api(self) -> Registry:
            return Registry()

    base = f"http://127.0.0.1:{port}"
    doi = {**config.RDM_PERSISTENT_IDENTIFIERS["doi"], "providers": ["datacite", "external"]}
    return {
        "SECRET_KEY": "only for tests",
        "SQLALCHEMY_DATABASE_URI": f"sqlite:///{room / 'records.sqlite'}",
        "SQLALCHEMY_ENGINE_OPTIONS": {},
        "APP_ENABLE_SECURE_HEADERS": False,
        "APP_ALLOWED_HOSTS": None,
        "TRUSTED_HOSTS": None,
        "CACHE_TYPE": "RedisCache",
        "CACHE_REDIS_URL": f"redis://127.0.0.1:{redis}/0",
        "ACCOUNTS_SESSION_REDIS_URL": f"redis://127.0.0.1:{redis}/1",
        "COMMUNITIES_IDENTITIES_CACHE_REDIS_URL": f"redis://127.0.0.1:{redis}/4",
        "IIIF_CACHE_REDIS_URL": f"redis://127.0.0.1:{redis}/5",
        "RATELIMIT_ENABLED": False,
        "RATELIMIT_STORAGE_URI": "memory://",
        "CELERY_BROKER_URL": "memory://",
        "BROKER_URL": "memory://",
        "CELERY_RESULT_BACKEND": "cache",
        "CELERY_CACHE_BACKEND": "memory",
        "CELERY_TASK_ALWAYS_EAGER": True,
        "CELERY_TASK_EAGER_PROPAGATES": False,
        "SEARCH_HOSTS": [{"host": "127.0.0.1", "port": search}],
        "SEARCH_INDEX_PREFIX": "",
        "SITE_UI_URL": base,
        "SITE_API_URL": f"{base}/api",
        "SITE_HOSTNAME": "127.0.0.1",
        "DATACITE_ENABLED": True,
        "DATACITE_USERNAME": "tests",
        "DATACITE_PASSWORD": "tests",
        "DATACITE_PREFIX": PREFIX,
        "RDM_PERSISTENT_IDENTIFIER_PROVIDERS": [
            providers.DataCitePIDProvider("datacite", client=Client("datacite", config_prefix="DATACITE"), label="DOI"),
            providers.ExternalPIDProvider("external", "doi", validators=[], label="DOI"),
            providers.OAIPIDProvider("oai", label="OAI"),
        ],
        "RDM_PERSISTENT_IDENTIFIERS": {**config.RDM_PERSISTENT_IDENTIFIERS, "doi": doi},
        "RDM_PARENT_PERSISTENT_IDENTIFIER_PROVIDERS": [
            providers.DataCitePIDProvider(
                "datacite",
                client=Client("datacite", config_prefix="DATACITE"),
                serializer=DataCite45JSONSerializer(is_parent=True),
                label="Concept DOI",
            ),
        ],
        "MAIL_SUPPRESS_SEND": True,
        "ACCOUNTS_USERINFO_HEADERS": False,
        "JSONSCHEMAS_HOST": "127.0.0.1",
    }


def load_vocabularies() -> None:
    """Load the small vocabularies that a record needs, from the fixtures of the package, and the licences of data."""
    from importlib.resources import files

    from invenio_access.permissions import system_identity
    from invenio_db import db
    from invenio_vocabularies.proxies import current_service as vocabularies

    room = files("invenio_rdm_records.fixtures.data")
    listed = entries(room, "vocabularies.yaml")
    for name in ("resourcetypes", "relationtypes", "descriptiontypes", "removalreasons", "licenses"):
        said = listed.get(name)
        if said is None:
            continue
        vocabularies.create_type(system_identity, name, said["pid-type"])
        for entry in entries(room, said["data-file"]):
            if name == "licenses" and entry["id"] not in {"cc-by-4.0", "cc0-1.0", "mit"}:
                continue
            vocabularies.create(system_identity, {**entry, "type": name})
    db.session.commit()


def entries(room: Json, path: str) -> list[dict[str, Any]]:
    import csv
    import io

    import yaml

    text = (room / path).read_text(encoding="utf-8")
    if path.endswith((".yaml", ".yml")):
        return yaml.CSafeLoader(text).get_single_data()
    if path.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    found = []
    for row in csv.DictReader(io.StringIO(text)):
        entry: dict[str, Any] = {}
        for key, value in row.items():
            if not value:
                continue
            place = entry
            *outer, last = key.split("__")
            for part in outer:
                place = place.setdefault(part, {})
            place[last] = value.split(",") if key == "tags" else value
        found.append(entry)
    return found


def token_of_new_user(name: str) -> str:
    """Make a user and return a token with all scopes."""
    from invenio_accounts.proxies import current_datastore
    from invenio_db import db
    from invenio_oauth2server.models import Token

    user = current_datastore.create_user(
        email=f"{name}@example.org", password="only-for-tests", active=True, confirmed_at=None
    )
    db.session.commit()
    token = Token.create_personal(name, user.id, scopes=["user:email"], is_internal=False)
    db.session.commit()
    return str(token.access_token)


def prepare(app: Json, room: Path) -> list[str]:
    """Make tables, indices, a place for files, two users; return their tokens."""
    from invenio_db import db
    from invenio_files_rest.models import Location

    with app.app_context():
        db.create_all()
        (room / "files").mkdir()
        db.session.add(Location(name="files", uri=str(room / "files"), default=True))
        tokens = [token_of_new_user(name) for name in ("ada", "bob")]
        from invenio_search import current_search

        list(current_search.create(ignore=[400]))
        load_vocabularies()
    return tokens


def main() -> None:
    room = Path(sys.argv[1]).resolve()
    os.environ["INVENIO_INSTANCE_PATH"] = str(room)
    sys.path.insert(0, str(Path(__file__).parent))
    import search_engine

    engine = search_engine.start()
    redis, redis_port = start_redis(room)
    try:
        port = free_port()
        from invenio_app.factory import create_api

        app = create_api(**settings(room, redis_port, engine.server_address[1], port))
        tokens = prepare(app, room)

        @app.route("/datacite")
        def dois() -> dict[str, str]:
            return DOIS

        newcomers = itertools.count(1)

        @app.route("/newcomer")
        def newcomer() -> dict[str, str]:
            return {"token": token_of_new_user(f"newcomer{next(newcomers)}")}

        from werkzeug.middleware.dispatcher import DispatcherMiddleware
        from werkzeug.serving import make_server

        server = make_server("127.0.0.1", port, DispatcherMiddleware(app, {"/api": app}), threaded=False)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.__stdout__.write(json.dumps({"address": f"http://127.0.0.1:{port}", "tokens": tokens}) + "\n")
        sys.__stdout__.flush()
        sys.stdin.read()
        server.shutdown()
    finally:
        redis.terminate()
        redis.wait()


if __name__ == "__main__":
    main()
