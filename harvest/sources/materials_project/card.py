"""Materials Project card: what the fields of the provider's documents mean, by family of properties."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from harvest.formats.card_fields import is_unset
from harvest.formats.file_card import KnownProperty, unit_of
from harvest.source import SourceCard
from harvest.sources.materials_project.query import SUMMARY
from schemas.licence import LicenceId
from schemas.measurement import Method
from schemas.quantity import Model, described


class Along(Model):
    """The field beside a list of values that says for what each of them is."""

    field: str
    name: KnownProperty
    unit: str


class FieldMapping(Model):
    """A field of a document that holds values of a property."""

    property: KnownProperty
    unit: str = "1"
    method: Method
    functional: str | None = described("None where the document says it.", optional=True)
    conditions: dict[str, str] = Field(default_factory=dict)
    along: Along | None = Field(None, description="For a spectrum: a list of values.", exclude_if=is_unset)

    @field_validator("unit")
    @classmethod
    def _unit_fits(cls, unit: str, known: ValidationInfo) -> str:
        return unit_of(unit, known.data.get("property"))


class Family(Model):
    """A family of documents: where it is, what it can be filtered by, what its fields mean."""

    path: str
    filters: frozenset[str] = described("Names of filters of a recipe that its address understands.")
    kind: str | None = described("Field that tells apart the documents of one material.", optional=True)
    functionals: dict[str, str] = Field(default_factory=dict, description="What `kind` says, and the functional.")
    has_deprecation: bool = Field(default=False, description="Whether withdrawn documents can be filtered away.")
    is_sorted: bool = Field(default=False, description="Whether pages can be asked for in an order.")
    labels: tuple[str, ...] = ()
    fields: dict[str, FieldMapping]


class MaterialsProjectCard(SourceCard):
    """The card, with what the fields, licences and batches of the provider mean."""

    fields: dict[str, FieldMapping]
    licences: dict[str, LicenceId]
    batches: dict[str, str]
    families: dict[str, Family]

    @field_validator("families", mode="before")
    @classmethod
    def _read(cls, given: Any) -> Any:  # noqa: ANN401 — names, or tables
        if not isinstance(given, list):
            return given
        folder = files("harvest.sources.materials_project") / "families"
        return {name: tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in given}

    def family(self, name: str) -> Family:
        """Return a family; the summary has the fields of the card itself."""
        if name != SUMMARY:
            return self.families[name]
        return Family(
            path="materials/summary/",
            filters=frozenset(),
            has_deprecation=True,
            is_sorted=True,
            fields=self.fields,
        )
