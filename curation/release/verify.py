"""Verify: a release folder against its own lists of hashes; each file that differs, is missing or too much, named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from curation.datasets.layout import MANIFEST, REPRESENTATIONS
from curation.release.bag import PAYLOAD, SIGNATURE, TAGS, files_of, read_manifest
from schemas.checks import CheckResult
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path

_VECTORS = "representation.json"
_FETCH = "fetch the release again"


def verify_releases(store: Path) -> list[CheckResult]:
    """Prove every release of a store, those that were deposited included."""
    rooms = [store / "releases", *sorted((store / "deposits").glob("*/*"))]
    folders = [folder for room in rooms if room.is_dir() for folder in sorted(room.iterdir()) if _is_release(folder)]
    return [result for folder in folders for result in verify_release(folder)]


def verify_release(folder: Path) -> list[CheckResult]:
    """Prove one release; anyone can, with or without the store that it came from.

    The second list holds the hash of the first, so that a signature over it stands for every byte.
    """
    listed: dict[str, str] = {}
    for name in (TAGS, PAYLOAD):
        path = folder / name
        try:
            listed |= read_manifest(path)
        except (OSError, ValueError) as error:
            return [CheckResult(subject=str(path), passed=False, message=f"unreadable ({error}); {_FETCH}")]
    present = set(files_of(folder)) - {TAGS, SIGNATURE}
    stated, unreadable = _stated(folder, listed)
    names = sorted((listed.keys() | present | stated.keys()) - {result.subject for result in unreadable})
    return [*(_proven(folder, name, listed, stated) for name in names), *unreadable]


def _stated(folder: Path, listed: dict[str, str]) -> tuple[dict[str, str], list[CheckResult]]:
    """Return the sha256 of each part by the manifests of the data, as far as these are as listed; and what is wrong."""
    stated: dict[str, str] = {}
    wrong = []
    for name in sorted(listed):
        path = folder / name
        if not _states_parts(name) or not path.is_file() or sha256_of_file(path) != listed[name]:
            continue
        room = name.rpartition("/")[0]
        try:
            parts = json.loads(path.read_bytes())["parts"]
            stated |= {f"{room}/{part['path']}": str(part["sha256"]) for part in parts}
        except (ValueError, LookupError, TypeError) as error:
            wrong.append(CheckResult(subject=str(path), passed=False, message=f"unreadable ({error}); {_FETCH}"))
    return stated, wrong


def _states_parts(name: str) -> bool:
    return name == f"data/{MANIFEST}" or (name.startswith(f"data/{REPRESENTATIONS}/") and name.endswith(f"/{_VECTORS}"))


def _proven(folder: Path, name: str, listed: dict[str, str], stated: dict[str, str]) -> CheckResult:
    file = folder / name
    message = "as released"
    if name not in listed:
        message = f"not in {PAYLOAD if name.startswith('data/') else TAGS}"
    elif not file.exists():
        message = f"missing; {_FETCH}"
    elif (got := sha256_of_file(file)) != listed[name]:
        message = f"expected sha256 {listed[name]}, got {got}; {_FETCH}"
    elif got != stated.get(name, got):
        message = f"expected sha256 {stated[name]} by the manifest of the data, got {got}; it was damaged when released"
    return CheckResult(subject=str(file), passed=message == "as released", message=message)


def _is_release(folder: Path) -> bool:
    return folder.is_dir() and not folder.name.startswith(".")
