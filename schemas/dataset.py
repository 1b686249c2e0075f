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

    material_id: str = described("Id of the material, from its representative entry.")
    formula: str = described("Reduced formula, elements by electronegativity.")
    chemical_formula_reduced: str = described("OPTIMADE: integer proportions, elements in alphabetical order.")
    chemical_formula_anonymous: str = described("OPTIMADE: proportions only, A the most frequent.")
    chemical_system: str = described("Elements in alphabetical order, joined by a dash.")
    elements: list[str] = described("In alphabetical order.")
    amounts: list[float] = described("Integer proportions of `elements`.")
    n_elements: int = described("Number of distinct elements.")
    kind: str = described("structure, or composition where no record of the material has a structure.")
    representative_entry_id: str = described("The kept entry: first source of the recipe, then source_id.")
    n_entries: int = described("Harvested records of this material that passed validation.")
    n_values: int = described("Kept values of this material.")
    sources: list[str] = described("Names of the sources that have it, sorted.")
    phase: str | None = described("Name of the phase, of the representative.")
    n_sites: int | None = described("Sites in the cell of the representative.")
    space_group_number: int | None = described("International number, 1 to 230 (moyopy, symprec 0.01 angstrom).")
    crystal_system: str | None = described("Follows from the space group.")
    volume_angstrom3_per_atom: float | None = quantity("angstrom^3/atom", "Cell volume over number of atoms.")
    density_g_per_cm3: float | None = quantity("g/cm^3", "Mass density of the representative.")


class EntryRow(Model):
    """One harvested record that passed validation; `entries`, sorted by source and source_id."""

    entry_id: str = described("Id of the record, from source and source_id.")
    material_id: str = described("The material that it is a record of.")
    status: str = described("kept, or merged into the kept entry of the same material.")
    source: str = described("Name of the source in the recipe.")
    source_id: str = described("The source's own id.")
    formula: str = described("Reduced formula, elements by electronegativity.")
    formula_given: str | None = described("Formula as the source gives it.")
    chemical_formula_reduced: str = described("OPTIMADE: integer proportions, elements in alphabetical order.")
    has_structure: bool = described("Whether the record has a structure.")
    phase: str | None = described("Name of the phase as the source gives it.")
    labels: dict[str, str] = described("Further names and ids that the source gives.")
    flags: list[str] = described("Rules that the record breaks and that leave it in.")
    licence: str = described("SPDX id.")
    last_modified: str | None = described("The source's own time stamp, ISO 8601.")
    raw_sha256: str = described("Hash of the archived bytes that it was read from.")
    pointer: str = described("Place in these bytes.")


class StructureRow(Model):
    """The structure of an entry; `structures`, sorted by entry_id."""

    entry_id: str = described("The record that it belongs to.")
    material_id: str = described("The material that it is a structure of.")
    lattice_vectors: list[float] = quantity("angstrom", "Row-major (3, 3).")
    fractional_positions: list[float] = quantity("1", "Row-major (n_sites, 3).")
    site_species: list[int] = described("Index into `species`, (n_sites,).")
    species: list[SpeciesRow] = described("What sits on the sites.")
    n_sites: int = described("Number of sites in the cell.")
    is_ordered: bool = described("Whether each site holds one element, fully.")
    space_group_number: int | None = described("International number, 1 to 230; ordered structures only.")
    volume_angstrom3: float = quantity("angstrom^3", "Cell volume.")
    structure_sha256: str = described("Hash of the canonical text of cell, species and positions.")


class PropertyRow(Model):
    """One property value in the canonical unit; `properties`, sorted by source, entry_id and property_id."""

    property_id: str = described("Id of the value.")
    entry_id: str = described("The record that it belongs to.")
    material_id: str = described("The material that it is a value of.")
    status: str = described("kept, or merged: the same value of the same material in the same source again.")
    property: str = described("Name in the property dictionary.")
    value: float | None = described("In `unit`; null for ranges, categories and tensors.")
    value_min: float | None = described("Lower end of a range, in `unit`.")
    value_max: float | None = described("Upper end of a range, in `unit`.")
    uncertainty: float | None = described("Stated uncertainty, in `unit`.")
    unit: str = described("Canonical unit of the property.")
    qualifier: str = described("How the value was stated: =, <, <=, >, >= or ~.")
    category: str | None = described("Value of a property that is a word.")
    tensor: list[float] | None = described("Components in `unit`, row-major.")
    tensor_shape: list[int] | None = described("Shape of the tensor.")
    value_given: float | None = described("Value as the source gives it.")
    unit_given: str = described("Unit as the source gives it.")
    text: str | None = described("The value as printed or sent.")
    method: str = described("experiment, dft, dfpt, gw, ml, empirical or unknown.")
    functional: str | None = described("Exchange-correlation functional of a computed value.")
    conditions: list[ConditionRow] = described(
        "Conditions of the measurement in canonical units, sorted; equal where the measurements were made alike."
    )
    conditions_given: list[ConditionRow] = described("Conditions as the source gives them.")
    flags: list[str] = described("Rules that the value breaks and that leave it in.")
    confidence: float | None = described("Probability that an extracted value is right; null where it was read.")
    source: str = described("Name of the source in the recipe.")
    licence: str = described("SPDX id.")
    raw_sha256: str = described("Hash of the archived bytes that it was read from.")
    pointer: str = described("Place in these bytes.")


class DuplicateRow(Model):
    """A merged entry and the entry it was merged into; `duplicates`, sorted by entry_id."""

    entry_id: str = described("The merged record.")
    representative_entry_id: str = described("The record that stands for the material.")
    material_id: str = described("The material.")
    level: str = described("exact, strict, loose or composition.")
    rms_angstrom: float | None = quantity("angstrom", "Root mean square displacement of matched sites.")
    largest_angstrom: float | None = quantity("angstrom", "Largest displacement of a matched site.")


class QuarantineRow(Model):
    """A row that did not pass, with every reason and the row itself; `quarantine`, sorted by source and row_id."""

    row_id: str = described("Id of the record or value, or of the row that could not be read.")
    table: str = described("entries or properties.")
    source: str = described("Name of the source in the recipe.")
    source_id: str | None = described("The source's own id, where it could be read.")
    stage: str = described("parse or validate.")
    reasons: list[str] = described("check: what was got, what was expected.")
    row: str = described("The row as JSON, so that nothing is lost.")
    raw_sha256: str = described("Hash of the archived bytes that it was read from.")
    pointer: str = described("Place in these bytes.")


class RawObjectRow(Model):
    """An archived raw object; `provenance`, sorted by source and request."""

    raw_sha256: str = described("Hash of the archived bytes.")
    source: str = described("Name of the source in the recipe.")
    request: str = described("What was asked for; unique within a harvest.")
    uri: str = described("Address, or file relative to the recipe.")
    media_type: str = described("As the source says, or as was asked for.")
    n_bytes: int = described("Size of the payload.")
    licence: str = described("SPDX id of the source.")
    pin_kind: str = described("immutable, label or snapshot.")
    pin_version: str = described("Version of the source.")


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
    drift: tuple[str, ...] = Field((), description="What fell, moved or vanished since the parent.")
    drift_accepted: str | None = described("Why a person took this version all the same.", optional=True)
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
