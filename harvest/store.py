"""Store: the folder in which everything harvested lives; opened, locked against other writers, put in order."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from harvest.archive import Archive
from harvest.errors import StorageError, StoreLockedError
from harvest.ledger import Ledger
from schemas.disk import sweep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harvest.runner import HarvestReport, Mode
    from harvest.walk import Progress


def wall_clock() -> datetime:
    """Return the time of day; only ever written as the date of a fetch."""
    return datetime.now(UTC)  # noqa: TID251 — the one clock; everything else is handed a time


class Store:
    """An open store.

    Attributes:
        folder: the store itself; `raw`, `records`, `datasets` and `releases` are its rooms.
        archive: the raw bytes.
    """

    def __init__(self, folder: Path | str, *, clock: Callable[[], datetime] = wall_clock) -> None:
        """Use a folder, which is made when something is first written."""
        self.folder = Path(folder)
        self.archive = Archive(self.folder / "raw")
        self.clock = clock
        self._lock: BaseFileLock = FileLock(self.folder / ".lock")
        self._ledger: Ledger | None = None

    @property
    def ledger(self) -> Ledger:
        """The index of the archive, whole: what a killed run left out is found first.

        Raises:
            StorageError: it cannot be opened.
        """
        if self._ledger is None:
            with self.writing():
                self._ledger = self._open_ledger()
        return self._ledger

    @contextlib.contextmanager
    def writing(self) -> Iterator[Self]:
        """Hold the store against other writers, and sweep up what a killed one left.

        Raises:
            StoreLockedError: another process is writing.
            StorageError: the folder cannot be written.
        """
        first = not self._lock.is_locked
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._acquire()
        except Timeout as error:
            message = f"another process writes {self.folder}; wait for it to end, or choose another --store"
            raise StoreLockedError(message) from error
        except OSError as error:
            message = f"{self.folder} cannot be written ({error.strerror}); check its permissions and free space"
            raise StorageError(message) from error
        try:
            if first:
                for room in ("records", "datasets", "releases"):
                    sweep(self.folder / room)
            yield self
        finally:
            self._lock.release()

    def harvest(self, recipe: Path | str, *, mode: Mode | None = None, progress: Progress | None = None) -> HarvestReport:
        """Harvest every source of a recipe; see `harvest.runner.harvest`."""
        from harvest.runner import Mode, harvest  # noqa: PLC0415 — opening a store loads no connector

        return harvest(self, Path(recipe), mode=mode or Mode(), progress=progress)

    def close(self) -> None:
        """Close the ledger."""
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the store."""
        self.close()

    def _acquire(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except NotImplementedError:
            self._lock = SoftFileLock(self.folder / ".lock")
            self._lock.acquire(timeout=0)

    def _open_ledger(self) -> Ledger:
        import sqlite3  # noqa: PLC0415 — only where a ledger is opened

        path = self.archive.folder / "ledger.sqlite"
        try:
            ledger = Ledger(path)
            ledger.recover(self.archive)
        except sqlite3.Error as error:
            message = f"{path} cannot be used ({error}); it is only an index: move it away, it is rebuilt from the archive"
            raise StorageError(message) from error
        return ledger


def open_store(folder: Path | str) -> Store:
    """Open a store: `open_store("data").harvest("recipe.toml")`."""
    return Store(folder)
