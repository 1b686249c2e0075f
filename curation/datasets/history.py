"""History: the versions of a dataset with their parents and tags; and the versions that nobody needs, taken away.

Tags are names for versions that people gave: `quickstart@paper-2026`. They stand in `tags.json` beside the versions.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curation.datasets.layout import (
    TAGS,
    current_version,
    read_manifest,
    read_tags,
    version_folder,
    versions_of,
)
from curation.errors import UnknownDatasetError
from schemas.disk import sync, write_file
from schemas.store_lock import hold_store

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.dataset import Manifest

_TAG = re.compile(r"^[A-Za-z][A-Za-z0-9._-]{0,63}$")


@dataclass(frozen=True)
class LoggedVersion:
    """One version of a dataset.

    Attributes:
        tags: names that people gave it.
        is_current: whether commands take it where no version is named.
        bytes: size of its parts.
        shared_bytes: size of those that are the same files as parts of its parent.
    """

    manifest: Manifest
    tags: tuple[str, ...]
    is_current: bool
    bytes: int
    shared_bytes: int


@dataclass(frozen=True)
class Garbage:
    """A version that nothing needs, and what its removal frees: bytes of files that no other version shares."""

    reference: str
    folder: Path
    bytes: int


def history(store: Path, name: str) -> list[LoggedVersion]:
    """Return the versions of a dataset, newest first.

    Raises:
        UnknownDatasetError: there is no such dataset; the message says what there is.
    """
    room = version_folder(store, name).parent
    tags = read_tags(room)
    current = current_version(store, name)
    manifests = {version: read_manifest(room / version) for version in versions_of(store, name)}
    logged = []
    for version, manifest in manifests.items():
        parent = manifests.get(manifest.parent or "")
        known = {part.sha256 for part in parent.parts} if parent else set()
        logged.append(
            LoggedVersion(
                manifest=manifest,
                tags=tuple(sorted(tag for tag, tagged in tags.items() if tagged == version)),
                is_current=version == current,
                bytes=sum(part.bytes for part in manifest.parts),
                shared_bytes=sum(part.bytes for part in manifest.parts if part.sha256 in known),
            )
        )
    return logged[::-1]


def tag_version(store: Path, reference: str, tag: str, *, move: bool = False) -> str:
    """Give a version a name, and return its `name@version`.

    Args:
        store: folder of the store.
        reference: NAME (its current version), NAME@VERSION or NAME@TAG.
        tag: letters, digits, dots, dashes and underscores, a letter first; up to 64.
        move: take the name from the version that has it now.

    Raises:
        UnknownDatasetError: there is no such version, the name is not a tag, or another version has it.
    """
    if _TAG.match(tag) is None:
        message = f"a tag begins with a letter and has letters, digits, '.', '-' and '_', got {tag!r}"
        raise UnknownDatasetError(message)
    with hold_store(store):
        folder = version_folder(store, reference)
        tags = read_tags(folder.parent)
        if tags.get(tag, folder.name) != folder.name and not move:
            message = f"{tag} is the name of {folder.parent.name}@{tags[tag]}; --move gives it to {folder.name}"
            raise UnknownDatasetError(message)
        write_file(folder.parent / TAGS, json.dumps(tags | {tag: folder.name}, indent=2, sort_keys=True).encode())
    return f"{folder.parent.name}@{folder.name}"


def remove_tag(store: Path, name: str, tag: str) -> None:
    """Take a name away from a version; the version stays.

    Raises:
        UnknownDatasetError: no version has this name.
    """
    with hold_store(store):
        room = version_folder(store, name).parent
        tags = read_tags(room)
        if tag not in tags:
            message = f"no version of {name} is named {tag}; there are: {', '.join(sorted(tags)) or 'no tags'}"
            raise UnknownDatasetError(message)
        del tags[tag]
        write_file(room / TAGS, json.dumps(tags, indent=2, sort_keys=True).encode())


def find_garbage(store: Path, names: list[str], *, keep: int) -> list[Garbage]:
    """Return the versions that are not current, tagged or released, nor among the newest `keep`, one at least."""
    found = []
    for name in names:
        room = store / "datasets" / name
        needed = {*read_tags(room).values(), *([current_version(store, name)] if versions_of(store, name) else [])}
        for version in versions_of(store, name)[: -max(1, keep)]:
            released = (store / "releases" / f"{name}-{version}").exists()
            if version not in needed and not released:
                found.append(Garbage(f"{name}@{version}", room / version, _own_bytes(room / version)))
    return found


def collect_garbage(store: Path, names: list[str], *, keep: int) -> list[Garbage]:
    """Remove what `find_garbage` finds; a version vanishes at once or not at all, also where this is killed."""
    with hold_store(store):
        found = find_garbage(store, names, keep=keep)
        for one in found:
            gone = one.folder.with_name(f".removed-{one.folder.name}")
            shutil.rmtree(gone, ignore_errors=True)
            one.folder.rename(gone)
            sync(gone.parent)
            shutil.rmtree(gone)
    return found


def _own_bytes(folder: Path) -> int:
    stats = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return sum(stat.st_size for stat in stats if stat.st_nlink == 1)
