"""A key that a source needs is planted, and searched for in everything that a run writes, says and raises."""

from __future__ import annotations

import gzip
import logging
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest

from curation.cli import make_app
from harvest.console import run_app
from harvest.errors import HarvestError
from harvest.faults import FAULTS, Asked, Fault, Reply
from harvest.faultserver import FaultServer
from harvest.generated_provider import GeneratedProvider, written
from harvest.http import HttpClient, Patience
from harvest.secret import secret_of
from harvest.source import Key
from harvest.sources.optimade import OptimadeSource
from harvest.store import Store
from harvest.walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CANARY = "canary-key 4711/+%"
PROVIDER = GeneratedProvider(n_entries=12, page_size=5)
WAYS = {
    "header": Key(header="X-API-KEY", variables=("CANARY_KEY",)),
    "parameter": Key(parameter="api_key", variables=("CANARY_KEY",)),
}
RECIPE = """\
[dataset]
name = "secretive"
title = "A provider that needs a key"
licence = "CC0-1.0"
creators = [{{ name = "Ada Example" }}]

[[sources]]
source = "optimade"
name = "secretive"
base_url = "{base_url}"
licence = "CC0-1.0"
page_limit = 5

[represent]
with = ["fraction"]

[release]
to = ["folder"]
"""


def spellings() -> list[bytes]:
    return [text.encode() for text in (CANARY, "canary-key", "canary%2Dkey", "4711/+")]


def shown(asked: Asked) -> str | None:
    """Return the key that a request shows."""
    in_address = parse_qs(urlsplit(asked.path).query).get("api_key", [None])[0]
    return asked.headers.get("x-api-key") or in_address


def echoing(asked: Asked, reply: Reply) -> Reply:
    """Say the key in the body, in the link to the next page, and in a header, as services do that echo a request."""
    document = dict(reply.document or {})
    links = document.get("links") or {}
    if links.get("next") and "api_key" in asked.path:
        document["links"] = {"next": f"{links['next']}"}  # the link has all parameters of the request, the key too
    document["meta"] = {**document.get("meta", {}), "query": {"representation": asked.path, "key": shown(asked)}}
    return replace(
        reply, body=written(document), headers={"X-Echo": shown(asked) or "", "Content-Location": asked.path}
    )


@pytest.fixture(params=WAYS)
def _needs_key(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the OPTIMADE connector need a key, and walks be impatient."""
    source = OptimadeSource()
    source.card = source.card.model_copy(update={"key": WAYS[request.param]})

    def client(walk: Walk) -> HttpClient:
        patience = Patience(attempts=2, first_wait_seconds=0.001, longest_wait_seconds=0.5, max_bytes=1 << 22)
        secrets = secret_of(walk._source.card)
        return HttpClient(hosts=walk._plan.hosts, requests_per_second=1e6, secrets=secrets, patience=patience)

    monkeypatch.setattr(Walk, "_client", client)
    for module in ("harvest.runner", "harvest.planning"):
        monkeypatch.setattr(f"{module}.load_source", lambda _: source)
    monkeypatch.setenv("CANARY_KEY", CANARY)


@pytest.fixture
def write_recipe(tmp_path: Path) -> Callable[[FaultServer], Path]:
    def write(server: FaultServer) -> Path:
        path = tmp_path / "recipe.toml"
        path.write_text(RECIPE.format(base_url=server.base_url), encoding="utf-8")
        return path

    return write


def hits(folder: Path) -> list[str]:
    """Return the files that say the key, packed files unpacked."""
    found = []
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        unpacked = gzip.decompress(content) if path.suffix == ".gz" else b""
        found += [path.name for said in spellings() if said in content or said in unpacked]
    return found


@pytest.mark.usefixtures("_needs_key")
@pytest.mark.parametrize("fault", [None, echoing], ids=["plain", "echoing"])
def test_a_whole_run_shows_the_key_to_its_source_and_says_it_nowhere(
    fault: Fault | None,
    write_recipe: Callable[[FaultServer], Path],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    with FaultServer(PROVIDER, fault=fault) as server:
        recipe = write_recipe(server)
        assert run_app(make_app(), ["run", str(recipe), "--store", str(tmp_path / "store")]) == 0
    assert {shown(asked) for asked in server.asked} == {CANARY}
    assert list((tmp_path / "store" / "releases").iterdir())
    assert hits(tmp_path) == []
    out, err = capfd.readouterr()
    said = f"{out}\n{err}\n{caplog.text}".encode()
    assert [word for word in spellings() if word in said] == []


@pytest.mark.usefixtures("_needs_key")
@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.promise != 4])
def test_a_failing_provider_gets_no_word_of_the_key_out(
    name: str, write_recipe: Callable[[FaultServer], Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    said = ""
    with FaultServer(PROVIDER, fault=FAULTS[name].make(PROVIDER)) as server, Store(tmp_path / "store") as store:
        recipe = write_recipe(server)
        try:
            store.harvest(recipe)
        except HarvestError:
            said = traceback.format_exc()
    assert server.foreign == []
    assert hits(tmp_path) == []
    assert [word for word in spellings() if word in (said + caplog.text).encode()] == []


@pytest.mark.usefixtures("_needs_key")
def test_a_provider_that_is_not_there_gets_no_word_of_the_key_out(
    write_recipe: Callable[[FaultServer], Path], tmp_path: Path
) -> None:
    with FaultServer(PROVIDER) as server:
        recipe = write_recipe(server)
    with Store(tmp_path / "store") as store, pytest.raises(HarvestError) as caught:
        store.harvest(recipe)
    said = "".join(traceback.format_exception(caught.value)).encode()
    assert [word for word in spellings() if word in said] == []
