"""Verify: a release folder against its own list of hashes; each file that differs, is missing or too much, named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.release.package import CHECKSUMS
from schemas.checks import CheckResult
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path


def verify_releases(store: Path) -> list[CheckResult]:
    """Prove every release of a store."""
    room = store / "releases"
    folders = sorted(p for p in room.iterdir() if p.is_dir() and not p.name.startswith(".")) if room.is_dir() else []
    return [result for folder in folders for result in verify_release(folder)]


def verify_release(folder: Path) -> list[CheckResult]:
    """Prove one release; anyone can, with or without the store that it came from."""
    path = folder / CHECKSUMS
    try:
        lines = [line.split("  ", 1) for line in path.read_text(encoding="utf-8").splitlines()]
        listed = {name: sha256 for sha256, name in lines}
    except (OSError, ValueError) as error:
        return [CheckResult(subject=str(path), passed=False, message=f"unreadable ({error}); fetch the release again")]
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {CHECKSUMS}
    results = []
    for name in sorted(listed.keys() | present):
        file = folder / name
        message = "as released"
        if name not in listed:
            message = f"not in {CHECKSUMS}"
        elif not file.exists():
            message = "missing; fetch the release again"
        elif (got := sha256_of_file(file)) != listed[name]:
            message = f"expected sha256 {listed[name]}, got {got}; fetch the release again"
        results.append(CheckResult(subject=str(file), passed=message == "as released", message=message))
    return results
