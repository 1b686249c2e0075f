"""The example package: it is installed as a user would, found by its entry point, and passes its own tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
EXAMPLE = PROJECT / "docs" / "example_source"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Install the package into a folder; return an environment in which it is found."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(EXAMPLE, folder / "copy")
    uv = Path(sys.executable).with_name("uv")
    command = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--no-build-isolation"]
    command += ["--python", sys.executable, "--target", folder / "site", folder / "copy"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {**os.environ, "PYTHONPATH": str(folder / "site"), "EXAMPLE": str(folder / "copy")}


def test_it_is_listed_among_the_sources(installed: dict[str, str]) -> None:
    command = [sys.executable, "-m", "harvest", "sources", "--json"]
    done = subprocess.run(command, env=installed, capture_output=True, text=True, check=True)
    (example,) = (source for source in json.loads(done.stdout) if source["name"] == "example")
    assert (example["licence"], example["pin"], example["in_store"]) == ("CC0-1.0", "label", [])


def test_it_passes_its_own_tests(installed: dict[str, str]) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, env=installed, cwd=installed["EXAMPLE"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
