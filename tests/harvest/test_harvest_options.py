"""The options of `harvest`: dry runs, limits, waits and what is not whole, through the command itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from curation.cli import make_app
from harvest.console import run_app
from harvest.faults import Asked, Fault, Reply, answers, on_page
from harvest.faultserver import FaultServer
from harvest.generated_provider import GeneratedProvider
from harvest.lock import lock_path, read_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import RunCommand

    type Harvest = Callable[..., dict[str, Any]]

RECIPE = """\
[dataset]
name = "generated"
title = "A generated provider"
licence = "CC0-1.0"

[[sources]]
source = "optimade"
name = "gen"
base_url = "{base_url}"
licence = "CC0-1.0"
page_limit = 10
"""


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer(GeneratedProvider(n_entries=30, page_size=10)) as serving:
        yield serving


@pytest.fixture
def recipe(server: FaultServer, tmp_path: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.format(base_url=server.base_url), encoding="utf-8")
    return path


@pytest.fixture
def harvest(recipe: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Harvest:
    """Return a function that harvests the recipe by the command and returns what it says, with its exit code."""

    def run(*options: str) -> dict[str, Any]:
        capfd.readouterr()
        arguments = ["harvest", str(recipe), "--store", str(tmp_path / "store"), "--json", *options]
        code = run_app(make_app(), arguments)
        said = capfd.readouterr()
        answer = json.loads(said.out)
        return {"code": code, "stderr": said.err, **(answer if isinstance(answer, dict) else {"list": answer})}

    return run


def pages(server: FaultServer) -> list[int]:
    return [asked.page for asked in server.asked if asked.page]


def broken(page: int) -> Fault:
    return answers(500, page=page, times=1_000)


def test_a_dry_run_counts_and_writes_nothing(harvest: Harvest, server: FaultServer, tmp_path: Path) -> None:
    (preview,) = harvest("--dry-run", "--max-rate", "2")["list"]
    assert (preview["records"], preview["more"], preview["problem"]) == (30, 2, None)
    assert preview["seconds"] == (len(preview["requests"]) + 2) / 2
    assert pages(server) == [1]
    assert not (tmp_path / "store").exists()
    assert not lock_path(tmp_path / "recipe.toml").exists()


def test_a_dry_run_without_network_asks_nobody(harvest: Harvest, server: FaultServer) -> None:
    (preview,) = harvest("--dry-run", "--offline")["list"]
    assert preview["requests"] == [f"GET {server.base_url}/v1/info tag=before"]
    assert (preview["more"], server.asked) == (None, [])


def test_a_limited_harvest_is_not_whole_and_a_later_one_goes_on(
    harvest: Harvest, server: FaultServer, recipe: Path
) -> None:
    limited = harvest("--limit", "12")
    (source,) = limited["sources"]
    assert (limited["code"], source["complete"], source["pin"]["records"]) == (0, False, 20)
    assert source["missing"] == ["ended after 20 records, as it was limited to 12"]
    assert read_lock(lock_path(recipe)).of("generated").sources == {}
    whole = harvest()
    assert (whole["sources"][0]["complete"], whole["sources"][0]["pin"]["records"]) == (True, 30)
    assert pages(server) == [1, 2, 3]


def test_a_limit_does_not_cut_what_is_whole_already(harvest: Harvest) -> None:
    harvest()
    again = harvest("--limit", "5")
    assert (again["sources"][0]["complete"], again["fetched"]) == (True, {})


def test_what_is_not_whole_is_refused_or_said_and_never_locked(
    harvest: Harvest, server: FaultServer, recipe: Path, tmp_path: Path
) -> None:
    def shorter(_: Asked, reply: Reply) -> Reply:
        document = dict(reply.document or {})
        return Reply({**document, "data": document["data"][1:]})

    server.fault = on_page(3, shorter, times=1_000)
    refused = harvest()
    assert (refused["code"], refused["error"]) == (4, "IncompleteError")
    allowed = harvest("--allow-incomplete")
    (source,) = allowed["sources"]
    assert (allowed["code"], source["complete"]) == (0, False)
    assert source["missing"] == ["30 records promised, 29 distinct ones received"]
    entries = pq.read_table(tmp_path / "store" / source["folder"] / "entries.parquet")
    assert entries.num_rows == 29
    assert read_lock(lock_path(recipe)).of("generated").sources == {}
    server.fault = None
    assert harvest()["sources"][0]["complete"]


def test_a_long_wait_ends_with_75_and_the_next_call_goes_on_at_that_page(
    harvest: Harvest, server: FaultServer, run_command: RunCommand, recipe: Path, tmp_path: Path
) -> None:
    server.fault = answers(429, headers={"Retry-After": "3600"}, page=3, times=2)
    first = harvest()
    assert (first["code"], first["error"], first["wait_seconds"]) == (75, "RateLimitedError", 3600)
    assert first["try_again_at"].endswith("Z")
    second = run_command("harvest", recipe, "--store", tmp_path / "store")
    assert second.returncode == 75
    assert "run the same command again at" in second.stderr
    assert pages(server) == [1, 2, 3, 3]
    server.asked.clear()
    assert harvest()["sources"][0]["pin"]["records"] == 30
    assert pages(server) == [3]


def test_until_done_waits_and_goes_on(harvest: Harvest, server: FaultServer) -> None:
    server.fault = answers(429, headers={"Retry-After": "1"}, page=2, times=6)
    done = harvest("--until-done")
    assert (done["code"], done["sources"][0]["pin"]["records"]) == (0, 30)
    assert "going on in 1 s" in done["stderr"]
    assert pages(server) == [1, *[2] * 7, 3]


def test_a_rate_that_is_asked_for_is_kept(harvest: Harvest, server: FaultServer) -> None:
    harvest("--max-rate", "5")
    times = [asked.at for asked in server.asked]
    assert times[-1] - times[0] >= (len(times) - 1) / 5 - 0.05
