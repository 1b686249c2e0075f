"""Starter recipe: every starter is a recipe that plans as written, and nothing is overwritten."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from harvest.errors import UnknownSourceError
from harvest.planning import plan_recipe
from harvest.registry import source_names
from harvest.starter_recipe import starter, starter_names, write_starter
from schemas.recipe import RecipeError

RECIPES = Path(__file__).parents[2] / "docs/recipes.md"


@pytest.mark.parametrize("source", starter_names())
def test_a_starter_plans_as_written(tmp_path: Path, source: str) -> None:
    (path,) = write_starter(tmp_path / "begun", "my_oxides-2", source)
    recipe, (plan,) = plan_recipe(path)
    assert (recipe.dataset.name, recipe.dataset.title, plan.source) == ("my_oxides-2", "My oxides 2", source)


def test_there_are_starters_for_the_sources_that_ask_a_provider() -> None:
    # Those that are left read files of one's own, which a starter cannot name.
    with_files = {"article_files", "drop_folder", "files", "repository_files"}
    assert {"optimade", "materials_project", "oqmd", "nomad", "cod", "aflow", "jarvis"} <= set(starter_names())
    assert set(starter_names()) <= set(source_names()) - with_files


@pytest.mark.parametrize("source", starter_names())
def test_the_page_on_recipes_shows_the_starter_of_each_source(source: str) -> None:
    page = re.findall(r"^```toml\n(.*?)^```", RECIPES.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    shown = [tomllib.loads(block).get("sources", []) for block in page]
    assert tomllib.loads(starter(source))["sources"] in shown


def test_a_source_without_starter_names_those_that_have_one(tmp_path: Path) -> None:
    there = r"there is no recipe to begin with; there is for aflow, cod, jarvis, .*, oqmd"
    for source, hint in (
        ("files", "; begin a table of your own with `matgranary init --manual`"),
        ("mpcontribs", "; docs/recipes.md has an example of every source"),
        ("nobody", ""),
    ):
        with pytest.raises(UnknownSourceError, match=f"^--source {source}: {there}{hint}$"):
            write_starter(tmp_path, "x", source)
    assert list(tmp_path.iterdir()) == []


def test_a_recipe_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "recipe.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(RecipeError, match=r"recipe\.toml would be overwritten"):
        write_starter(tmp_path, "x", "optimade")
    assert (tmp_path / "recipe.toml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["", "Oxides", "a b", "-x", "x" * 65, "../x"])
def test_a_name_that_no_dataset_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecipeError, match="a name has lower-case letters"):
        write_starter(tmp_path / "new", name, "optimade")
    assert not (tmp_path / "new").exists()
