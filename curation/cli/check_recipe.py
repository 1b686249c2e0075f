"""Check recipe: names of representations and of targets of a release, before anything is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.release.deposit.errors import NotThereError
from curation.release.deposit.registry import find_depositor
from curation.represent.errors import RepresentationError
from curation.represent.registry import load_representer
from harvest.planning import read_recipe
from schemas.recipe import RecipeError
from schemas.toml_lines import line_of

if TYPE_CHECKING:
    from pathlib import Path


def check_recipe(path: Path) -> None:
    """Refuse a recipe that names what there is not under [represent] or [release].

    Raises:
        RecipeError: with the line of each problem.
    """
    recipe, text = read_recipe(path)
    problems = []
    for index, name in enumerate(recipe.represent.with_):
        try:
            load_representer(name)
        except RepresentationError as error:
            problems.append((line_of(text, ("represent", "with", index)), str(error)))
    for index, target in enumerate(recipe.release.to):
        try:
            find_depositor(target.strip().partition(" ")[0])
        except NotThereError as error:
            problems.append((line_of(text, ("release", "to", index)), str(error)))
    if problems:
        raise RecipeError(str(path), problems)
