"""Manifest: what a published representation says of itself; `representation.json` of its folder.

`checksums.json` beside it holds its sha256, so that a change of one digit in it is found.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as library_version
from typing import TYPE_CHECKING

from pydantic import Field, ValidationError

from curation.represent.errors import MissingLibraryError
from schemas.disk import canonical_json, model_json, write_file
from schemas.quantity import Model, described
from schemas.representation import RepresentationSpec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from schemas.dataset import Part

FILE_NAME = "representation.json"
SEAL_NAME = "checksums.json"


class RepresentationPart(Model):
    """One Parquet file, row-aligned with one part of `materials`."""

    path: str = described("Relative to the folder of the representation.")
    sha256: str
    bytes: int
    rows: int
    failures: int = described("Rows that have no vector but a reason.")
    materials_path: str = described("The part of `materials`, relative to the folder of the dataset version.")
    materials_sha256: str


class RepresentationManifest(Model):
    """What a representation is, what it was computed from and with, and its files."""

    representation_version: int = 1
    dataset: str
    version: str
    spec: RepresentationSpec
    libraries: dict[str, str] = described("Versions of the libraries that make the numbers and the files.")
    structures_sha256: str = Field("", description="Stands for the structures of the version; empty if not needed.")
    rows: int
    failures: int
    parts: tuple[RepresentationPart, ...]


def libraries(spec: RepresentationSpec) -> dict[str, str]:
    """Return the versions of the libraries that make the numbers and the files.

    Raises:
        MissingLibraryError: one is not installed.
    """
    try:
        return {name: library_version(name) for name in sorted({"numba", "numpy", "pyarrow", *spec.libraries})}
    except PackageNotFoundError as error:
        message = f"{spec.name} needs {error.name}, which is not installed: install it, or leave {spec.name} out"
        raise MissingLibraryError(message) from error


def write_manifest(folder: Path, manifest: RepresentationManifest) -> None:
    """Write the manifest of a representation, and beside it its sha256."""
    content = model_json(manifest)
    write_file(folder / FILE_NAME, content)
    write_file(folder / SEAL_NAME, canonical_json({FILE_NAME: hashlib.sha256(content).hexdigest()}))


def read_manifest(folder: Path) -> RepresentationManifest | None:
    """Return the manifest of a published representation; none where there is none that we can read."""
    try:
        return RepresentationManifest.model_validate_json((folder / FILE_NAME).read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def is_up_to_date(
    manifest: RepresentationManifest,
    folder: Path,
    spec: RepresentationSpec,
    materials: Sequence[Part],
    structures_sha256: str,
) -> bool:
    """Tell whether a published representation has this spec and these inputs, and files of the right size."""
    return (
        manifest.spec == spec
        and manifest.structures_sha256 == structures_sha256
        and [part.materials_sha256 for part in manifest.parts] == [part.sha256 for part in materials]
        and (folder / SEAL_NAME).is_file()
        and all(_has_size(folder / part.path, part.bytes) for part in manifest.parts)
    )


def _has_size(path: Path, expected: int) -> bool:
    return path.is_file() and path.stat().st_size == expected
