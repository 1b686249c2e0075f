"""Planning: every mistake in a recipe is said with its file, its line, and what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from harvest.planning import plan_recipe
from schemas.recipe import RecipeError

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import RunCommand

    from harvest.store import Store


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems_of(recipe: Path) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        plan_recipe(recipe)
    assert caught.value.exit_code == 2
    return [line.removeprefix(f"{recipe.parent}/") for line in str(caught.value).splitlines()]


def test_a_good_recipe_is_planned(recipe: Path) -> None:
    read, plans = plan_recipe(recipe)
    assert read.dataset.name == "crystals"
    assert [(plan.key, plan.source, plan.about.licence) for plan in plans] == [("table", "files", "CC0-1.0")]
    assert plans[0].declared is not None
    assert plans[0].declared.startswith("sha256:")


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        (
            "recipe.toml",
            'source = "files"',
            'source = "flies"',
            "recipe.toml:7: .*no source 'flies'.*did you mean files",
        ),
        (
            "recipe.toml",
            'path = "crystals.csv"',
            'pth = "crystals.csv"',
            r"recipe.toml:9: sources\.0\.pth: Extra inputs",
        ),
        ("recipe.toml", 'path = "crystals.csv"\n', "", r"recipe.toml:6: sources\.0\.path: Field required"),
        ("recipe.toml", "path", "path = ", "recipe.toml:9: not valid TOML"),
        ("recipe.toml", "[dataset]", "[dataset]\ncolour = 1", r"recipe.toml:2: dataset\.colour: Extra inputs"),
        (
            "recipe.toml",
            "crystals.csv",
            "crystals.dat",
            r"recipe.toml:6: .*crystals\.dat says no format; give `format`",
        ),
        (
            "crystals.toml",
            '"band_gap"',
            '"band_gapp"',
            "crystals.toml:20: .*no property 'band_gapp'.*did you mean band_gap",
        ),
        ("crystals.toml", 'unit = "eV"', 'unit = "GPa"', "crystals.toml:21: .*band_gap: unit 'GPa' has dimension"),
        (
            "crystals.toml",
            'unit = "eV"',
            'unit = "evee"',
            "crystals.toml:21: .*'evee' is not a unit.*write it as pint does",
        ),
        ("crystals.toml", 'formula = "formula"\n', "", "crystals.toml:7: .*rows need a `formula` or a `structure`"),
        ("crystals.toml", '"CC0-1.0"', '"free"', "crystals.toml:3: .*'free' is not a data licence.*known are"),
        ("crystals.toml", "[[properties]]", "[[properties]", "crystals.toml:12: not valid TOML"),
        ("crystals.toml", '"experiment"', '"guess"', "crystals.toml:16: .*'experiment', 'dft'"),
    ],
)
def test_a_mistake_is_said_with_its_line(recipe: Path, file: str, old: str, new: str, says: str) -> None:
    edit(recipe.parent / file, old, new)
    problems = problems_of(recipe)
    assert any(re.match(says, problem) for problem in problems), problems


def test_mistakes_of_several_sources_come_at_once(recipe: Path) -> None:
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(
        text
        + '\n[[sources]]\nsource = "optimadee"\n'
        + '\n[[sources]]\nsource = "optimade"\nprovider = "nobody"\n'
        + '\n[[sources]]\nsource = "optimade"\nname = "x"\nprovider = "mp"\n'
        + 'properties = [\n    "band_gap",\n    "bandgap",\n]\n'
        + '\n[[papers]]\nfiles = "nothing/*.xml"\nlicence = "CC-BY-4.0"\n',
        encoding="utf-8",
    )
    found = problems_of(recipe)
    assert [int(problem.split(":")[1]) for problem in found] == [13, 15, 25, 28]
    for problem, says in zip(
        found, ("did you mean optimade", "known are mp", "did you mean band_gap", "no file matches"), strict=True
    ):
        assert says in problem


def test_a_recipe_that_is_not_there(tmp_path: Path) -> None:
    assert re.match(r"absent\.toml:1: cannot be read as a text file", problems_of(tmp_path / "absent.toml")[0])


def test_a_card_that_is_not_there_is_named(recipe: Path) -> None:
    (recipe.parent / "crystals.toml").unlink()
    assert re.match(r"crystals\.toml:1: cannot be read as a text file: .*No such file", problems_of(recipe)[0])


def test_a_data_file_that_is_not_there_is_said_with_the_line_of_the_recipe(recipe: Path, store: Store) -> None:
    edit(recipe, "crystals.csv", "crystal.csv")
    with pytest.raises(Exception, match=r"recipe\.toml:(6|9): .*crystal\.csv.*put the file back, or correct"):
        store.harvest(recipe)


def two_sources_of_one_name(recipe: Path) -> None:
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(text + '\n[[sources]]\nsource = "optimade"\nname = "table"\nprovider = "mp"\n', encoding="utf-8")


def test_two_sources_of_one_name_are_refused(recipe: Path) -> None:
    two_sources_of_one_name(recipe)
    assert "two sources are called table: give each a `name` of its own" in problems_of(recipe)[0]


def test_two_sources_of_one_name_are_said_with_the_line_of_the_second(recipe: Path) -> None:
    two_sources_of_one_name(recipe)
    assert re.match(r"recipe\.toml:1[2-4]: ", problems_of(recipe)[0])


def test_mistakes_of_a_card_and_of_the_recipe_come_at_once(recipe: Path) -> None:
    edit(recipe.parent / "crystals.toml", 'unit = "eV"', 'unit = "GPa"')
    recipe.write_text(recipe.read_text(encoding="utf-8") + '\n[[sources]]\nsource = "flies"\n', encoding="utf-8")
    assert len(problems_of(recipe)) == 2


def test_the_command_says_it_too(recipe: Path, run_command: RunCommand) -> None:
    edit(recipe, 'source = "files"', 'source = "flies"')
    done = run_command("harvest", recipe)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {recipe}:7: no source 'flies' is installed; did you mean files")
    assert "`matgranary sources` lists them" in done.stderr
