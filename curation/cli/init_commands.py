"""Init command: a folder to begin with: a recipe, or a table to fill in with its card and recipe."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from harvest.console import JsonOption, add_command, program, say, say_json


def init_command(
    folder: Annotated[Path, typer.Argument(help="Folder to write into; made if it is not there.")] = Path(),
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the dataset; that of the folder where not given.")
    ] = None,
    source: Annotated[
        str,
        typer.Option("--source", help="The source that the recipe asks; a wrong one is answered with those there are."),
    ] = "optimade",
    manual: Annotated[
        bool, typer.Option("--manual", help="Write a table for values collected by hand, with its card.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write a recipe to begin with; nothing that is there is overwritten.

    Examples:

        matgranary init oxides

        matgranary init densities --manual
    """
    from harvest.manual_template import write_template
    from harvest.starter_recipe import write_starter

    called = name or folder.resolve().name.lower().replace(" ", "_")
    written = write_template(folder, called) if manual else write_starter(folder, called, source)
    if as_json:
        say_json({"name": called, "written": [str(path) for path in written]})
        return
    for path in written:
        say(f"wrote {path}")
    say()
    say(f"Next: {program()} run {shlex.quote(str(folder / 'recipe.toml'))}")


def add_init_commands(app: typer.Typer) -> None:
    """Give an app the commands of this module."""
    add_command(app, "init", init_command)
