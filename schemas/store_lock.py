"""Store lock: one writer of a store at a time, whichever half of the house it is; readers are never in the way."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from schemas.disk import sweep

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = ".lock"
_ROOMS = ("records", "datasets", "releases")


class StoreBusyError(Exception):
    """Another process writes the store."""

    exit_code = 11


class StoreUnwritableError(Exception):
    """The folder of the store cannot be written."""

    exit_code = 5


@contextlib.contextmanager
def hold_store(folder: Path) -> Iterator[None]:
    """Hold a store against other processes, and sweep up what a killed writer left; may be nested in one process.

    Raises:
        StoreBusyError: another process holds it.
        StoreUnwritableError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _acquired(folder)
    except Timeout as error:
        message = f"another process writes {folder}; wait for it to end, or choose another --store"
        raise StoreBusyError(message) from error
    except OSError as error:
        message = f"{folder} cannot be written ({error.strerror}); check its permissions and free space"
        raise StoreUnwritableError(message) from error
    try:
        if lock.lock_counter == 1:
            for room in _ROOMS:
                sweep(folder / room)
        yield
    finally:
        lock.release()


def _acquired(folder: Path) -> BaseFileLock:
    """Take the kernel's lock, or a lock file with the owner's name in it where the file system has none."""
    lock: BaseFileLock = FileLock(folder / _NAME, is_singleton=True)
    try:
        lock.acquire(timeout=0)
    except NotImplementedError:
        lock = SoftFileLock(folder / f"{_NAME}-soft", is_singleton=True)
        lock.acquire(timeout=0)
    return lock
