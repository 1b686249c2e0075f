"""The example connector keeps what every connector promises, also where its provider fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from matgranary_example.source import ExampleSource

from harvest import Store
from harvest.errors import HarvestError, IncompleteError
from harvest.faults import FAULTS, Asked, Outcome, Reply, answers
from harvest.faultserver import FaultServer
from harvest.generated_provider import GeneratedProvider
from harvest.testing import SourceContract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROVIDER = GeneratedProvider(n_entries=30, page_size=10)
RECIPE = """\
[dataset]
name = "example"
title = "An example"
licence = "CC0-1.0"

[[sources]]
source = "example"
base_url = "{base_url}"
"""
FAULTY = [fault.name for fault in FAULTS.values() if not fault.speaks_optimade]
# Those on which a connector is not to spend a minute of waiting in a test.
SLOW = {"503 without end", "HTML, always"}


class TestExample(SourceContract):
    source = ExampleSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def options(self) -> Iterator[dict[str, Any]]:
        with FaultServer(PROVIDER) as server:
            yield {"base_url": server.base_url}


def harvest(server: FaultServer, folder: Path) -> int:
    (folder / "recipe.toml").write_text(RECIPE.format(base_url=server.base_url), encoding="utf-8")
    with Store(folder / "store") as store:
        return store.harvest(folder / "recipe.toml").records.sources[0].pin.records


@pytest.mark.parametrize("name", [name for name in FAULTY if name not in SLOW])
def test_all_records_come_or_the_harvest_is_refused(name: str, tmp_path: Path) -> None:
    with FaultServer(PROVIDER, fault=FAULTS[name].make(PROVIDER)) as server:
        try:
            records = harvest(server, tmp_path)
        except HarvestError:
            records = None
    assert records == (30 if FAULTS[name].outcome is Outcome.RECOVERED else None)


def test_a_record_that_the_service_cannot_serve_is_named(tmp_path: Path) -> None:
    broken = answers(500, times=1000)

    def fault(asked: Asked, reply: Reply) -> Reply:
        skip, limit = (
            (int(part.split("=")[1]) for part in asked.path.partition("?")[2].split("&")) if asked.page else (0, 0)
        )
        return broken(Asked(asked.at, asked.path, {}, page=2), reply) if skip <= 14 < skip + limit else reply

    with FaultServer(PROVIDER, fault=fault) as server, pytest.raises(IncompleteError, match="_skip=14&_limit=1 "):
        harvest(server, tmp_path)
