"""Forked runs: reads orders, one JSON object a line, and runs each command line in a fork with a fault at one point.

A point is an operation that changes the disk for good: fsync, rename, hard link, making and removing of files and
folders, a commit of SQLite. Everything slow to import is loaded before the first fork, so that a run costs little.

An order is {"arguments": [...], "store": folder, "points": file, "fault": name or null, "at": n}; the answer is
{"exit": code}, negative where a signal ended the run. The points that were reached are written to `points`.

    kill_before, kill_after   the process ends at point n by SIGKILL
    power_cut                 the same, and of every file of the store what was never synced is lost by half
    disk_full, disk_broken    from point n on every writing operation fails with ENOSPC or EIO
"""

from __future__ import annotations

import errno
import functools
import importlib
import json
import os
import signal
import sqlite3
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OPERATIONS = ("fsync", "rename", "replace", "link", "mkdir", "unlink", "rmdir")
# A full disk lets go of files.
REMOVING = frozenset({"unlink", "rmdir"})
KINDS = {"disk_full": errno.ENOSPC, "disk_broken": errno.EIO}
SQLITE_SAYS = {"disk_full": "database or disk is full", "disk_broken": "disk I/O error"}
LOADED = (
    "curation.build",
    "curation.cli.dataset_commands",
    "curation.cli.present",
    "curation.datasets.verify",
    "curation.release.package",
    "curation.release.verify",
    "curation.represent.compute",
    "harvest.http",
    "harvest.papers.pipeline",
    "harvest.runner",
    "harvest.sources.optimade",
    "harvest.verify",
    "pandas",
    "pyarrow.dataset",
)
WRITES = ("COMMIT", "INSERT", "UPDATE", "DELETE")


class Faults:
    """Counts points, and lets the fault happen at one of them."""

    def __init__(self, order: dict[str, Any]) -> None:
        self._kind, self._at = order["fault"], order["at"]
        self._store = Path(order["store"])
        self._said = os.open(order["points"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self._count = 0
        self._synced: dict[int, int] = {}

    def point[Result](self, name: str, subject: str, act: Callable[[], Result], error: Exception) -> Result:
        self._count += 1
        os.write(self._said, f"{self._count} {name} {subject}\n".encode())
        if self._kind in KINDS and self._count >= self._at and name not in REMOVING:
            raise error
        if self._kind == "kill_before" and self._count == self._at:
            die()
        if self._kind == "power_cut" and self._count == self._at:
            self._lose()
            die()
        number = self._count
        try:
            return act()
        finally:  # an operation that changes nothing (a folder is there already) is a point like any other
            if self._kind == "kill_after" and number == self._at:
                die()

    def operation[**P, Result](self, name: str, real: Callable[P, Result]) -> Callable[P, Result]:
        @functools.wraps(real)
        def counted(*args: P.args, **kwargs: P.kwargs) -> Result:
            first = args[0]
            path = str(Path(f"/proc/self/fd/{first}").readlink()) if isinstance(first, int) else str(first)
            number = KINDS.get(self._kind, 0)
            error = OSError(number, os.strerror(number), path)
            result = self.point(name, path, functools.partial(real, *args, **kwargs), error)
            if name == "fsync" and isinstance(first, int):
                status = os.fstat(first)
                self._synced[status.st_ino] = status.st_size
            return result

        return counted

    def connection(self) -> type[sqlite3.Connection]:
        """A connection whose every commit is a point."""
        faults = self

        class Counted(sqlite3.Connection):
            def execute(self, sql: str, values: Sequence[str | int | None] = ()) -> sqlite3.Cursor:
                act = functools.partial(super().execute, sql, values)
                is_commit = sql.startswith("COMMIT") or (sql.startswith(WRITES) and not self.in_transaction)
                return faults.point("commit", sql[:30], act, faults.sqlite_error()) if is_commit else act()

            def executescript(self, script: str) -> sqlite3.Cursor:
                act = functools.partial(super().executescript, script)
                return faults.point("commit", "script", act, faults.sqlite_error())

        return Counted

    def sqlite_error(self) -> sqlite3.OperationalError:
        return sqlite3.OperationalError(SQLITE_SAYS.get(self._kind, ""))

    def _lose(self) -> None:
        """Cut what was never synced; SQLite syncs by itself and answers for its own files."""
        for folder, _, names in os.walk(self._store):
            for name in names:
                status = os.stat(path := os.path.join(folder, name))  # noqa: PTH116, PTH118 — pathlib may be faulty here
                synced = self._synced.get(status.st_ino, 0)
                if "sqlite" not in name and status.st_size > synced:
                    os.truncate(path, (status.st_size + synced) // 2)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run(order: dict[str, Any]) -> int:
    """Run the command line in this process, with the fault of an order."""
    from curation.cli import make_app
    from harvest.console import run_app

    faults = Faults(order)
    os.cpu_count = lambda: 1  # no pool: the fault is to hit this very process
    for name in OPERATIONS:
        setattr(os, name, faults.operation(name, getattr(os, name)))
    sqlite3.connect = functools.partial(sqlite3.connect, factory=faults.connection())
    return run_app(make_app(), order["arguments"])


def fork(order: dict[str, Any], output: int) -> int:
    """Return the exit code of a run in a fork, negative where a signal ended it."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.dup2(output, 1)
            os.dup2(output, 2)
            code = run(order)
        except BaseException:  # noqa: BLE001 — what Python does with it, in a fork: print it and end with 1
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def load(recipe: Path) -> None:
    """Import what a run needs and fill its caches: of units, of properties, of the extractor."""
    for name in LOADED:
        importlib.import_module(name)
    from harvest.planning import plan_recipe
    from harvest.registry import load_source
    from harvest.source import RawObject
    from schemas.fingerprint import code_fingerprint

    code_fingerprint("schemas", "curation")
    code_fingerprint("schemas", "harvest", "harvest")
    _, plans = plan_recipe(recipe)
    article = recipe.with_name("article.xml").read_bytes()
    list(load_source("article_files").parse(plans[-1], RawObject("", article, "", "file:article.xml", "")))


def main() -> None:
    load(Path(sys.argv[2]))
    answers = os.fdopen(os.dup(1), "w")
    output = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for line in sys.stdin:
        answers.write(json.dumps({"exit": fork(json.loads(line), output)}) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
