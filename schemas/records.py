"""Records: the tables that harvesting leaves on disk for curation, and the manifests that name them."""

from __future__ import annotations

from typing import Any

from schemas.provenance import Pin
from schemas.quantity import Model, described, quantity


class SpeciesRow(Model):
    """What sits on a site."""

    name: str
    chemical_symbols: list[str]
    concentration: list[float]


class ConditionRow(Model):
    """A condition of a measurement."""

    name: str
    value: float | None
    unit: str | None
    text: str | None


class EntryRecordRow(Model):
    """One record as harvested; `entries.parquet`, in the order of delivery."""

    entry_id: str
    source_id: str
    formula_given: str | None
    elements: list[str]
    amounts: list[float]
    phase: str | None
    labels: dict[str, str]
    lattice_vectors: list[float] | None = quantity("angstrom", "Row-major (3, 3).")
    fractional_positions: list[float] | None = quantity("1", "Row-major (n_sites, 3).")
    site_species: list[int] | None
    species: list[SpeciesRow] | None
    licence: str
    last_modified: str | None
    record_sha256: str = described("Hash of the canonical record.")
    raw_sha256: str
    pointer: str


class PropertyRecordRow(Model):
    """One value as harvested, in its own unit; `properties.parquet`, in the order of delivery."""

    property_id: str
    entry_id: str
    property: str
    value: float | None
    value_min: float | None
    value_max: float | None
    uncertainty: float | None
    unit: str
    qualifier: str
    category: str | None
    tensor: list[float] | None
    tensor_shape: list[int] | None
    text: str | None
    method: str
    functional: str | None
    conditions: list[ConditionRow]
    confidence: float | None
    raw_sha256: str
    pointer: str


class RejectedRow(Model):
    """A row that could not be read; `rejected.parquet`: it counts as harvested and ends in quarantine."""

    row_id: str
    table: str
    source_id: str | None
    reasons: list[str]
    row: str
    raw_sha256: str
    pointer: str


class RawObjectRecordRow(Model):
    """A raw object of a harvest; `raw_objects.parquet`, in the order of requests."""

    raw_sha256: str
    request: str
    uri: str
    media_type: str
    n_bytes: int


class RecordFile(Model):
    """One table of a source's records."""

    table: str
    path: str = described("Relative to the folder of the records.")
    sha256: str
    rows: int


class SourceRecords(Model):
    """The records of one source of a recipe, complete, on disk; `manifest.json` of their folder."""

    key: str
    source: str
    folder: str = described("Relative to the store.")
    title: str
    licence: str
    attribution: str
    origin: str
    pin: Pin
    complete: bool
    missing: tuple[str, ...] = ()
    delivered_twice: int = described("Records that arrived again with the same content and were not counted.")
    query: dict[str, Any]
    parser: str = described("Fingerprint of the code that parsed the raw objects.")
    files: tuple[RecordFile, ...]


class RecordSet(Model):
    """The records of all sources of a recipe; what harvesting hands over to curation."""

    dataset: str
    recipe: dict[str, Any]
    sources: tuple[SourceRecords, ...]
