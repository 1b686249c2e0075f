"""Serve commands: a release behind an OPTIMADE API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harvest.console import StoreOption, add_command, say, store_of

if TYPE_CHECKING:
    import socket

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

    folder = find_release(store_of(None, store), release)
    listener = _listening(host, port)
    say(f"http://{host}:{listener.getsockname()[1]}")
    run_server(folder, listener)


def _listening(host: str, port: int) -> socket.socket:
    """Listen before the server is ready: who reads the address may ask at once."""
    import socket as sockets
    import sys

    listener = sockets.create_server((host, port))
    sys.stdout.flush()
    return listener


def add_serve_commands(app: typer.Typer) -> None:
    """Give an app this command."""
    add_command(app, "serve", serve_command)
