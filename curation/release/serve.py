"""Serve: a release behind an OPTIMADE API, by the reference server of the OPTIMADE consortium (the extra `serve`)."""

from __future__ import annotations

import contextlib
import itertools
import json
import sys
import tempfile
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any

from curation.errors import ContractError, FatalError
from curation.release.facts import collect
from curation.release.find import open_release
from curation.release.optimade_lines import PREFIX, provider_fields
from curation.release.package import terms_of_release
from curation.release.terms import ReleaseTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


_BATCH = 1000
_PAGE, _LONGEST_PAGE = 50, 500


class NoServerError(FatalError):
    """The reference server is not installed."""

    exit_code = 2


def make_server(folder: Path) -> Any:  # noqa: ANN401 — a FastAPI of an extra
    """Return the application that serves a release.

    Raises:
        NoServerError: the extra `serve` is not installed.
        ContractError: the release has no `optimade.jsonl`.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):  # where it logs to for good: standard output is the address's
            config = import_module("optimade.server.config")
            server = import_module("optimade.server.create_app")
    except ImportError as error:
        message = f"the OPTIMADE reference server is missing ({error}); install it: pip install 'matgranary[serve]'"
        raise NoServerError(message) from error
    path = folder / "optimade.jsonl"
    if not path.is_file():
        message = f"{path} is missing: releases made by this version have it; make the release again"
        raise ContractError(message)
    with contextlib.redirect_stdout(sys.stderr):
        app = server.create_app(config.ServerConfig(**_settings(folder)))
    static = import_module("starlette.staticfiles")  # comes with the server
    app.mount("/release", static.StaticFiles(directory=folder))
    for kind in ("structures", "references"):
        for batch in itertools.batched(_entries(path, kind), _BATCH):
            app.state.entry_collections[kind].insert(list(batch))
    return app


def run_server(folder: Path, *, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve a release until interrupted.

    Args:
        folder: the release.
        host: address to listen on.
        port: 0 takes any that is free.
        ready: is told the address, once requests are taken.
    """
    app = make_server(folder)
    uvicorn = import_module("uvicorn")  # comes with the extra

    config = uvicorn.Config(app, host=host, port=port, log_level="warning")
    listener = config.bind_socket()
    listener.listen()  # from here on a request waits for the server instead of being refused
    ready(f"http://{host}:{listener.getsockname()[1]}")
    uvicorn.Server(config).run(sockets=[listener])


def _settings(folder: Path) -> dict[str, Any]:
    facts = collect(open_release(folder), terms_of_release(folder) or ReleaseTerms())
    return {
        "insert_test_data": False,
        "log_level": "warning",
        "database_backend": "mongomock",
        "page_limit": _PAGE,
        "page_limit_max": _LONGEST_PAGE,
        "log_dir": tempfile.gettempdir(),
        "provider": {
            "prefix": PREFIX,
            "name": facts.manifest.title,
            "description": facts.description,
            "homepage": facts.terms.url,
        },
        "implementation": {
            "name": "matgranary",
            "version": facts.manifest.code["matgranary"],
            "source_url": "https://example.org/matgranary",
            "homepage": "https://example.org/matgranary",
        },
        "provider_fields": {"structures": [_field(one) for one in provider_fields(facts)]},
    }


def _field(one: dict[str, str]) -> dict[str, str]:
    """Return a field as the server wants it: a unit only where there is one."""
    unit = "dimensionless" if one["unit"] == "1" else one["unit"]
    return {key: value for key, value in {**one, "unit": unit}.items() if value}


def _entries(path: Path, kind: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of a kind as the database of the server holds them: own fields without prefix, dates read."""
    with path.open(encoding="utf-8") as file:
        for text in file:
            line = json.loads(text)
            if line.get("type") != kind:
                continue
            entry = {key.removeprefix(f"_{PREFIX}_"): value for key, value in line["attributes"].items()}
            entry["id"] = line["id"]
            entry["last_modified"] = datetime.fromisoformat(entry["last_modified"]["$date"])
            yield entry
