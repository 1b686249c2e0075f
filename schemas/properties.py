"""Properties: the dictionary in which every property is defined once, read from `properties.toml`."""

from __future__ import annotations

import difflib
import tomllib
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.interval import IntervalField
from schemas.quantity import Model, described

PropertyId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]


class UnknownPropertyError(KeyError):
    """The dictionary does not define the property; says which names come close."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        """Remember the name and the nearest known ones."""
        self.name = name
        self.nearest = difflib.get_close_matches(name, known, n=2, cutoff=0.6)
        super().__init__(name)

    def __str__(self) -> str:
        """Say what was got and what is near."""
        hint = f"; did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        return f"no property {self.name!r} in the property dictionary{hint} (`matgranary properties` lists them)"


class PropertyKind(StrEnum):
    """What a value of the property looks like."""

    SCALAR = "scalar"
    TENSOR = "tensor"
    CATEGORY = "category"
    BOOLEAN = "boolean"


class PropertyDefinition(Model):
    """One property: its words, its canonical unit, its ranges, its ids in other vocabularies."""

    id: PropertyId
    label: str
    description: str
    family: str = described("electronic, optical, thermal, mechanical, magnetic, thermodynamic, …")
    kind: PropertyKind = PropertyKind.SCALAR
    unit: str = described("Canonical unit by pint's spelling, `1` for dimensionless.")
    names: tuple[str, ...] = described("Names in running text and table headers, lower case, the label included.")
    symbols: tuple[str, ...] = described("Symbols as printed, for example E_g.")
    plausible: IntervalField | None = Field(None, description="Values outside are kept and flagged.")
    possible: IntervalField | None = Field(None, description="Values outside cannot be; they are quarantined.")
    optimade: str | None = described("Field of the OPTIMADE specification or of a provider.", optional=True)
    qudt: str | None = described("Quantity kind in QUDT, for example quantitykind:BandGap.", optional=True)
    emmo: str | None = described("Class in EMMO.", optional=True)

    @model_validator(mode="after")
    def _plausible_is_possible(self) -> Self:
        inner, outer = self.plausible, self.possible
        if inner and outer and (inner.low < outer.low or inner.high > outer.high):
            message = f"{self.id}: the plausible range {inner} is not inside the possible range {outer}"
            raise ValueError(message)
        return self


class PropertyDictionary:
    """All property definitions by id."""

    def __init__(self, definitions: dict[str, PropertyDefinition]) -> None:
        """Hold the definitions, sorted by id."""
        self._definitions = dict(sorted(definitions.items()))

    def __getitem__(self, name: str) -> PropertyDefinition:
        """Return a definition.

        Raises:
            UnknownPropertyError: no such id; the error names the nearest ids.
        """
        if name not in self._definitions:
            raise UnknownPropertyError(name, self.ids)
        return self._definitions[name]

    def __contains__(self, name: object) -> bool:
        """Tell whether the id is defined."""
        return name in self._definitions

    def __len__(self) -> int:
        """Return the number of properties."""
        return len(self._definitions)

    @property
    def ids(self) -> tuple[str, ...]:
        """All ids, sorted."""
        return tuple(self._definitions)

    @property
    def definitions(self) -> tuple[PropertyDefinition, ...]:
        """All definitions, sorted by id."""
        return tuple(self._definitions.values())


@cache
def load_properties() -> PropertyDictionary:
    """Read the dictionary that ships with the package."""
    raw = tomllib.loads(files("schemas").joinpath("properties.toml").read_text(encoding="utf-8"))
    return PropertyDictionary(
        {name: PropertyDefinition.model_validate({"id": name, **body}) for name, body in raw.items()}
    )
