"""A harvest whose pages are read beside is killed at random moments, alone or with its reader, and started again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from harvest.faultserver import FaultServer
from harvest.generated_provider import GeneratedProvider
from schemas.records import RecordSet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SEED = 20261122
PROVIDER = GeneratedProvider(n_entries=4000, page_size=100)
PROGRAM = "import harvest.beside; harvest.beside.MANY = 1; from harvest.cli import main; main()"
RECIPE = """\
[dataset]
name = "generated"
title = "Generated entries"
licence = "CC0-1.0"

[[sources]]
source = "optimade"
name = "generated"
base_url = "{base_url}"
licence = "CC0-1.0"
page_limit = 100
fields = {{ _gen_band_gap = {{ property = "band_gap", unit = "eV", method = "dft" }} }}
"""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    with FaultServer(PROVIDER) as server:
        yield server.base_url


def started(folder: Path, base_url: str) -> subprocess.Popen[bytes]:
    """Start a harvest in a process group of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "recipe.toml").write_text(RECIPE.format(base_url=base_url), encoding="utf-8")
    arguments = ["harvest", folder / "recipe.toml", "--store", folder / "store", "--json"]
    command = [sys.executable, "-c", PROGRAM, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def files(folder: Path) -> dict[str, bytes]:
    """Return the files of the records that the store has."""
    found = RecordSet.model_validate_json((folder / "store/records/generated.json").read_bytes())
    (source,) = found.sources
    assert (source.complete, source.pin.records) == (True, PROVIDER.n_entries)
    return {path.name: path.read_bytes() for path in (folder / "store" / source.folder).iterdir()}


@pytest.mark.parametrize("n_kills", [4, pytest.param(60, marks=pytest.mark.sweep)])
def test_kills_lose_and_damage_nothing(tmp_path: Path, base_url: str, n_kills: int) -> None:
    begun = time.monotonic()
    assert started(tmp_path / "undisturbed", base_url).wait() == 0
    seconds = time.monotonic() - begun
    expected = files(tmp_path / "undisturbed")
    chance = random.Random(SEED)  # noqa: S311 — moments, not secrets
    killed = stories = 0
    while killed < n_kills:
        stories += 1
        folder = tmp_path / f"killed-{stories}"
        for moment in iter(lambda: chance.uniform(0.3, 1) * seconds, None):
            process = started(folder, base_url)
            try:
                assert process.wait(moment) == 0
                break
            except subprocess.TimeoutExpired:
                with_reader = chance.random() < 1 / 2
                (os.killpg if with_reader else os.kill)(process.pid, signal.SIGKILL)
                process.wait()
                killed += 1
        assert files(folder) == expected
    print(f"seed {SEED}: {killed} kills of harvests of {seconds:.1f} s, {stories} stores, all the same")  # noqa: T201 — the figures of a sweep are for people
