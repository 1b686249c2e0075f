"""Init: what it writes runs as written, and what is there is never overwritten."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunCommand


def test_a_manual_collection_runs_as_written(tmp_path: Path, run_command: RunCommand) -> None:
    begun = run_command("init", tmp_path / "densities", "--manual", "--json")
    assert begun.returncode == 0, begun.stderr
    said = json.loads(begun.stdout)
    assert said["name"] == "densities"
    assert [path.rpartition("/")[2] for path in said["written"]] == ["densities.csv", "card.toml", "recipe.toml"]
    done = run_command("run", tmp_path / "densities/recipe.toml", "--store", tmp_path / "store", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["dataset"] == "densities@1.0.0"


def test_a_recipe_of_a_source_is_written_and_said(tmp_path: Path, run_command: RunCommand) -> None:
    begun = run_command("init", "my oxides", "--source", "cod", cwd=tmp_path)
    assert begun.returncode == 0, begun.stderr
    assert begun.stdout.splitlines()[0] == "wrote my oxides/recipe.toml"
    assert "run 'my oxides/recipe.toml'" in begun.stdout
    assert 'name = "my_oxides"' in (tmp_path / "my oxides/recipe.toml").read_text(encoding="utf-8")


def test_what_is_there_is_an_error_of_usage(tmp_path: Path, run_command: RunCommand) -> None:
    (tmp_path / "recipe.toml").write_text("mine", encoding="utf-8")
    for options in ((), ("--manual",)):
        refused = run_command("init", tmp_path, "--name", "x", *options, "--json")
        assert refused.returncode == 2
        assert "would be overwritten" in json.loads(refused.stdout)["message"]
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.toml"]
