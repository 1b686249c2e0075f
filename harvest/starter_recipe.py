"""Starter recipe: a folder, a name and a source in, a recipe that runs as written out."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from harvest.errors import UnknownSourceError
from harvest.registry import source_names
from schemas.recipe import Name, RecipeError

if TYPE_CHECKING:
    from pathlib import Path

_RECIPE = """\
# Run it with: matgranary run {file}
# All keys are on the page docs/recipes.md; a key that is not known is refused, with its line.

[dataset]
name = "{name}"
title = "{title}"
# Under which licence it is meant to be released; rows that do not allow that are refused.
licence = "CC-BY-4.0"
# creators = [{{ name = "Ada Example", orcid = "0000-0002-1825-0097" }}]

{source}
[curate]
# How alike two structures must be to count as one material: exact, strict or loose.
dedup = "strict"

[represent]
with = ["magpie"]
"""


def starter_names() -> list[str]:
    """Return the sources that there is a starter for, sorted."""
    found = (files("harvest.sources") / "starters").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in found if file.name.endswith(".toml"))


def starter(source: str) -> str:
    """Return the table of a source as it may stand in a recipe.

    Raises:
        UnknownSourceError: there is no starter for that source; says for which there are, and what else to do.
    """
    if source not in starter_names():
        hint = ""
        if source in source_names():
            hint = "; docs/recipes.md has an example of every source"
        if source == "files":
            hint = "; begin a table of your own with `matgranary init --manual`"
        message = (
            f"--source {source}: there is no recipe to begin with; there is for {', '.join(starter_names())}{hint}"
        )
        raise UnknownSourceError(message)
    return (files("harvest.sources") / "starters" / f"{source}.toml").read_text(encoding="utf-8")


def checked_name(name: str) -> str:
    """Return a name that a dataset may have.

    Raises:
        RecipeError: it may not.
    """
    try:
        return TypeAdapter(Name).validate_python(name)
    except ValidationError as error:
        message = (
            f"a name has lower-case letters, digits, - and _, at most 64 of them, and begins with no - or _; {name!r}"
        )
        raise RecipeError("recipe.toml", [(1, message)]) from error


def title_of(name: str) -> str:
    """Return a title made of a name."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def write_all(texts: dict[Path, str], folder: Path) -> list[Path]:
    """Write new files into a folder, which is made if it is not there; return their paths.

    Raises:
        RecipeError: one of them is there already; nothing is written.
    """
    there = [path for path in texts if path.exists()]
    if there:
        message = f"{', '.join(path.name for path in there)} would be overwritten; choose another folder"
        raise RecipeError(str(folder), [(1, message)])
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    return list(texts)


def write_starter(folder: Path, name: str, source: str) -> list[Path]:
    """Write a recipe with one source; return what was written.

    Raises:
        UnknownSourceError: no such starter.
        RecipeError: a name that no dataset can have, or a file that is there already.
    """
    recipe = folder / "recipe.toml"
    text = _RECIPE.format(file=recipe.name, name=checked_name(name), title=title_of(name), source=starter(source))
    return write_all({recipe: text}, folder)
