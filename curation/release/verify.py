"""Verify: a release folder against its own lists of hashes; each file that differs, is missing or too much, named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.release.bag import PAYLOAD, SIGNATURE, TAGS, files_of, read_manifest
from schemas.checks import CheckResult
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path

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
    return [_proven(folder, name, listed) for name in sorted(listed.keys() | present)]


def _proven(folder: Path, name: str, listed: dict[str, str]) -> CheckResult:
    file = folder / name
    message = "as released"
    if name not in listed:
        message = f"not in {PAYLOAD if name.startswith('data/') else TAGS}"
    elif not file.exists():
        message = f"missing; {_FETCH}"
    elif (got := sha256_of_file(file)) != listed[name]:
        message = f"expected sha256 {listed[name]}, got {got}; {_FETCH}"
    return CheckResult(subject=str(file), passed=message == "as released", message=message)


def _is_release(folder: Path) -> bool:
    return folder.is_dir() and not folder.name.startswith(".")
