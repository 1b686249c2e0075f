"""Command line: `matgranary`; the only place that knows both halves of the house."""

from __future__ import annotations

from typing import Annotated

import typer

from harvest.console import run_app

HELP = """Turn a recipe into a citable materials dataset.

Start with `matgranary run data/recipes/quickstart.toml`. Exit codes: 0 ok, 1 failed, 2 usage, 3 finished with
quarantined rows (with --strict), 4 source incomplete, 5 storage, 6 validation or contract, 7 integrity, 8 credentials,
11 locked by another process, 75 try later, 130 interrupted (run again to go on).
"""


def make_app() -> typer.Typer:
    """Return the command line with all commands; none of their libraries is loaded yet."""
    from curation.cli.dataset_commands import add_dataset_commands
    from curation.cli.init_commands import add_init_commands
    from curation.cli.plot_commands import add_plot_commands
    from curation.cli.quarantine_commands import add_quarantine_commands
    from curation.cli.release_commands import add_release_commands
    from curation.cli.represent_commands import add_represent_commands
    from curation.cli.run_commands import add_run_commands
    from curation.cli.serve_commands import add_serve_commands
    from curation.cli.similar_commands import add_similar_commands
    from curation.cli.version_commands import add_version_commands
    from harvest.cli import add_commands

    app = typer.Typer(
        help=HELP, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None
    )
    app.callback(invoke_without_command=True)(_version)
    add_init_commands(app)
    add_run_commands(app)
    add_represent_commands(app)
    add_similar_commands(app)
    add_plot_commands(app)
    add_release_commands(app)
    add_serve_commands(app)
    add_commands(app)
    add_dataset_commands(app)
    add_version_commands(app)
    add_quarantine_commands(app)
    return app


def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"matgranary {installed('matgranary')}")
        raise typer.Exit


def main() -> None:
    """Run the command line."""
    raise SystemExit(run_app(make_app()))
