"""Lock: `harvest.lock` beside a recipe says which version of each source its datasets were made from.

Written by the program, read by people, committed with the recipe. Bytes that did not change are not written again.
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import tomli_w
from pydantic import Field, ValidationError

from harvest.errors import DriftError
from schemas.dataset import VersionPin
from schemas.disk import write_file
from schemas.provenance import Pin
from schemas.quantity import Model, described
from schemas.store_lock import hold_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = "harvest.lock"
_HEADER = (
    "# Which version of each source the datasets of these recipes were made from.\n"
    "# Written by matgranary; commit it with the recipes. `matgranary run --update` moves it on.\n\n"
)


class LockedSource(Model):
    """A source as it was when the dataset was made."""

    source: str
    fingerprint: str = described("Of the query.")
    pin: Pin


class LockedDataset(Model):
    """What one dataset was made from."""

    latest: VersionPin | None = None
    sources: dict[str, LockedSource] = Field(default_factory=dict)


class Lock(Model):
    """The whole file."""

    lock_version: int = 1
    datasets: dict[str, LockedDataset] = Field(default_factory=dict)

    def of(self, dataset: str) -> LockedDataset:
        """Return what is locked for a dataset; empty where nothing is."""
        return self.datasets.get(dataset, LockedDataset())

    def with_dataset(self, name: str, locked: LockedDataset) -> Lock:
        """Return the lock with one dataset replaced."""
        return self.model_copy(update={"datasets": dict(sorted({**self.datasets, name: locked}.items()))})


def lock_path(recipe: Path) -> Path:
    """Return where the lock of a recipe stands."""
    return recipe.parent / NAME


def read_lock(path: Path) -> Lock:
    """Read a lock; an absent one is empty.

    Raises:
        DriftError: the file is not a lock; says what is wrong and what to do.
    """
    if not path.exists():
        return Lock()
    try:
        return Lock.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError, UnicodeDecodeError) as error:
        message = (
            f"{path} is not a lock file that this version can read ({error}); restore it, or delete it to lock anew"
        )
        raise DriftError(message) from error


def change_lock(path: Path, dataset: str, change: Callable[[LockedDataset], LockedDataset]) -> bool:
    """Change what is locked for one dataset and nothing else, whoever else changes the lock; return whether it did.

    The folder is written only where the lock says something new.

    Args:
        path: the lock, which several recipes and stores may share.
        dataset: whose part it is.
        change: makes of what is locked now what is to be.

    Raises:
        DriftError: the file is not a lock.
        StoreBusyError: another process changes it all the time.
    """
    if _holds(path, _changed(path, dataset, change)):
        return False
    with hold_file(path):
        text = _changed(path, dataset, change)
        if _holds(path, text):
            return False
        write_file(path, text.encode())
    return True


def _changed(path: Path, dataset: str, change: Callable[[LockedDataset], LockedDataset]) -> str:
    lock = read_lock(path)
    changed = lock.with_dataset(dataset, change(lock.of(dataset)))
    return _HEADER + tomli_w.dumps(changed.model_dump(mode="json", exclude_none=True))


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text
