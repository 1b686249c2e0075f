"""Store: the folder in which everything harvested lives; opened, locked against other writers, put in order."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from harvest.archive import Archive
from harvest.errors import StorageError
from harvest.ledger import Ledger
from schemas.store_lock import hold_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

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

    def writing(self) -> AbstractContextManager[None]:
        """Hold the store against other processes; see `schemas.store_lock.hold_store`."""
        return hold_store(self.folder)

    def harvest(
        self, recipe: Path | str, *, mode: Mode | None = None, progress: Progress | None = None
    ) -> HarvestReport:
        """Harvest every source of a recipe; see `harvest.runner.harvest`.

        Raises:
            StorageError: the ledger cannot be read or written, in whatever step that was.
        """
        import sqlite3  # noqa: PLC0415 — only where a ledger is opened

        from harvest.runner import Mode, harvest  # noqa: PLC0415 — opening a store loads no connector

        try:
            return harvest(self, Path(recipe), mode=mode or Mode(), progress=progress)
        except sqlite3.Error as error:
            message = f"the ledger cannot be read or written ({error}); make room on the disk, then run again"
            raise StorageError(message) from error

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

    def _open_ledger(self) -> Ledger:
        import sqlite3  # noqa: PLC0415 — only where a ledger is opened

        path = self.archive.folder / "ledger.sqlite"
        try:
            ledger = Ledger(path)
            ledger.recover(self.archive)
        except sqlite3.Error as error:
            message = (
                f"{path} cannot be used ({error}); it is only an index: move it away, it is rebuilt from the archive"
            )
            raise StorageError(message) from error
        return ledger


def open_store(folder: Path | str) -> Store:
    """Open a store: `open_store("data").harvest("recipe.toml")`."""
    return Store(folder)
