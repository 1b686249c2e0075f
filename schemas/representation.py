"""Representation: how a precomputed representation describes itself."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from schemas.quantity import Model, described


class Needs(StrEnum):
    """What a representation is computed from."""

    COMPOSITION = "composition"
    STRUCTURE = "structure"


class Invariance(StrEnum):
    """Under which changes of the description of a material a representation stays the same."""

    PERMUTATION = "permutation"
    TRANSLATION = "translation"
    ROTATION = "rotation"
    CELL_CHOICE = "cell_choice"
    SUPERCELL = "supercell"


class Form(StrEnum):
    """What a row of a representation is."""

    VECTOR = "vector"
    COLUMNS = "columns"


class RepresentationSpec(Model):
    """Name, version, parameters, width and invariances: enough for anyone to recompute the representation."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    version: str = described("Raised whenever a number of the representation changes.")
    title: str
    needs: Needs
    form: Form = Field(Form.VECTOR, description="A vector of one width, or columns of its own: lists, words, numbers.")
    width: int = Field(gt=0, description="Number of components, or of columns.")
    labels: tuple[str, ...] = described("One label for each component, or the names of the columns.")
    parameters: dict[str, str] = Field(default_factory=dict)
    invariances: tuple[Invariance, ...]
    libraries: tuple[str, ...] = Field((), description="Packages beside numpy and pyarrow that make the numbers.")
    licence: str = described("SPDX id of the tables that it is computed from.")
    origin: str = described("Paper or package that the tables come from.")
