"""Store lock: one writer of a store, or of a shared file, at a time; readers are never in the way."""

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
_PATIENCE_SECONDS = 30.0  # a file is held while it is read and replaced, no longer


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


@contextlib.contextmanager
def hold_file(path: Path) -> Iterator[None]:
    """Hold a file against other processes while it is read, changed and replaced; nothing is left beside it.

    Raises:
        StoreBusyError: another process holds it all the time.
        OSError: its folder cannot be written.
    """
    guard = path.with_name(f".{path.name}.held")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        lock = _taken(guard, _PATIENCE_SECONDS)
    except Timeout as error:
        message = f"another process holds {path}; wait for it to end, then run again"
        raise StoreBusyError(message) from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # a system that keeps open files lets it stand
            guard.unlink(missing_ok=True)  # while it is held: who waits for it sees that it is gone, and makes it anew
        lock.release()


def _acquired(folder: Path) -> BaseFileLock:
    return _taken(folder / _NAME, 0, is_singleton=True)


def _taken(path: Path, patience_seconds: float, *, is_singleton: bool = False) -> BaseFileLock:
    """Take the kernel's lock, or a lock file with the owner's name in it where the file system has none."""
    lock: BaseFileLock = FileLock(path, is_singleton=is_singleton)
    try:
        lock.acquire(timeout=patience_seconds)
    except NotImplementedError:
        lock = SoftFileLock(path.with_name(f"{path.name}-soft"), is_singleton=is_singleton)
        lock.acquire(timeout=patience_seconds)
    return lock
