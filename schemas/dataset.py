"""Dataset: the rows of a dataset version, its ledger of sums, its manifest and its card."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from schemas.provenance import Pin
from schemas.quantity import Model, described, quantity
from schemas.records import ConditionRow, SpeciesRow


class Status(StrEnum):
    """What became of a harvested row: it stands, it was merged into another, or it is in quarantine."""

    KEPT = "kept"
    MERGED = "merged"
    QUARANTINED = "quarantined"


class MaterialRow(Model):
    """One distinct material; `materials`, sorted by material_id."""

    material_id: str
    formula: str = described("Reduced formula, elements by electronegativity.")
    chemical_formula_reduced: str = described("OPTIMADE: integer proportions, elements in alphabetical order.")
    chemical_formula_anonymous: str = described("OPTIMADE: proportions only, A the most frequent.")
    chemical_system: str = described("Elements in alphabetical order, joined by a dash.")
    elements: list[str] = described("In alphabetical order.")
    amounts: list[float] = described("Integer proportions of `elements`.")
    n_elements: int
    kind: str = described("structure, or composition where no record of the material has a structure.")
    representative_entry_id: str = described("The kept entry: first source of the recipe, then source_id.")
    n_entries: int
    n_values: int
    sources: list[str]
    phase: str | None
    n_sites: int | None
    space_group_number: int | None = described("International number, 1 to 230 (moyopy, symprec 0.01 angstrom).")
    crystal_system: str | None
    volume_angstrom3_per_atom: float | None = quantity("angstrom^3/atom", "Cell volume over number of atoms.")
    density_g_per_cm3: float | None = quantity("g/cm^3", "Mass density of the representative.")


class EntryRow(Model):
    """One harvested record that passed validation; `entries`, sorted by source and source_id."""

    entry_id: str
    material_id: str
    status: str = described("kept, or merged into the kept entry of the same material.")
    source: str
    source_id: str
    formula: str
    formula_given: str | None
    chemical_formula_reduced: str
    has_structure: bool
    phase: str | None
    labels: dict[str, str]
    flags: list[str]
    licence: str
    last_modified: str | None
    raw_sha256: str
    pointer: str


class StructureRow(Model):
    """The structure of an entry; `structures`, sorted by entry_id."""

    entry_id: str
    material_id: str
    lattice_vectors: list[float] = quantity("angstrom", "Row-major (3, 3).")
    fractional_positions: list[float] = quantity("1", "Row-major (n_sites, 3).")
    site_species: list[int]
    species: list[SpeciesRow]
    n_sites: int
    is_ordered: bool
    space_group_number: int | None
    volume_angstrom3: float = quantity("angstrom^3", "Cell volume.")
    structure_sha256: str = described("Hash of the canonical text of cell, species and positions.")


class PropertyRow(Model):
    """One property value in the canonical unit; `properties`, sorted by source, entry_id and property_id."""

    property_id: str
    entry_id: str
    material_id: str
    status: str = described("kept, or merged: the same value of the same material in the same source again.")
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
    value_given: float | None
    unit_given: str
    text: str | None
    method: str
    functional: str | None
    conditions: list[ConditionRow]
    flags: list[str]
    confidence: float | None
    source: str
    licence: str
    raw_sha256: str
    pointer: str


class DuplicateRow(Model):
    """A merged entry and the entry it was merged into; `duplicates`, sorted by entry_id."""

    entry_id: str
    representative_entry_id: str
    material_id: str
    level: str = described("exact, strict, loose or composition.")
    rms_angstrom: float | None = quantity("angstrom", "Root mean square displacement of matched sites.")


class QuarantineRow(Model):
    """A row that did not pass, with every reason and the row itself; `quarantine`, sorted by source and row_id."""

    row_id: str
    table: str = described("entries or properties.")
    source: str
    source_id: str | None
    stage: str = described("parse or validate.")
    reasons: list[str] = described("check: what was got, what was expected.")
    row: str = described("The row as JSON, so that nothing is lost.")
    raw_sha256: str
    pointer: str


class RawObjectRow(Model):
    """An archived raw object; `provenance`, sorted by source and request."""

    raw_sha256: str
    source: str
    request: str
    uri: str
    media_type: str
    n_bytes: int
    licence: str
    pin_kind: str
    pin_version: str


class Sums(Model):
    """harvested = kept + merged + quarantined."""

    harvested: int
    kept: int
    merged: int
    quarantined: int

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.harvested != self.kept + self.merged + self.quarantined:
            message = (
                f"the ledger does not add up: {self.harvested} harvested, but {self.kept} kept + "
                f"{self.merged} merged + {self.quarantined} quarantined"
            )
            raise ValueError(message)
        return self


class LedgerLine(Model):
    """The sums of one source."""

    source: str
    entries: Sums
    values: Sums
    flagged_values: int
    complete: bool


class Ledger(Model):
    """The sums of a dataset version, source by source; a ledger that does not add up cannot be made."""

    lines: tuple[LedgerLine, ...]


class SourceSummary(Model):
    """A source of a dataset version: its pin, licence and how to cite it."""

    key: str
    source: str
    title: str
    licence: str
    attribution: str
    origin: str
    pin: Pin
    complete: bool


class Part(Model):
    """One file of a dataset version."""

    table: str
    path: str = described("Relative to the folder of the version.")
    sha256: str
    bytes: int
    rows: int


class Manifest(Model):
    """What a dataset version consists of and was made from; `manifest.json` of its folder."""

    manifest_version: int = 1
    dataset: str
    version: str
    parent: str | None
    title: str
    description: str
    licence: str
    creators: tuple[dict[str, str], ...]
    keywords: tuple[str, ...]
    content_sha256: str = described("sha256 over (table, sha256) of all parts, sorted: the identity of the rows.")
    inputs_sha256: str = described("sha256 over everything the version was computed from.")
    code: dict[str, str] = described("Version and fingerprint of our code, versions of libraries that change values.")
    dedup: str
    sources: tuple[SourceSummary, ...]
    ledger: Ledger
    parts: tuple[Part, ...]


class VersionPin(Model):
    """Which version of a dataset a lock file names, and the identity of its rows."""

    version: str
    parent: str | None = None
    content_sha256: str


class DatasetCard(Model):
    """The words of a dataset: from the recipe, carried into every metadata format."""

    name: str
    title: str
    description: str
    licence: str
    creators: tuple[dict[str, str], ...]
    keywords: tuple[str, ...] = Field(default=())
