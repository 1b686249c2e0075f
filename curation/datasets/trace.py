"""Trace: an id in, everything that the dataset knows of where it comes from out; the way back to the archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curation.errors import UnknownDatasetError

if TYPE_CHECKING:
    from curation.datasets.open import Dataset

_KINDS = {"p": "value", "e": "entry", "m": "material", "r": "quarantined row"}
_QUESTIONS = {
    "value": "SELECT * FROM traced_values WHERE property_id LIKE '{id}%' ORDER BY property_id",
    "entry": "SELECT * FROM entries WHERE entry_id LIKE '{id}%' ORDER BY entry_id",
    "material": "SELECT * FROM entries WHERE material_id LIKE '{id}%' ORDER BY status, source, source_id",
    "quarantined row": "SELECT * FROM quarantine WHERE row_id LIKE '{id}%' ORDER BY row_id",
}
_IN_QUARANTINE = "SELECT * FROM quarantine WHERE row_id LIKE '{id}%' ORDER BY row_id"


@dataclass(frozen=True)
class Trace:
    """One row and its way back.

    Attributes:
        kind: value, entry, material or quarantined row.
        row: the row of the dataset.
        source: the source with its pin, as in the manifest.
        raw_sha256: hash of the archived bytes.
        pointer: the place in them.
    """

    kind: str
    row: dict[str, Any]
    source: dict[str, Any]
    raw_sha256: str
    pointer: str


def trace(dataset: Dataset, identifier: str) -> list[Trace]:
    """Return the way back of every row that an id, or the beginning of one, names.

    Raises:
        UnknownDatasetError: nothing in the dataset has this id.
    """
    kind = _KINDS.get(identifier.partition("-")[0])
    if kind is None or not identifier.replace("-", "").isalnum():
        message = f"an id begins with p- (value), e- (entry), m- (material) or r- (rejected row); got {identifier!r}"
        raise UnknownDatasetError(message)
    rows = dataset.sql(_QUESTIONS[kind].format(id=identifier)).rows()
    if not rows:
        rows, kind = dataset.sql(_IN_QUARANTINE.format(id=identifier)).rows(), "quarantined row"
    if not rows:
        message = f"nothing in {dataset.id} has the id {identifier!r}; `matgranary query` finds ids"
        raise UnknownDatasetError(message)
    sources = {source.key: source.model_dump(mode="json") for source in dataset.manifest.sources}
    return [Trace(kind, row, sources[str(row["source"])], str(row["raw_sha256"]), str(row["pointer"])) for row in rows]
