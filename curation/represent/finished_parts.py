"""Finished parts: what need not be computed again, from a killed run or from another version of the dataset.

Parts are collected in the hidden folder `.parts-<name>` beside the place of the representation, under names
that stand for everything that they depend on: rows, spec, libraries. A run that was killed finds there what
it had finished; the folder vanishes once the representation is published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.represent.manifest import FILE_NAME, libraries, read_manifest
from schemas.disk import digest, link_or_copy, sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path

    from curation.represent.manifest import RepresentationPart
    from schemas.representation import RepresentationSpec


def part_name(materials_sha256: str, spec: RepresentationSpec) -> str:
    """Return the name of a finished part in the hidden folder."""
    return digest([materials_sha256, spec.model_dump(mode="json"), libraries()]) + ".parquet"


def parts_of_other_versions(version: Path, spec: RepresentationSpec) -> dict[str, tuple[Path, RepresentationPart]]:
    """Return file and description of published parts by the sha256 of the part of `materials`.

    Args:
        version: folder of the dataset version; the folders beside it are the other versions.
        spec: only parts of an equal spec, written by the same libraries, are returned: theirs are the bytes
            that computing them would give.
    """
    found: dict[str, tuple[Path, RepresentationPart]] = {}
    for file in sorted(version.parent.glob(f"*/representations/{spec.name}/{FILE_NAME}")):
        folder = file.parent
        other = folder.parent.parent
        manifest = None if other == version or other.name.startswith(".") else read_manifest(folder)
        if manifest is not None and manifest.spec == spec and manifest.libraries == libraries():
            for part in manifest.parts:
                found.setdefault(part.materials_sha256, (folder / part.path, part))
    return found


def take_over(source: Path, part: RepresentationPart, target: Path) -> bool:
    """Share a published part under another name; tell whether its bytes are still the published ones."""
    if not source.is_file() or sha256_of_file(source) != part.sha256:
        return False
    building = target.with_name(f".building-{target.name}")
    building.unlink(missing_ok=True)
    link_or_copy(source, building)
    building.replace(target)
    return True
