"""File card: the TOML beside a data file that says what its columns are, where it is from, and its licence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from harvest.formats.card_fields import (
    Delimiter,
    KnownEncoding,
    KnownFormat,
    KnownProperty,
    KnownStructureFormat,
    is_absent,
    is_unset,
    known_property,
    unit_of,
)
from harvest.formats.delimited import DELIMITERS
from harvest.formats.rows import FORMATS, TEXTS
from harvest.formats.text_layout import TextLayout
from schemas.licence import LicenceId
from schemas.measurement import Method
from schemas.quantity import Model, described
from schemas.recipe import RecipeError, read_toml

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "FileCard",
    "FixedCondition",
    "KnownProperty",
    "Origin",
    "PropertyColumn",
    "Rows",
    "StructureColumn",
    "read_file_card",
    "unit_of",
]


class Origin(Model):
    """Where a file is from and what may be done with it."""

    title: str = Field(min_length=1)
    licence: LicenceId
    origin: str = Field(min_length=1, description="Where the bytes were had: DOI, package and version, instrument.")
    attribution: str = described("How the authors want to be cited.")


class StructureColumn(Model):
    """Which field holds the structure, and how it is written."""

    field: str
    format: KnownStructureFormat


class Rows(Model):
    """How a row becomes a material."""

    format: KnownFormat | None = described(
        f"{', '.join(FORMATS)}; from the name of the file where absent.", optional=True
    )
    at: str | None = Field(None, description="Where the rows stand in a JSON file, by dots.", exclude_if=is_unset)
    sheet: str | None = Field(None, description="The sheet of a workbook.", exclude_if=is_unset)
    no_value: tuple[str, ...] = Field((), description='Words for "no value", such as na.', exclude_if=is_unset)
    encoding: KnownEncoding | None = Field(
        None, description="Encoding of a text, such as cp1252; UTF-8 where absent and unmarked.", exclude_if=is_unset
    )
    delimiter: Delimiter | None = Field(
        None, description="What parts the columns of CSV or TSV, such as ;", exclude_if=is_unset
    )
    decimal: Literal[".", ","] | None = Field(
        None, description="Before the decimals of numbers that are texts; a point if absent.", exclude_if=is_unset
    )
    comment: str | None = Field(
        None, min_length=1, description="Lines of CSV or TSV that begin so are left out.", exclude_if=is_unset
    )
    skip_rows: int = Field(
        0, ge=0, description="How many lines stand before the header of CSV or TSV.", exclude_if=is_unset
    )
    id: str = described("Field with the identifier of the row.")
    formula: str | None = described("Field with the chemical formula.", optional=True)
    phase: str | None = described("Field with the name of the phase.", optional=True)
    structure: StructureColumn | None = None
    labels: dict[str, str] = Field(default_factory=dict, description="Label to the field that holds it.")
    constant_labels: dict[str, str] = Field(
        default_factory=dict, description="Labels of every row, such as the instrument.", exclude_if=is_unset
    )

    @model_validator(mode="after")
    def _has_material(self) -> Self:
        if self.formula is None and self.structure is None:
            message = "rows need a `formula` or a `structure` field: a value without a material is no record"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _layout_fits(self) -> Self:
        if self.decimal == "," == self.delimiter:
            message = "a comma cannot be both `delimiter` and `decimal`"
            raise ValueError(message)
        if self.format is not None:
            refuse_layout(self, self.format)
        return self

    def layout(self) -> TextLayout:
        """Return how a text is written."""
        return TextLayout(self.encoding, self.delimiter, self.comment, self.skip_rows)


def refuse_layout(rows: Rows, row_format: str) -> None:
    """Refuse keys that say how a text is written where the file is none.

    Raises:
        ValueError: there is one.
    """
    of_columns = [name for name in ("delimiter", "comment", "skip_rows") if getattr(rows, name)]
    wrong = of_columns if row_format not in DELIMITERS else []
    if rows.encoding is not None and row_format not in TEXTS:
        wrong = ["encoding", *wrong]
    if wrong:
        message = f"{', '.join(f'`{name}`' for name in wrong)} cannot be said of {row_format} files; remove it"
        raise ValueError(message)


class FixedCondition(Model):
    """A condition of a column: one value for all of it, a field that holds it, or a word."""

    name: str = described("A property id of the dictionary; any name for a word.")
    value: float | None = Field(None, exclude_if=is_absent)
    unit: str | None = Field(None, exclude_if=is_absent)
    field: str | None = Field(None, description="Field with the value of each row.", exclude_if=is_absent)
    text: str | None = Field(None, description="The condition in words.", exclude_if=is_absent)

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        given = [name for name in ("value", "field", "text") if getattr(self, name) is not None]
        if len(given) != 1 or (self.unit is None) != (self.text is not None):
            message = "a condition has either `value` or `field`, with its `unit`, or `text` alone"
            raise ValueError(message)
        if self.unit is not None:
            unit_of(self.unit, known_property(self.name))
        return self


class PropertyColumn(Model):
    """A field that holds values of a property."""

    field: str
    property: KnownProperty
    unit: str
    uncertainty: str | None = described("Field with the uncertainty, in the same unit.", optional=True)
    method: Method
    functional: str | None = None
    optional: bool = Field(default=False, description="Rows may lack the field.", exclude_if=is_unset)
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
