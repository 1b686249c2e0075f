"""Verify: dataset versions, byte by byte; every file that is not what the manifest says, named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from curation.datasets.layout import (
    CHECKSUMS,
    MANIFEST,
    REPRESENTATIONS,
    dataset_names,
    parts_of,
    read_manifest,
    versions_of,
)
from curation.datasets.tables import TABLES
from curation.errors import ContractError
from schemas.checks import CheckResult
from schemas.disk import digest, sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path

_REMAKE = "restore it, or delete the folder of the version and run the recipe again"


def verify_datasets(store: Path) -> list[CheckResult]:
    """Prove every version of every dataset of a store; nothing is written."""
    return [
        result
        for name in dataset_names(store)
        for version in versions_of(store, name)
        for result in verify_version(store / "datasets" / name / version)
    ]


def verify_version(folder: Path) -> list[CheckResult]:
    """Prove one version: parts, manifest, derived file, representations, and nothing that is not listed."""
    results = _checksums(folder)
    try:
        manifest = read_manifest(folder)
    except ContractError as error:
        return [*results, CheckResult(subject=str(folder / MANIFEST), passed=False, message=str(error))]
    expected = {part.path: part.sha256 for part in manifest.parts}
    if digest(sorted([path, sha256] for path, sha256 in expected.items())) != manifest.content_sha256:
        message = f"the parts do not add up to content_sha256; {_REMAKE}"
        results.append(CheckResult(subject=str(folder / MANIFEST), passed=False, message=message))
    results += [_file(folder / path, sha256) for path, sha256 in expected.items()]
    strays = [
        path
        for table in TABLES
        for path in sorted((folder / table.name).glob("*"))
        if path.relative_to(folder).as_posix() not in {part.path for part in parts_of(manifest, table.name)}
    ]
    results += [CheckResult(subject=str(path), passed=False, message="not in the manifest") for path in strays]
    return results + _representations(folder)


def _checksums(folder: Path) -> list[CheckResult]:
    path = folder / CHECKSUMS
    try:
        known = json.loads(path.read_bytes())
        return [_file(folder / name, sha256) for name, sha256 in known.items()]
    except (OSError, ValueError, AttributeError) as error:
        return [CheckResult(subject=str(path), passed=False, message=f"unreadable ({error}); {_REMAKE}")]


def _representations(folder: Path) -> list[CheckResult]:
    results = []
    for path in sorted((folder / REPRESENTATIONS).glob("*/representation.json")):
        try:
            parts = json.loads(path.read_bytes())["parts"]
            results += [_file(path.parent / part["path"], part["sha256"]) for part in parts]
        except (OSError, ValueError, LookupError, TypeError) as error:
            message = f"unreadable ({error}); delete its folder and run `matgranary represent` again"
            results.append(CheckResult(subject=str(path), passed=False, message=message))
    return results


def _file(path: Path, sha256: str) -> CheckResult:
    if not path.exists():
        return CheckResult(subject=str(path), passed=False, message=f"missing; {_REMAKE}")
    got = sha256_of_file(path)
    if got != sha256:
        return CheckResult(subject=str(path), passed=False, message=f"expected sha256 {sha256}, got {got}; {_REMAKE}")
    return CheckResult(subject=str(path), passed=True, message="as written")
