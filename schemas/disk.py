"""Disk: how one half of the house leaves files for the other, so that a reader sees all of a folder or none of it.

The only module of `schemas` that writes. A folder is built under a hidden name beside its place, made durable, and
renamed; a kill at any moment leaves either the old state or the new one, and `sweep` removes what was left behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

_BUILDING = ".building-"


class Building:
    """A folder that nobody sees yet."""

    def __init__(self, folder: Path) -> None:
        """Begin with an empty hidden folder."""
        self.folder = folder

    def publish(self, final: Path) -> None:
        """Make everything durable, then visible under its final name.

        Raises:
            FileExistsError: `final` is there already; a published folder is never replaced.
        """
        if final.exists():
            raise FileExistsError(final)
        for folder, _, names in os.walk(self.folder):
            for name in names:
                sync(Path(folder) / name)
            sync(Path(folder))
        final.parent.mkdir(parents=True, exist_ok=True)
        self.folder.rename(final)
        sync(final.parent)


@contextlib.contextmanager
def building(parent: Path, name: str) -> Iterator[Building]:
    """Yield a hidden folder under `parent`, to be published in the block; what is not published vanishes.

    The caller holds the lock of the store: two writers of one folder are not expected here.

    Raises:
        OSError: the disk is full or refuses; nothing is published.
    """
    folder = parent / f"{_BUILDING}{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield Building(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def publish_folder(final: Path) -> Iterator[Path]:
    """Yield an empty folder that becomes `final` when the block ends well, and vanishes when it does not.

    Raises:
        FileExistsError: `final` is there already; a published folder is never replaced.
        OSError: the disk is full or refuses; nothing is published.
    """
    if final.exists():
        raise FileExistsError(final)
    with building(final.parent, final.name) as begun:
        yield begun.folder
        begun.publish(final)


def write_file(path: Path, content: bytes) -> None:
    """Replace a file as a whole: durable before it is visible."""
    path.parent.mkdir(parents=True, exist_ok=True)
    building = path.with_name(f"{_BUILDING}{path.name}")
    try:
        building.write_bytes(content)
        sync(building)
        building.replace(path)
    except BaseException:  # an interrupt too leaves nothing half-written; it goes on
        building.unlink(missing_ok=True)
        raise
    sync(path.parent)


def link_or_copy(present: Path, new: Path) -> None:
    """Give a file that never changes a second name; where the file system cannot, copy it."""
    new.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(present, new)
    except OSError:
        shutil.copyfile(present, new)


def sweep(folder: Path) -> list[Path]:
    """Remove what killed writers left under a folder; return what was removed."""
    left = sorted(path for path in folder.rglob(f"{_BUILDING}*") if path.exists()) if folder.is_dir() else []
    for path in left:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    return left


def sha256_of_file(path: Path) -> str:
    """Return the sha256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canonical_json(value: Any) -> bytes:  # noqa: ANN401 — anything that JSON can hold
    """Return the one JSON text of a value: sorted keys, no spaces, UTF-8, no NaN."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def digest(value: Any) -> str:  # noqa: ANN401 — anything that JSON can hold
    """Return the sha256 of a value's canonical JSON, in hex."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def model_json(model: BaseModel) -> bytes:
    """Return a model as the JSON that people read: indented, in the order of its fields, newline at the end."""
    return (json.dumps(model.model_dump(mode="json", by_alias=True), indent=2, ensure_ascii=False) + "\n").encode()


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
