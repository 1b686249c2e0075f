"""Layout: where datasets and their versions stand; the path is the identity."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from curation.errors import ContractError, UnknownDatasetError
from schemas.dataset import Manifest
from schemas.disk import write_file

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.dataset import Part

MANIFEST = "manifest.json"
CHECKSUMS = "checksums.json"
TAGS = "tags.json"
CURRENT = "current.json"
SPLITS = "splits"
REPRESENTATIONS = "representations"
_VERSION = re.compile(r"^(\d+)\.(\d+)\.(\d+)$")


def version_key(version: str) -> tuple[int, int, int]:
    """Return a version as numbers that sort.

    Raises:
        UnknownDatasetError: it is not of the form 1.2.3.
    """
    match = _VERSION.match(version)
    if match is None:
        message = f"a dataset version is written like 1.2.3, got {version!r}"
        raise UnknownDatasetError(message)
    return int(match[1]), int(match[2]), int(match[3])


def dataset_names(store: Path) -> list[str]:
    """Return the names of all datasets of a store."""
    root = store / "datasets"
    return sorted(p.name for p in root.iterdir() if versions_of(store, p.name)) if root.is_dir() else []


def versions_of(store: Path, name: str) -> list[str]:
    """Return the versions of a dataset, oldest first."""
    root = store / "datasets" / name
    found = [p.name for p in root.iterdir() if _VERSION.match(p.name)] if root.is_dir() else []
    return sorted(found, key=version_key)


def read_tags(room: Path) -> dict[str, str]:
    """Return the versions of a dataset by the names that people gave them.

    Raises:
        ContractError: the file is not what tagging writes.
    """
    try:
        read = json.loads((room / TAGS).read_bytes())
        return {str(tag): str(version) for tag, version in read.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError) as error:
        message = f"{room / TAGS} does not name versions ({error}); mend or remove it, and tag again"
        raise ContractError(message) from error


def version_folder(store: Path, reference: str) -> Path:
    """Return the folder of `name` (its current version), `name@version` or `name@tag`.

    Raises:
        UnknownDatasetError: there is none; the message says what there is.
        ContractError: the file of tags, or that of the current version, is not what is written there.
    """
    name, _, version = reference.partition("@")
    present = versions_of(store, name)
    if not present:
        known = ", ".join(dataset_names(store)) or "none yet: `matgranary run RECIPE` makes one"
        message = f"no dataset {name!r} in {store}; there are: {known}"
        raise UnknownDatasetError(message)
    tags = read_tags(store / "datasets" / name)
    version = tags.get(version, version)
    if version and version not in present:
        message = f"no version {version} of {name} in {store}; there are: {', '.join([*present, *sorted(tags)])}"
        raise UnknownDatasetError(message)
    return store / "datasets" / name / (version or current_version(store, name))


def current_version(store: Path, name: str) -> str:
    """Return the version that a run brought last: what a command takes where no version is named.

    It is the newest, unless the sources went back to the rows of an older one: then `current.json` names that one.

    Raises:
        UnknownDatasetError: the dataset has no version.
        ContractError: the file is not what a build writes.
    """
    present = versions_of(store, name)
    if not present:
        message = f"no dataset {name!r} in {store}"
        raise UnknownDatasetError(message)
    path = store / "datasets" / name / CURRENT
    try:
        named = json.loads(path.read_bytes())["version"]
    except FileNotFoundError:
        return present[-1]
    except (ValueError, TypeError, KeyError) as error:
        message = f"{path} does not name a version ({error}); remove it, and run the recipe again"
        raise ContractError(message) from error
    return named if named in present else present[-1]


def newer_versions(store: Path, name: str) -> list[str]:
    """Return the versions that are newer than the current one, oldest first."""
    present = versions_of(store, name)
    return present[present.index(current_version(store, name)) + 1 :]


def set_current_version(store: Path, name: str, version: str) -> None:
    """Note which version commands take where none is named; the newest needs no note."""
    if not _is_current(store, name, version):
        write_file(store / "datasets" / name / CURRENT, json.dumps({"version": version}).encode())


def _is_current(store: Path, name: str, version: str) -> bool:
    try:
        return current_version(store, name) == version
    except ContractError:
        return False


def only_dataset(store: Path) -> str:
    """Return the name of the only dataset of a store.

    Raises:
        UnknownDatasetError: there is none, or more than one.
    """
    names = dataset_names(store)
    if not names:
        message = f"{store} holds no dataset; `matgranary run RECIPE` makes one, and --store names another folder"
        raise UnknownDatasetError(message)
    if len(names) > 1:
        message = f"{store} holds {len(names)} datasets, {', '.join(names)}; name one with --dataset"
        raise UnknownDatasetError(message)
    return names[0]


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a version.

    Raises:
        ContractError: it is missing, or in another shape.
    """
    try:
        return Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        message = f"{folder / MANIFEST} is not a manifest that this version can read ({error})"
        raise ContractError(message) from error


def parts_of(manifest: Manifest, table: str) -> list[Part]:
    """Return the parts of a table, in order."""
    return [part for part in manifest.parts if part.table == table]
