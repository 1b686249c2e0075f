"""Planning: a recipe in, checked plans out; every problem of the recipe at once, each with its line."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from pydantic import ValidationError

from harvest.errors import CardError, UnknownSourceError
from harvest.registry import load_source
from schemas.recipe import Recipe, RecipeError, problems_of, read_toml
from schemas.toml_lines import line_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harvest.source import Plan
    from schemas.recipe import SourceRequest


def read_recipe(path: Path) -> tuple[Recipe, str]:
    """Read a recipe and its text.

    Raises:
        RecipeError: no such file, not TOML, or not a recipe.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(str(path), [(1, f"cannot be read as a text file: {error}")]) from error
    return read_toml(Recipe, text, file=str(path)), text


def plan_recipe(path: Path) -> tuple[Recipe, list[Plan]]:
    """Read a recipe and plan each of its sources.

    Raises:
        RecipeError: anything is wrong, with the line of each problem.
    """
    recipe, text = read_recipe(path)
    plans: list[Plan] = []
    problems: list[tuple[int, str]] = []
    others: list[RecipeError] = []
    names: set[str] = set()
    for place, request in recipe.places():
        if request.key in names:
            said = f"two sources are called {request.key}: give each a `name` of its own"
            problems.append((line_of(text, place), said))
        names.add(request.key)
        try:
            plans.append(_plan(request, path))
        except UnknownSourceError as error:
            problems.append((line_of(text, (*place, "source")), str(error)))
        except RecipeError as error:
            others.append(error)
        except CardError as error:
            problems.append((line_of(text, place), str(error)))
        except ValidationError as error:
            problems.extend(problems_of(error, text, under=place))
    if problems or others:
        raise RecipeError.joined([*([RecipeError(str(path), problems)] if problems else []), *others])
    return recipe, plans


@contextlib.contextmanager
def said_with_line(path: Path, place: tuple[str, int]) -> Iterator[None]:
    """Say what is wrong with a source with the line of the recipe on which it stands.

    Raises:
        RecipeError: instead of a CardError.
    """
    try:
        yield
    except CardError as error:
        raise RecipeError(str(path), [(line_of(path.read_text(encoding="utf-8"), place), str(error))]) from error


def _plan(request: SourceRequest, path: Path) -> Plan:
    return load_source(request.source).plan(request.key, request.options, path.parent)
