"""Material: one record of one material as its source gives it, with structure or composition and properties."""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from schemas.elements import atomic_numbers
from schemas.formula import parse_formula
from schemas.measurement import PropertyValue
from schemas.provenance import Pointer
from schemas.quantity import Model, described, quantity

Vector = tuple[float, float, float]
NOT_AN_ELEMENT = frozenset({"X", "vacancy"})
_LOWEST_PRINTABLE = 32
_TOLERANCE = 1e-3


def _printable(text: str) -> str:
    if any(ord(character) < _LOWEST_PRINTABLE for character in text):
        message = f"an identifier holds no control characters, got {text!r}"
        raise ValueError(message)
    return text


SourceId = Annotated[str, Field(min_length=1, max_length=512), AfterValidator(_printable)]


class Species(Model):
    """What may sit on a site: chemical symbols with their concentrations (OPTIMADE's `species`)."""

    name: str
    chemical_symbols: tuple[str, ...] = Field(min_length=1)
    concentration: tuple[Annotated[float, Field(ge=0, le=1 + _TOLERANCE)], ...]

    @model_validator(mode="after")
    def _known_symbols(self) -> Self:
        unknown = [s for s in self.chemical_symbols if s not in atomic_numbers() and s not in NOT_AN_ELEMENT]
        if unknown:
            message = f"species {self.name!r}: {', '.join(unknown)} is no chemical element"
            raise ValueError(message)
        if len(self.chemical_symbols) != len(self.concentration):
            message = (
                f"species {self.name!r}: {len(self.chemical_symbols)} symbols but "
                f"{len(self.concentration)} concentrations"
            )
            raise ValueError(message)
        return self


class Structure(Model):
    """A periodic arrangement of sites."""

    lattice_vectors: tuple[Vector, Vector, Vector] = quantity("angstrom", "Rows are the lattice vectors, (3, 3).")
    fractional_positions: tuple[Vector, ...] = quantity("1", "Positions of the sites, (n_sites, 3).")
    site_species: tuple[Annotated[int, Field(ge=0)], ...] = described("Index into `species`, (n_sites,).")
    species: tuple[Species, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.site_species:
            message = "a structure has at least one site, got none"
            raise ValueError(message)
        if len(self.site_species) != len(self.fractional_positions):
            message = f"{len(self.fractional_positions)} positions but {len(self.site_species)} sites with a species"
            raise ValueError(message)
        if max(self.site_species) >= len(self.species):
            message = f"site species index {max(self.site_species)} but only {len(self.species)} species"
            raise ValueError(message)
        return self

    def composition(self) -> dict[str, float]:
        """Return the amount of each element in the cell; vacancies and unknown species are left out."""
        counts = [0] * len(self.species)
        for index in self.site_species:
            counts[index] += 1
        amounts: dict[str, float] = {}
        for species, count in zip(self.species, counts, strict=True):
            for symbol, share in zip(species.chemical_symbols, species.concentration, strict=True):
                if symbol not in NOT_AN_ELEMENT and share > 0 and count:
                    amounts[symbol] = amounts.get(symbol, 0.0) + share * count
        return {symbol: _tidy(amount) for symbol, amount in amounts.items()}


def _tidy(amount: float) -> float:
    """Take the rounding noise of summed occupancies away: 0.1 + 0.2 is 0.3."""
    return round(amount, 9)


class MaterialRecord(Model):
    """One record of a source: a material with identity, structure or composition, and property values."""

    source_id: SourceId = described("The source's own identifier, canonical spelling.")
    formula: str | None = described(
        "Chemical formula as given; derived from the structure where absent.", optional=True
    )
    structure: Structure | None = None
    phase: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    licence: str | None = described("SPDX expression of this record where it differs from its source's.", optional=True)
    last_modified: str | None = described("The source's own time stamp, ISO 8601.", optional=True)
    properties: tuple[PropertyValue, ...] = ()
    pointer: Pointer

    @model_validator(mode="after")
    def _has_composition(self) -> Self:
        amounts = self.composition()
        if not amounts:
            message = "the record names no element: it needs a formula or a structure"
            raise ValueError(message)
        if not all(math.isfinite(amount) for amount in amounts.values()):
            message = "the composition holds an amount that is not finite"
            raise ValueError(message)
        return self

    def composition(self) -> dict[str, float]:
        """Return the amounts of the elements, from the structure where there is one, else from the formula."""
        if self.structure is not None:
            return self.structure.composition()
        return parse_formula(self.formula) if self.formula else {}
