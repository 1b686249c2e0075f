"""Serve commands: a release behind an OPTIMADE API."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from harvest.console import StoreOption, add_command, say, store_of

ReleaseArgument = Annotated[
    str | None, typer.Argument(help="Release folder, NAME or NAME@VERSION; the only release where not given.")
]


def serve_command(
    release: ReleaseArgument = None,
    port: Annotated[int, typer.Option("--port", help="0 takes any that is free.")] = 5000,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    store: StoreOption = None,
) -> None:
    """Serve a release by the OPTIMADE reference server, until interrupted; it needs the extra `serve`.

    Examples:

        matgranary serve quickstart

        matgranary serve quickstart-1.0.0/ --port 0
    """
    from curation.release.find import find_release
    from curation.release.serve import run_server

    run_server(find_release(store_of(None, store), release), host=host, port=port, ready=_announce)


def _announce(address: str) -> None:
    """Print the address at once: who reads it may be waiting for it."""
    say(address)
    sys.stdout.flush()


def add_serve_commands(app: typer.Typer) -> None:
    """Give an app this command."""
    add_command(app, "serve", serve_command)
