"""Finished parts: what need not be computed again, from a killed run or from another version of the dataset.

Parts are collected in the hidden folder `.parts-<name>` beside the place of the representation, under names
that stand for everything that they depend on: rows, spec, libraries. A run that was killed finds there what
it had finished; the folder vanishes once the representation is published.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from curation.represent.manifest import FILE_NAME, libraries, read_manifest
from schemas.disk import digest, link_or_copy, sha256_of_file
from schemas.representation import Needs

if TYPE_CHECKING:
    from pathlib import Path

    from curation.represent.manifest import RepresentationManifest, RepresentationPart
    from schemas.dataset import Manifest
    from schemas.representation import RepresentationSpec

    # File and description of a part, by the sha256 of the part of `materials` that it is aligned with.
    type Lent = dict[str, tuple[Path, RepresentationPart]]


def inputs_sha256(manifest: Manifest, needs: Needs) -> str:
    """Return what stands for the structures of a version; an empty text where they are not looked at."""
    if needs is Needs.COMPOSITION:
        return ""
    return digest(sorted(part.sha256 for part in manifest.parts if part.table == "structures"))


def part_name(materials_sha256: str, structures_sha256: str, spec: RepresentationSpec) -> str:
    """Return the name of a finished part in the hidden folder."""
    told = [materials_sha256, structures_sha256, spec.model_dump(mode="json"), libraries(spec)]
    return digest(told) + ".parquet"


def manifests_of_other_versions(version: Path, spec: RepresentationSpec) -> list[tuple[Path, RepresentationManifest]]:
    """Return folder and manifest of the same representation of other versions, by name of the version.

    Args:
        version: folder of the dataset version; the folders beside it are the other versions.
        spec: only an equal spec, written by the same libraries, is returned: its bytes are those that computing would
            give.
    """
    found = []
    for file in sorted(version.parent.glob(f"*/representations/{spec.name}/{FILE_NAME}")):
        folder = file.parent
        other = folder.parent.parent
        manifest = None if other == version or other.name.startswith(".") else read_manifest(folder)
        if manifest is not None and manifest.spec == spec and manifest.libraries == libraries(spec):
            found.append((folder, manifest))
    return found


def parts_by_input(lenders: list[tuple[Path, RepresentationManifest]], structures_sha256: str) -> Lent:
    """Return file and description of the parts that were computed from the same structures."""
    found: Lent = {}
    for folder, manifest in lenders:
        if manifest.structures_sha256 == structures_sha256:
            for part in manifest.parts:
                found.setdefault(part.materials_sha256, (folder / part.path, part))
    return found


def newest_parts(
    lenders: list[tuple[Path, RepresentationManifest]],
) -> list[tuple[Path, RepresentationPart]]:
    """Return the parts of the newest other version: the one that most rows are shared with."""
    if not lenders:
        return []
    folder, manifest = max(lenders, key=lambda lender: [int(n) for n in re.findall(r"\d+", lender[1].version)])
    return [(folder / part.path, part) for part in manifest.parts]


def take_over(source: Path, part: RepresentationPart, target: Path) -> bool:
    """Share a published part under another name; tell whether its bytes are still the published ones."""
    if not source.is_file() or sha256_of_file(source) != part.sha256:
        return False
    building = target.with_name(f".building-{target.name}")
    building.unlink(missing_ok=True)
    link_or_copy(source, building)
    building.replace(target)
    return True
