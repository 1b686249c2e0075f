"""File card: the TOML beside a data file that says what its columns are, where it is from, and its licence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from harvest.row_formats import FORMATS
from harvest.structure_formats import STRUCTURE_FORMATS
from schemas.licence import LicenceId
from schemas.measurement import Method
from schemas.properties import UnknownPropertyError, load_properties
from schemas.quantity import Model, described
from schemas.recipe import RecipeError, read_toml
from schemas.units import check_unit

if TYPE_CHECKING:
    from pathlib import Path


def _known_property(name: str) -> str:
    try:
        return load_properties()[name].id
    except UnknownPropertyError as error:
        raise ValueError(str(error)) from error


def _known_structure_format(name: str) -> str:
    if name not in STRUCTURE_FORMATS:
        message = f"structure formats are {', '.join(STRUCTURE_FORMATS)}; got {name!r}"
        raise ValueError(message)
    return name


def unit_of(unit: str, property_id: str | None) -> str:
    """Return a unit that measures a property; a property that is wrong itself is told elsewhere.

    Raises:
        UnitError: it does not.
    """
    if property_id is not None:
        check_unit(unit, property_id)
    return unit


KnownProperty = Annotated[str, AfterValidator(_known_property)]


class Origin(Model):
    """Where a file is from and what may be done with it."""

    title: str = Field(min_length=1)
    licence: LicenceId
    origin: str = Field(min_length=1, description="Where the bytes were had: DOI, package and version, instrument.")
    attribution: str = described("How the authors want to be cited.")


class StructureColumn(Model):
    """Which field holds the structure, and how it is written."""

    field: str
    format: Annotated[str, AfterValidator(_known_structure_format)]


class Rows(Model):
    """How a row becomes a material."""

    format: Literal["csv", "json", "jsonl"] | None = described(
        f"{', '.join(FORMATS)}; from the name of the file where absent.", optional=True
    )
    id: str = described("Field with the identifier of the row.")
    formula: str | None = described("Field with the chemical formula.", optional=True)
    phase: str | None = described("Field with the name of the phase.", optional=True)
    structure: StructureColumn | None = None
    labels: dict[str, str] = Field(default_factory=dict, description="Label to the field that holds it.")

    @model_validator(mode="after")
    def _has_material(self) -> Self:
        if self.formula is None and self.structure is None:
            message = "rows need a `formula` or a `structure` field: a value without a material is no record"
            raise ValueError(message)
        return self


class FixedCondition(Model):
    """A condition that holds for a whole column."""

    name: KnownProperty
    value: float
    unit: str

    @field_validator("unit")
    @classmethod
    def _unit_fits(cls, unit: str, known: ValidationInfo) -> str:
        return unit_of(unit, known.data.get("name"))


class PropertyColumn(Model):
    """A field that holds values of a property."""

    field: str
    property: KnownProperty
    unit: str
    uncertainty: str | None = described("Field with the uncertainty, in the same unit.", optional=True)
    method: Method
    functional: str | None = None
    conditions: tuple[FixedCondition, ...] = ()

    @field_validator("unit")
    @classmethod
    def _unit_fits(cls, unit: str, known: ValidationInfo) -> str:
        return unit_of(unit, known.data.get("property"))


class FileCard(Model):
    """The whole card."""

    card: Origin
    rows: Rows
    properties: tuple[PropertyColumn, ...] = ()


def read_file_card(path: Path) -> FileCard:
    """Read a file card.

    Raises:
        RecipeError: it is missing or does not fit; each problem with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(str(path), [(1, f"cannot be read as a text file: {error}")]) from error
    return read_toml(FileCard, text, file=str(path))
