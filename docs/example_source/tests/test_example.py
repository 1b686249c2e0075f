# ruff: noqa: D101, D102, D103, INP001, S101, PLR2004
# Tests: their names say what they hold, and their numbers are the point.
"""The example connector keeps what every connector promises, also where its provider fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from matgranary_example.source import ExampleSource

from harvest import Store
from harvest.errors import HarvestError, IncompleteError
from harvest.faults import FAULTS, Asked, Reply
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
page_size = 10
"""
# One of each kind; `FAULTS` has more.
PASSING = ("cut at 5/16", "gzip cut", "503 twice", "200 with HTML", "empty page")
LASTING = ("short source", "page given twice", "redirect to another host", "version changes")


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


@pytest.mark.parametrize("name", PASSING)
def test_all_records_come_where_the_fault_passes(name: str, tmp_path: Path) -> None:
    with FaultServer(PROVIDER, fault=FAULTS[name].make(PROVIDER)) as server:
        assert harvest(server, tmp_path) == 30


@pytest.mark.parametrize("name", LASTING)
def test_the_harvest_is_refused_where_it_lasts(name: str, tmp_path: Path) -> None:
    with FaultServer(PROVIDER, fault=FAULTS[name].make(PROVIDER)) as server:
        with pytest.raises(HarvestError):
            harvest(server, tmp_path)
        assert server.foreign == []


def test_a_record_that_the_service_cannot_serve_is_named(tmp_path: Path) -> None:
    def fault(asked: Asked, reply: Reply) -> Reply:
        window = PROVIDER.window(asked.path)
        is_hit = asked.page > 0 and window.offset <= 14 < window.offset + window.limit
        return Reply(status=500, body=b"oops") if is_hit else reply

    with FaultServer(PROVIDER, fault=fault) as server, pytest.raises(IncompleteError, match="_skip=14&_limit=1 "):
        harvest(server, tmp_path)
