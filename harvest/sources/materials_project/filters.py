"""Materials Project filters: which materials, as a recipe says; as parameters of the API, or row by row.

The filters have the names that the provider's own client gives them, and mean the same by either way.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from harvest.sources.materials_project.identifiers import canonical_id, is_identifier
from schemas.elements import atomic_numbers
from schemas.quantity import Model, described

if TYPE_CHECKING:
    from collections.abc import Mapping

# Filter: the provider's name of the parameter without _min and _max, and the field of a document.
_RANGES = {
    "band_gap": ("band_gap", "band_gap"),
    "formation_energy": ("formation_energy_per_atom", "formation_energy_per_atom"),
    "energy_above_hull": ("energy_above_hull", "energy_above_hull"),
    "total_energy": ("energy_per_atom", "energy_per_atom"),
    "uncorrected_energy": ("uncorrected_energy_per_atom", "uncorrected_energy_per_atom"),
    "density": ("density", "density"),
    "volume": ("volume", "volume"),
    "num_sites": ("nsites", "nsites"),
    "num_elements": ("nelements", "nelements"),
    "efermi": ("efermi", "efermi"),
    "total_magnetization": ("total_magnetization", "total_magnetization"),
    "k_vrh": ("k_vrh", "bulk_modulus.vrh"),
    "g_vrh": ("g_vrh", "shear_modulus.vrh"),
    "poisson_ratio": ("homogeneous_poisson", "homogeneous_poisson"),
    "e_total": ("e_total", "e_total"),
    "e_ionic": ("e_ionic", "e_ionic"),
    "e_electronic": ("e_electronic", "e_electronic"),
    "n": ("n", "n"),
    "piezoelectric_modulus": ("e_ij_max", "e_ij_max"),
    "weighted_work_function": ("weighted_work_function", "weighted_work_function"),
    "weighted_surface_energy": ("weighted_surface_energy", "weighted_surface_energy"),
}
_FLAGS = ("is_stable", "is_metal", "is_gap_direct", "theoretical")
API_ONLY = ("formula", "has_props", "magnetic_ordering", "crystal_system", "spacegroup_number", "spacegroup_symbol")


def value_in(document: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 — whatever the document holds
    """Return a field of a document, a dot for a field inside a field; none where there is none."""
    value: Any = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _element(symbol: str) -> str:
    if symbol not in atomic_numbers():
        message = f"{symbol!r} is no chemical element"
        raise ValueError(message)
    return symbol


def _identifier(given: str) -> str:
    if not is_identifier(given):
        message = f"an identifier of the Materials Project is written mp-149 or mp-aaaaaaft, got {given!r}"
        raise ValueError(message)
    return canonical_id(given)


def _no_comma(word: str) -> str:
    if not word or "," in word:
        message = f"give several as a list, without commas inside, got {word!r}"
        raise ValueError(message)
    return word


Element = Annotated[str, AfterValidator(_element)]
Word = Annotated[str, AfterValidator(_no_comma)]


class Range(Model):
    """From and to, both included; in a recipe `[0.5, 3.0]`, or `{ min = 0.5 }` for one side."""

    min: float | None = None
    max: float | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_pair(cls, given: Any) -> Any:  # noqa: ANN401 — whatever the recipe says
        if not isinstance(given, list | tuple):
            return given
        if len(given) != 2:  # noqa: PLR2004 — from and to
            message = f"a range is [from, to], got {len(given)} values"
            raise ValueError(message)
        sides = zip(("min", "max"), given, strict=True)
        return {name: side for name, side in sides if not (isinstance(side, float) and math.isinf(side))}

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.min is None and self.max is None:
            message = "a range needs `min`, `max` or both"
            raise ValueError(message)
        if self.min is not None and self.max is not None and self.min > self.max:
            message = f"nothing is from {self.min} to {self.max}: the first is larger"
            raise ValueError(message)
        return self

    def holds(self, value: float) -> bool:
        """Tell whether a value is inside."""
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


class SummaryFilter(Model):
    """Which materials; those that fit all that is said."""

    material_ids: tuple[Annotated[str, AfterValidator(_identifier)], ...] = Field(default=(), max_length=300)
    elements: tuple[Element, ...] = Field(default=(), max_length=20, description="All of these, and any others.")
    exclude_elements: tuple[Element, ...] = Field(default=(), max_length=20)
    chemsys: tuple[Word, ...] = Field(default=(), description="Any of these systems, for example Li-Fe-O.")
    formula: tuple[Word, ...] = Field(default=(), description="Any of these formulas, for example Fe2O3 or ABO3.")
    band_gap: Range | None = described("eV", optional=True)
    formation_energy: Range | None = described("eV/atom", optional=True)
    energy_above_hull: Range | None = described("eV/atom", optional=True)
    total_energy: Range | None = described("eV/atom, corrected", optional=True)
    uncorrected_energy: Range | None = described("eV/atom", optional=True)
    density: Range | None = described("g/cm^3", optional=True)
    volume: Range | None = described("angstrom^3, of the cell", optional=True)
    num_sites: Range | None = None
    num_elements: Range | None = None
    efermi: Range | None = described("eV", optional=True)
    total_magnetization: Range | None = described("Bohr magnetons, of the cell", optional=True)
    k_vrh: Range | None = described("Bulk modulus in GPa", optional=True)
    g_vrh: Range | None = described("Shear modulus in GPa", optional=True)
    poisson_ratio: Range | None = None
    e_total: Range | None = None
    e_ionic: Range | None = None
    e_electronic: Range | None = None
    n: Range | None = None
    piezoelectric_modulus: Range | None = described("C/m^2", optional=True)
    weighted_work_function: Range | None = described("eV", optional=True)
    weighted_surface_energy: Range | None = described("J/m^2", optional=True)
    is_stable: bool | None = None
    is_metal: bool | None = None
    is_gap_direct: bool | None = None
    theoretical: bool | None = None
    crystal_system: (
        Literal["Triclinic", "Monoclinic", "Orthorhombic", "Tetragonal", "Trigonal", "Hexagonal", "Cubic"] | None
    ) = None
    spacegroup_number: int | None = Field(default=None, ge=1, le=230)
    spacegroup_symbol: Word | None = None
    magnetic_ordering: Literal["FM", "AFM", "FiM", "NM", "Unknown"] | None = None
    has_props: tuple[Word, ...] = ()

    @field_validator("material_ids", "elements", "exclude_elements", "chemsys", "formula", "has_props", mode="before")
    @classmethod
    def _one_is_a_list(cls, given: Any) -> Any:  # noqa: ANN401 — whatever the recipe says
        return (given,) if isinstance(given, str) else given

    @field_validator("chemsys")
    @classmethod
    def _sorted(cls, systems: tuple[str, ...]) -> tuple[str, ...]:
        return tuple("-".join(sorted(system.split("-"))) for system in systems)

    @property
    def said(self) -> tuple[str, ...]:
        """The names of the filters that are given."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) not in (None, ()))

    def parameters(self) -> dict[str, str]:
        """Return the parameters of the API."""
        found: dict[str, str] = {}
        for name in self.said:
            value = getattr(self, name)
            if isinstance(value, Range):
                stem = _RANGES[name][0]
                sides = {f"{stem}_min": value.min, f"{stem}_max": value.max}
                found |= {side: _number(limit) for side, limit in sides.items() if limit is not None}
            elif isinstance(value, bool):
                found[name] = str(value).lower()
            else:
                found["ordering" if name == "magnetic_ordering" else name] = (
                    ",".join(value) if isinstance(value, tuple) else str(value)
                )
        return found

    def fields(self) -> set[str]:
        """Return the fields of a document that `fits` reads."""
        ranges = {_RANGES[name][1].partition(".")[0] for name in self.said if name in _RANGES}
        return ranges | {name for name in self.said if name in _FLAGS} | {"elements", "chemsys"}

    def fits(self, document: Mapping[str, Any]) -> bool:
        """Tell whether a document of the bulk table is one that the API would give.

        A value that is no number fits: its document is refused with a reason where it is read, not left out here.
        """
        has = set(document.get("elements") or ())
        if not has.issuperset(self.elements) or not has.isdisjoint(self.exclude_elements):
            return False
        if self.chemsys and document.get("chemsys") not in self.chemsys:
            return False
        if self.material_ids and canonical_id(str(document.get("material_id"))) not in self.material_ids:
            return False
        if any(document.get(name) is not getattr(self, name) for name in self.said if name in _FLAGS):
            return False
        for name in self.said:
            if name in _RANGES:
                value = value_in(document, _RANGES[name][1])
                if value is None or (isinstance(value, int | float) and not getattr(self, name).holds(value)):
                    return False
        return True


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
