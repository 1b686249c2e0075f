"""The NOMAD of these tests answers as NOMAD's own router does, over the same entries."""

from __future__ import annotations

import itertools
import json
import runpy
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harvest.http import HttpClient
from harvest.source import RawObject, Request
from harvest.sources.nomad import NomadSource
from harvest.sources.nomad.entries import required
from schemas.disk import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[4]
SERVERS = PROJECT / "tests/servers"
SOURCE = NomadSource()
OXIDES = {"results.material.elements": {"all": ["O"]}}
BY_ID = {"entry_id:any": ["e01", "e03", "e05", "not there"]}
QUERIES: dict[str, dict[str, Any]] = {
    "empty": {},
    "oxides": OXIDES,
    "by id": BY_ID,
    "both": {"and": [OXIDES, BY_ID]},
    "nested": {"and": [{"and": [OXIDES]}, BY_ID]},
    "since": {"last_processing_time:gte": "2026-01-01T00:00:00+00:00"},
    "none": {"results.material.elements": {"all": ["Xe"]}},
}
PAGES = ((4, None), (4, "e03"), (11, None), (5000, None), (5000, "e11"))
WANTED: dict[str, dict[str, Any]] = {
    "/entries/query": {"include": ["entry_id", "last_processing_time"]},
    "/entries/archive/query": required(SOURCE.card),
}

type Nomad = Any  # of the conftest beside this file


@pytest.fixture
def entries(service: Nomad) -> Nomad:
    """Return a service of which one entry is hidden, one unreadable, one newer, and one without a time."""
    service.entries["e02"].is_public = False
    service.entries["e03"].is_readable = False
    service.put("e05", gap=5.0, time="2026-03-05T10:11:12.131415+00:00")
    service.entries["e06"].time = None
    return service


@pytest.fixture
def router(entries: Nomad, tmp_path: Path) -> Iterator[str]:
    """Serve the same entries by NOMAD's own code, in its own environment; yield the address."""
    make = runpy.run_path(str(PROJECT / "tests/judges/environment.py"))["environment"]
    python = make(SERVERS / "nomad.txt", PROJECT / ".venv-judges/nomad")
    archives = {name: entry.archive for name, entry in entries.entries.items() if entry.is_readable}
    index = [_document(name, entry) for name, entry in entries.entries.items()]
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"index": index, "archives": archives}), encoding="utf-8")
    command = [python, SERVERS / "nomad_entries.py", state]
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(
            command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def _document(name: str, entry: Any) -> dict[str, Any]:  # noqa: ANN401 — of the conftest beside this file
    elements = entry.value("results.material.elements")
    document = {"entry_id": name, "upload_id": "u", "parser_name": "p", "published": entry.is_public}
    timed = {} if entry.time is None else {"last_processing_time": entry.time}
    return {**document, **timed, "with_embargo": False, "results": {"material": {"elements": elements}}}


@pytest.mark.sweep
@pytest.mark.timeout(1800)
def test_the_stand_in_answers_as_the_router_of_the_provider(entries: Nomad, router: str) -> None:
    client = HttpClient(hosts=frozenset({router.removeprefix("http://")}), requests_per_second=1e6)
    n_found = 0
    for (path, wanted), query, (size, after) in itertools.product(WANTED.items(), QUERIES.values(), PAGES):
        pagination = {"page_size": size, "order_by": "entry_id", "order": "asc"}
        following = {"page_after_value": after} if after else {}
        asked = {"owner": "public", "query": query, "pagination": {**pagination, **following}, "required": wanted}
        body = canonical_json(asked)
        theirs = _told(client.get(Request(router + path, "POST", body)).payload)
        assert _told(entries.answer(path, body)[1]) == theirs, body
        n_found += len(theirs[-1])
    assert n_found > 100


def _told(payload: bytes) -> list[Any]:
    """Return total, cursor and entries of a page; archives as they are read, since the stand-in gives more of them."""
    said = json.loads(payload)
    entries = said["data"]
    if any("archive" in entry for entry in entries):
        plan = SOURCE.plan("nomad", {"query": OXIDES}, Path())
        entries = list(SOURCE.parse(plan, RawObject("0" * 64, payload, "application/json", "", "")))
        assert all(record.properties for record in entries)
    return [said["pagination"]["total"], said["pagination"].get("next_page_after_value"), entries]
