"""Represent: a dataset version and names in, one folder of row-aligned Parquet parts for each name out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.represent.manifest import libraries
from curation.represent.registry import load_representer
from schemas.dataset import Manifest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from curation.represent.result import RepresentationResult
    from curation.represent.run import Progress


def represent(version: Path, names: Sequence[str], *, progress: Progress | None = None) -> list[RepresentationResult]:
    """Compute representations of the materials of a dataset version and publish each as a folder.

    A representation of the same parts and the same spec that is there already is left alone, one of another
    spec is replaced; parts that an earlier run or another version of the dataset has finished are not
    computed again. The caller holds the lock of the store.

    Args:
        version: folder of the dataset version.
        names: of the representations, as `representer_names()` lists them; a name given twice counts once.
        progress: told the name, the rows done and the rows in all.

    Raises:
        UnknownRepresentationError: a name is not known; nothing is computed then.
        MissingLibraryError: a library is needed that is not installed; nothing is computed then.
        DamagedInputError: a part of `materials` or `structures` does not hold the bytes that the manifest states.
        OSError: the disk is full or refuses; finished parts are kept for the next run.
    """
    from curation.represent.run import RepresentationRun  # noqa: PLC0415 — it loads numba, which takes a second

    manifest = Manifest.model_validate_json((version / "manifest.json").read_bytes())
    representers = [load_representer(name) for name in dict.fromkeys(names)]
    for representer in representers:
        libraries(representer.spec)
    return [RepresentationRun(version, manifest, representer, progress).result() for representer in representers]
