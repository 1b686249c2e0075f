"""Verify: dataset versions, byte by byte; every file that is not what the manifest says, named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from curation.datasets.layout import (
    CHECKSUMS,
    MANIFEST,
    REPRESENTATIONS,
    SPLITS,
    dataset_names,
    read_manifest,
    versions_of,
)
from curation.errors import ContractError, CorruptionError
from schemas.checks import CheckResult
from schemas.disk import digest, sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.dataset import Part

_SHOWN = 5
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
    results += _representations(folder)
    results += _splits(folder)
    known = {result.subject for result in results} | {str(folder / CHECKSUMS)}
    known |= {str(path) for room in (REPRESENTATIONS, SPLITS) for path in (folder / room).glob(f"*/{CHECKSUMS}")}
    # Where the manifest of a representation is wrong, nobody knows which files belong to it.
    unclear = {Path(result.subject).parent for result in results if not result.passed}
    return results + [
        CheckResult(subject=str(path), passed=False, message="no manifest names it; move it away")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and str(path) not in known
        and not _unfinished(path.relative_to(folder))
        and not (path.parent in unclear and path.parent.parent.name == REPRESENTATIONS)
    ]


def refuse_damaged_parts(folder: Path, parts: Iterable[Part]) -> None:
    """Refuse to read parts of a version whose bytes are not those that its manifest states.

    Raises:
        CorruptionError: names the files.
    """
    _refuse([_file(folder / part.path, part.sha256) for part in parts])


def refuse_damaged(folder: Path) -> None:
    """Refuse a version of which a part, a representation or a split is damaged.

    Raises:
        CorruptionError: names the files.
    """
    parts = [_file(folder / part.path, part.sha256) for part in read_manifest(folder).parts]
    _refuse([*parts, *_representations(folder), *_splits(folder)])


def _refuse(results: list[CheckResult]) -> None:
    failed = [result for result in results if not result.passed]
    if failed:
        raise CorruptionError("; ".join(f"{result.subject}: {result.message}" for result in failed[:_SHOWN]))


def _unfinished(path: Path) -> bool:
    """Tell whether a file is of a run that was killed; the next one goes on with it."""
    return any(name.startswith((".parts-", ".building-")) for name in path.parts)


def _checksums(folder: Path) -> list[CheckResult]:
    path = folder / CHECKSUMS
    try:
        known = json.loads(path.read_bytes())
        if {MANIFEST, f"{folder.parent.name}.duckdb"} - known.keys():
            message = f"it names {', '.join(known) or 'nothing'}, expected the manifest and the derived file; {_REMAKE}"
            return [CheckResult(subject=str(path), passed=False, message=message)]
        return [_file(folder / name, sha256) for name, sha256 in known.items()]
    except (OSError, ValueError, AttributeError) as error:
        return [CheckResult(subject=str(path), passed=False, message=f"unreadable ({error}); {_REMAKE}")]


def _representations(folder: Path) -> list[CheckResult]:
    results = []
    for path in sorted((folder / REPRESENTATIONS).glob("*/representation.json")):
        try:
            parts = json.loads(path.read_bytes())["parts"]
            results.append(_file(path, json.loads((path.parent / CHECKSUMS).read_bytes())[path.name]))
            results += [_file(path.parent / part["path"], part["sha256"]) for part in parts]
        except (OSError, ValueError, LookupError, TypeError) as error:
            message = f"unreadable ({error}); delete its folder and run `matgranary represent` again"
            results.append(CheckResult(subject=str(path), passed=False, message=message))
    return results


def _splits(folder: Path) -> list[CheckResult]:
    results = []
    for path in sorted((folder / SPLITS).glob(f"*/{CHECKSUMS}")):
        try:
            results += [_file(path.parent / name, sha256) for name, sha256 in json.loads(path.read_bytes()).items()]
        except (OSError, ValueError, AttributeError) as error:
            message = f"unreadable ({error}); delete its folder and run `matgranary split` again"
            results.append(CheckResult(subject=str(path), passed=False, message=message))
    return results


def _file(path: Path, sha256: str) -> CheckResult:
    if not path.exists():
        return CheckResult(subject=str(path), passed=False, message=f"missing; {_REMAKE}")
    got = sha256_of_file(path)
    if got != sha256:
        return CheckResult(subject=str(path), passed=False, message=f"expected sha256 {sha256}, got {got}; {_REMAKE}")
    return CheckResult(subject=str(path), passed=True, message="as written")
