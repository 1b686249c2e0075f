from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
import typer

from curation.cli import HELP, make_app

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = Callable[..., tuple[int, str, str]]

COMMANDS = {
    "run",
    "curate",
    "represent",
    "release",
    "harvest",
    "extract",
    "sources",
    "query",
    "lineage",
    "verify",
    "diff",
    "datasets",
    "properties",
    "doctor",
}


def names() -> list[str]:
    group = typer.main.get_command(make_app())
    assert hasattr(group, "commands")
    return sorted(group.commands)


def test_every_command_is_there() -> None:
    assert set(names()) >= COMMANDS


@pytest.mark.parametrize("name", names())
def test_every_command_has_help_and_an_example(command: Command, name: str) -> None:
    code, said, _ = command(name, "--help")
    assert code == 0
    assert f"matgranary {name}" in said
    assert "Examples:" in said or "Commands:" in said  # the commands of a group have their own


def test_the_version_is_that_of_the_package(command: Command) -> None:
    assert command("--version") == (0, f"matgranary {version('matgranary')}\n", "")


def test_help_names_the_exit_codes_and_loads_nothing_heavy() -> None:
    program = (
        "import sys; sys.argv = ['matgranary', '--help']\n"
        "from curation.cli import main\n"
        "try:\n    main()\nexcept SystemExit as error:\n    code = error.code\n"
        "heavy = {'pymatgen', 'spacy', 'pandas', 'mp_api', 'duckdb', 'pyarrow', 'scipy', 'pint', 'moyopy', 'numpy'}\n"
        "print('LOADED', sorted(heavy & set(sys.modules)), code)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED [] 0"
    assert all(f"{code} " in HELP for code in (0, 1, 2, 3, 4, 5, 8, 11, 75, 130))
    assert "matgranary run data/recipes/quickstart.toml" in done.stdout


def test_python_m_curation_is_the_same_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "curation", "no-such-command"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "no-such-command" in done.stderr
    assert done.stdout == ""
