"""What tests of several rooms need: a recipe with known truth, a clock that stands still, the command, a provider."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import settings

from harvest.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[1]
_GZIP = b"\x1f\x8b"

# The same examples every time, and no clock: a busy machine fails no test.
settings.register_profile("tests", deadline=None, derandomize=True, database=None, max_examples=60)
settings.load_profile("tests")


def pytest_make_parametrize_id(val: object) -> None:
    """Refuse bytes that were packed with the time of day: every worker has to collect tests of the same names.

    Raises:
        pytest.UsageError: `mtime=0` is missing.
    """
    if isinstance(val, bytes) and val.startswith(_GZIP) and any(val[4:8]):
        message = "a parameter holds the time of day; pack it with gzip.compress(..., mtime=0)"
        raise pytest.UsageError(message)


RECIPE = """\
[dataset]
name = "crystals"
title = "Four crystals"
licence = "CC-BY-4.0"

[[sources]]
source = "files"
name = "table"
path = "crystals.csv"
card = "crystals.toml"
"""
CARD = """\
[card]
title = "Four crystals and a row that is none"
licence = "CC0-1.0"
origin = "written for the tests"
attribution = "the tests"

[rows]
id = "id"
formula = "formula"
phase = "phase"

[[properties]]
field = "n"
property = "refractive_index"
unit = "1"
method = "experiment"

[[properties]]
field = "gap"
property = "band_gap"
unit = "eV"
method = "experiment"
"""
ROWS = """\
id,formula,phase,n,gap
1,SiO2,quartz,1.544,8.9
2,TiO2,rutile,2.609,3.0
3,ZnS,sphalerite,2.368,3.54
4,MgO,,1.7355,
5,Qq2,,1.0,1.0
"""


class RunCommand(Protocol):
    def __call__(self, *arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Write a recipe of one data file with its card: four records, one row that is none, seven values."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name, text in (("recipe.toml", RECIPE), ("crystals.toml", CARD), ("crystals.csv", ROWS)):
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "recipe.toml"


@pytest.fixture
def fetched_at() -> datetime:
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path, fetched_at: datetime) -> Iterator[Store]:
    """Open an empty store whose clock stands still."""
    with Store(tmp_path / "store", clock=lambda: fetched_at) as opened:
        yield opened


@pytest.fixture
def run_command() -> RunCommand:
    """Return a function that runs the installed `matgranary` in a process of its own."""
    program = Path(sys.executable).with_name("matgranary")
    environment = {name: value for name, value in os.environ.items() if name != "MATGRANARY_STORE"}

    def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = [str(program), *map(str, arguments)]
        return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def optimade_server() -> Iterator[str]:
    """Serve the OPTIMADE reference server on loopback; yield its base URL."""
    command = [sys.executable, str(PROJECT / "tests/fixtures/optimade/serve.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()
