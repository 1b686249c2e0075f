"""Console: how a command speaks: tables for people, JSON for machines, errors with the exit code of the design.

Shared by the command lines of both halves; nothing heavier than typer and rich is loaded, and those only when used.
"""

from __future__ import annotations

import contextlib
import errno
import json
import math
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

USAGE, FAILED, STORAGE, INTERRUPTED = 2, 1, 5, 130
_GO_ON = "interrupted; run the same command again to go on"
STORE_VARIABLE = "MATGRANARY_STORE"
_ANY_WIDTH = 100_000
_LONGEST_LIST = 120
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EIO}

StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store", envvar=STORE_VARIABLE, help="Folder of the store. Default: data/ beside the recipe, or here."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def add_command(app: typer.Typer, name: str, command: Callable[..., None]) -> None:
    """Give an app a command; the first sentence of its docstring stands whole in the list of commands."""
    first = (command.__doc__ or "").strip().split("\n\n")[0]
    app.command(name, short_help=" ".join(first.split()))(command)


def store_of(recipe: Path | None, given: Path | None) -> Path:
    """Return the store: the one that was given, `data` of the recipe's project, or `data` here."""
    if given is not None:
        return given
    if recipe is None:
        return Path("data")
    folder = recipe.resolve().parent
    return folder.parent if (folder.name, folder.parent.name) == ("recipes", "data") else folder / "data"


def program() -> str:
    """Return how this program is called from here: by name where it is on PATH, else by its place."""
    called = Path(sys.argv[0])
    if shutil.which(called.name) or not called.exists():
        return called.name
    return os.path.relpath(called)


def say_json(value: Any) -> None:  # noqa: ANN401 — anything that JSON can hold
    """Print a value as JSON on standard output."""
    sys.stdout.write(json_text(value))


def json_text(value: Any, *, indent: int | None = 2) -> str:  # noqa: ANN401 — anything that JSON can hold
    """Return a value as a text of JSON that ends in a new line; NaN and infinity, which JSON has not, are null."""
    try:
        text = json.dumps(value, indent=indent, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), indent=indent, ensure_ascii=False, default=str)
    return f"{text}\n"


def _finite(value: Any) -> Any:  # noqa: ANN401 — as above
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value


def say(text: str = "") -> None:
    """Print a line for people."""
    sys.stdout.write(text + "\n")


def say_table(columns: Sequence[str], rows: Sequence[Sequence[object]], *, title: str | None = None) -> None:
    """Print a table for people: as wide as the terminal, elsewhere as it needs; numbers are set to the right."""
    from rich.console import Console  # noqa: PLC0415 — only where a table is printed
    from rich.table import Table  # noqa: PLC0415 — see above
    from rich.text import Text  # noqa: PLC0415 — see above

    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for index, column in enumerate(columns):
        is_number = bool(rows) and all(isinstance(row[index], int | float) or row[index] is None for row in rows)
        table.add_column(column, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(written(cell)) for cell in row))
    Console(soft_wrap=False, width=None if sys.stdout.isatty() else _ANY_WIDTH).print(table)


def written(cell: object) -> str:
    """Return a cell as people read it; of a long list, its beginning."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return f"{cell:.6g}"
    text = str(cell)
    return text if isinstance(cell, str) or len(text) <= _LONGEST_LIST else f"{text[: _LONGEST_LIST - 1]}…"


@contextlib.contextmanager
def progress(*, shown: bool = True) -> Iterator[Callable[[str, int, int | None], None]]:
    """Yield a reporter (what, done, total); a bar on a terminal, nothing elsewhere."""
    if not (shown and sys.stderr.isatty()):
        yield lambda *_: None
        return
    from rich import progress as rich  # noqa: PLC0415 — only on a terminal
    from rich.console import Console  # noqa: PLC0415 — see above

    columns = (
        rich.SpinnerColumn(),
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TimeElapsedColumn(),
        rich.TextColumn("left"),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, rich.TaskID] = {}

        def report(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                for earlier in bar.tasks:
                    bar.update(earlier.id, total=earlier.completed)
                    bar.stop_task(earlier.id)
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report


def run_app(app: typer.Typer, arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; the one place where exceptions become words and numbers."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        result = typer.main.get_command(app).main(args=given, prog_name="matgranary", standalone_mode=False)
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):
            return 0  # whoever read our output had enough
        raise
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 — the one boundary to words and exit codes
        return _say_error(given, error)
    if result == INTERRUPTED:
        return _say_error(given, KeyboardInterrupt())
    return result if isinstance(result, int) else 0


def _say_error(given: list[str], error: BaseException) -> int:
    """Return the exit code of an error, after it was said; an error of the program itself is raised again."""
    known = getattr(error, "exit_code", None)
    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return _complain(given, "Interrupted", _GO_ON, INTERRUPTED)
    if isinstance(error, BrokenPipeError):
        return 0  # whoever read our output had enough
    if isinstance(known, int):
        for note in getattr(error, "__notes__", ()):  # where the code of others raised it
            sys.stderr.write(f"{note}\n")
        show = getattr(error, "show", None)
        if show is None or "--json" in given:
            return _complain(given, type(error).__name__, str(error), known, wait=getattr(error, "wait_seconds", None))
        show()  # an error of usage knows how to say which argument is wrong
        return known
    if isinstance(error, OSError):
        code = STORAGE if error.errno in _FULL else FAILED
        return _complain(given, type(error).__name__, f"{error}; nothing half-made is left", code)
    raise error


def _complain(arguments: list[str], kind: str, message: str, code: int, *, wait: float | None = None) -> int:
    """Say an error; one that passes after a wait in seconds with the time at which to come back."""
    back = None if wait is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + wait))
    if "--json" in arguments:
        later = {} if back is None else {"wait_seconds": wait, "try_again_at": back}
        say_json({"error": kind, "message": message, "exit_code": code, **later})
    else:
        hint = "" if back is None else f"\nrun the same command again at {back} or later: it goes on where it ended"
        sys.stderr.write(f"error: {message}{hint}\n")
    return code
