"""Command line of harvesting: `harvest`, `extract`, `sources`; `python -m harvest` has only these."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harvest.console import JsonOption, StoreOption, add_command, progress, run_app, say_json, store_of
from harvest.papers.cli import extract_command

if TYPE_CHECKING:
    from harvest.runner import HarvestReport


def _excluding(context: typer.Context, parameter: typer.CallbackParam, value: bool) -> bool:
    """Refuse `--update` beside `--locked`: one moves the lock, the other holds to it."""
    if value and context.params.get("update" if parameter.name == "locked" else "locked"):
        message = "--update moves harvest.lock on, --locked refuses what it does not say: give one of them"
        raise typer.BadParameter(message, ctx=context, param_hint=f"--{parameter.name}")
    return value


RecipeArgument = Annotated[Path, typer.Argument(help="The recipe, a TOML file.")]
UpdateOption = Annotated[
    bool, typer.Option("--update", callback=_excluding, help="Ask every source anew and move harvest.lock on.")
]
LockedOption = Annotated[
    bool, typer.Option("--locked", callback=_excluding, help="Refuse anything that harvest.lock does not say.")
]
OfflineOption = Annotated[bool, typer.Option("--offline", help="Use the archive and local files only.")]


LimitOption = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help="End each source after N records; what comes is not whole."),
]
MaxRateOption = Annotated[
    float | None,
    typer.Option("--max-rate", min=0.001, metavar="R", help="At most R requests a second to each source."),
]
AllowIncompleteOption = Annotated[
    bool,
    typer.Option("--allow-incomplete", help="Write the records of a source that is not whole, and what is missing."),
]
UntilDoneOption = Annotated[
    bool, typer.Option("--until-done", help="Wait where a source asks to come back later, then go on.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be asked for; only the first page of each source is.")
]


def harvest_command(
    recipe: RecipeArgument,
    store: StoreOption = None,
    update: UpdateOption = False,
    locked: LockedOption = False,
    offline: OfflineOption = False,
    dry_run: DryRunOption = False,
    limit: LimitOption = None,
    max_rate: MaxRateOption = None,
    allow_incomplete: AllowIncompleteOption = False,
    wait: UntilDoneOption = False,
    as_json: JsonOption = False,
) -> None:
    """Harvest every source of a recipe into the store.

    Examples:

        matgranary harvest data/recipes/quickstart.toml

        matgranary harvest recipe.toml --locked --offline

        matgranary harvest recipe.toml --dry-run

        matgranary harvest recipe.toml --until-done --max-rate 0.5
    """
    from harvest import present
    from harvest.patience import until_done
    from harvest.runner import Mode
    from harvest.store import open_store

    if dry_run:
        from harvest.preview import preview_recipe

        previews = preview_recipe(recipe, offline=offline, most_per_second=max_rate)
        if as_json:
            say_json(present.preview_json(previews))
        else:
            present.show_preview(previews)
        return
    mode = Mode(
        update=update,
        locked=locked,
        offline=offline,
        allow_incomplete=allow_incomplete,
        most_records=limit,
        most_per_second=max_rate,
    )
    with open_store(store_of(recipe, store)) as opened, progress(shown=not as_json) as report:

        def harvest() -> HarvestReport:
            return opened.harvest(recipe, mode=mode, progress=report)

        done = until_done(harvest, say=say_aside) if wait else harvest()
    if as_json:
        say_json(present.harvest_json(done))
    else:
        present.show_harvest(done)


def say_aside(text: str) -> None:
    """Print a line on standard error, beside what a program may read."""
    sys.stderr.write(f"{text}\n")


def sources_command(as_json: JsonOption = False, store: StoreOption = None) -> None:
    """List the sources that can be harvested, and what the store has of them.

    Examples:

        matgranary sources

        matgranary sources --json
    """
    from harvest.present import held_sources, show_sources
    from harvest.registry import load_source, source_names

    cards = [load_source(name).card for name in source_names()]
    held = held_sources(store_of(None, store))
    if as_json:
        say_json([{**card.model_dump(mode="json"), "in_store": held.get(card.name, [])} for card in cards])
    else:
        show_sources(cards, held)


def add_commands(app: typer.Typer) -> None:
    """Give an app the commands of this half."""
    add_command(app, "harvest", harvest_command)
    add_command(app, "extract", extract_command)
    add_command(app, "sources", sources_command)


def main() -> None:
    """Run the command line of this half."""
    app = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="Harvest materials data: sources and papers in, records out."
    )
    add_commands(app)
    raise SystemExit(run_app(app))
