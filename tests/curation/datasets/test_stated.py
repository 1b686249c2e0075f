from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from curation.datasets.layout import read_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., tuple[int, str, str]]

TABLES = {"a": [("1", "NaCl", 1.5), ("2", "ZnS", 2.4)], "b": [("1", "KCl", 1.49)]}


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def recipe(begun: Path, table_recipe: Callable[..., Path]) -> Path:
    del begun
    return table_recipe(TABLES, more='[release]\nto = ["folder"]')


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("recipe.toml", "A small dataset", "Other words", "title: A small dataset → Other words"),
        ("recipe.toml", "Ada Example", "Ida Example", "creators: Ada Example → Ida Example"),
        ("recipe.toml", '["test"]', '["tests"]', "keywords: test → tests"),
        ("recipe.toml", "Rows for tests.", "Rows.", "description: Rows for tests. → Rows."),
        ("recipe.toml", '"CC-BY-4.0"', '"CC-BY-SA-4.0"', "licence: CC-BY-4.0 → CC-BY-SA-4.0"),
        ("a.toml", "A small table", "A table", "a.title: A small table → A table"),
        ("a.toml", "A. Example", "B. Example", "a.attribution: A. Example → B. Example"),
    ],
)
@pytest.mark.parametrize("options", [[], ["--update"]], ids=["run", "update"])
def test_what_is_stated_otherwise_makes_a_new_version(
    recipe: Path, begun: Path, command: Command, file: str, old: str, new: str, says: str, options: list[str]
) -> None:
    edit(recipe.parent / file, old, new)
    assert command("run", recipe, "--store", begun, *options)[0] == 0
    first, second = (read_manifest(begun / "datasets" / "small" / version) for version in ("1.0.0", "1.0.1"))
    assert (second.parent, second.content_sha256, second.parts) == ("1.0.0", first.content_sha256, first.parts)
    released = begun / "releases" / "small-1.0.1"
    assert f"- {says}\n" in (released / "CHANGELOG.md").read_text(encoding="utf-8")
    assert new.strip('[]"') in (released / "data" / "manifest.json").read_text(encoding="utf-8")
    assert "Nothing to do" in command("run", recipe, "--store", begun, *options)[1]


def test_a_version_that_was_noted_for_other_words_is_not_taken(recipe: Path, begun: Path, command: Command) -> None:
    edit(recipe, "A small dataset", "Other words")
    assert command("run", recipe, "--store", begun)[0] == 0
    noted = begun / "datasets" / "small" / "built.json"
    noted.write_text(json.dumps(dict.fromkeys(json.loads(noted.read_bytes()), "1.0.0")), encoding="utf-8")
    assert "Nothing to do" in command("run", recipe, "--store", begun)[1]
    assert "1.0.1" in json.loads(noted.read_bytes()).values()


def test_a_new_licence_is_held_against_the_rows(recipe: Path, begun: Path, command: Command) -> None:
    edit(recipe, '"CC-BY-4.0"', '"CC0-1.0"')
    code, _, said = command("run", recipe, "--store", begun)
    assert code == 6
    assert "asks for attribution" in said
    assert command("run", recipe, "--store", begun)[0] == 6


def test_a_locked_run_makes_no_version_of_other_words(recipe: Path, begun: Path, command: Command) -> None:
    assert command("run", recipe, "--store", begun)[0] == 0
    assert "Nothing to do" in command("run", recipe, "--store", begun, "--locked")[1]
    edit(recipe, "A small dataset", "Other words")
    code, _, said = command("run", recipe, "--store", begun, "--locked")
    assert code == 6
    assert "title changed" in said
    assert not (begun / "datasets" / "small" / "1.0.1").exists()


def test_the_locked_version_of_other_words_is_made_beside_an_older_one(
    recipe: Path, begun: Path, tmp_path: Path, command: Command
) -> None:
    assert command("run", recipe, "--store", tmp_path / "elsewhere")[0] == 0
    edit(recipe, "A small dataset", "Other words")
    assert command("run", recipe, "--store", tmp_path / "elsewhere")[0] == 0
    assert command("run", recipe, "--store", begun, "--locked")[0] == 0
    assert read_manifest(begun / "datasets" / "small" / "1.0.1").title == "Other words"
