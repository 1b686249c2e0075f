from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Lint = Callable[..., subprocess.CompletedProcess[str]]

PROJECT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")
RULES: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
NAMES = {contract["id"]: contract["name"] for contract in RULES["contracts"]}
# Contract -> the file that breaks it, and the line that does.
BROKEN = [
    ("curation-not-harvest", "curation/build.py", "import harvest.archive"),
    ("curation-not-harvest", "curation/release/package.py", "from harvest import http"),
    ("cli-is-the-top", "curation/build.py", "import curation.cli"),
    ("cli-is-the-top", "harvest/store.py", "from curation.cli import main"),
    ("harvest-not-curation", "harvest/runner.py", "from curation import build"),
    ("schemas-alone", "schemas/units.py", "import harvest.errors"),
    ("schemas-alone", "schemas/units.py", "import curation.errors"),
    ("sources-independent", "harvest/sources/files.py", "import harvest.sources.optimade"),
    ("one-door", "harvest/sources/files.py", "import requests"),
    ("one-door", "curation/release/package.py", "import socket"),
    ("one-door", "schemas/units.py", "import urllib3"),
]


@pytest.fixture(scope="module")
def lint(tmp_path_factory: pytest.TempPathFactory) -> Lint:
    """A function that lints a copy of the packages, one file of which has one more line."""
    room = tmp_path_factory.mktemp("packages")
    for package in ("harvest", "curation", "schemas"):
        shutil.copytree(PROJECT / package, room / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "pyproject.toml", room / "pyproject.toml")

    def run(file: str | None = None, line: str = "") -> subprocess.CompletedProcess[str]:
        path = room / (file or "pyproject.toml")
        text = path.read_text(encoding="utf-8")
        if file is not None:
            path.write_text(f"{text}\n{line}\n", encoding="utf-8")
        try:
            return subprocess.run([str(LINTER), "--no-logo"], cwd=room, capture_output=True, text=True, check=False)
        finally:
            path.write_text(text, encoding="utf-8")

    return run


def broken(said: str) -> set[str]:
    """Return the contracts that the linter calls broken."""
    return set(re.findall(r"^(.+?) BROKEN", said, flags=re.MULTILINE))


def test_the_packages_keep_every_contract(lint: Lint) -> None:
    done = lint()
    assert done.returncode == 0, done.stdout
    assert broken(done.stdout) == set()
    assert set(re.findall(r"^(.+?) KEPT", done.stdout, flags=re.MULTILINE)) == set(NAMES.values())


@pytest.mark.parametrize(("contract", "file", "line"), BROKEN)
def test_an_import_that_is_not_allowed_is_named(lint: Lint, contract: str, file: str, line: str) -> None:
    done = lint(file, line)
    assert done.returncode == 1
    assert NAMES[contract] in broken(done.stdout), done.stdout


def test_each_contract_is_broken_once_here() -> None:
    breakable = {contract["id"] for contract in RULES["contracts"] if contract["type"] != "layers"}
    assert {contract for contract, _, _ in BROKEN} == breakable


def test_only_the_command_line_of_curation_may_import_harvest(lint: Lint) -> None:
    done = lint("curation/cli/present.py", "import harvest.archive")
    assert done.returncode == 0, done.stdout
