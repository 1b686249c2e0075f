"""Computed: which representations of a dataset version are vectors, for what compares or draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.datasets.layout import REPRESENTATIONS
from curation.represent.errors import UnknownRepresentationError
from curation.represent.manifest import FILE_NAME, read_manifest
from schemas.representation import Form

if TYPE_CHECKING:
    from curation.datasets.open import Dataset


def require_vectors(dataset: Dataset, name: str) -> None:
    """Make sure that a representation was computed for a version, and is a vector.

    Raises:
        UnknownRepresentationError: it was not, or is none; the message names those that can be taken.
    """
    read = (read_manifest(path.parent) for path in sorted((dataset.folder / REPRESENTATIONS).glob(f"*/{FILE_NAME}")))
    forms = {manifest.spec.name: manifest.spec.form for manifest in read if manifest is not None}
    if forms.get(name) is Form.VECTOR:
        return
    vectors = ", ".join(known for known, form in forms.items() if form is Form.VECTOR)
    others = f"; of those computed, vectors are: {vectors}" if vectors else ""
    if name in forms:
        message = f"{name} is no vector{others or '; `matgranary represent --list` names those that are'}"
    else:
        message = f"{dataset.id} has no representation {name!r}: run `matgranary represent --with {name}` first{others}"
    raise UnknownRepresentationError(message)
