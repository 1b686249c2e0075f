"""Columns: many records of one page side by side, checked as a whole; what a connector may hand over instead of rows.

A connector that can tell at a glance that all entries of a page are plain hands over their columns; they are written
as they are, without an object for each record. Where anything is out of the ordinary it hands over records one by one.
Both ways lead to the same bytes on disk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from harvest.source import Plan, RawObject, Rejected, Source
    from schemas.material import MaterialRecord, Species
    from schemas.measurement import PropertyValue


class NotPlainError(ValueError):
    """Records have to be read one by one: at least one of them is out of the ordinary."""


@dataclass(frozen=True, eq=False)
class Occupants:
    """What may sit on the sites of a structure; one object for all structures with the same species.

    Attributes:
        species: the species, checked.
        numbers: place of a species by its name.
        written: the species as canonical JSON.
    """

    species: tuple[Species, ...]
    numbers: Mapping[str, int]
    written: bytes


@dataclass(frozen=True, eq=False)
class Composition:
    """Amounts of elements, sorted by symbol; one object for all records with the same amounts."""

    elements: tuple[str, ...]
    amounts: tuple[float, ...]


@dataclass(frozen=True)
class StructureColumns:
    """The structures of n records.

    Attributes:
        lattice_vectors: (n, 3, 3), angstrom.
        fractional_positions: of all sites, one structure after the other, (n_sites, 3), dimensionless.
        site_species: of each structure, the places in its occupants.
        occupants: of each structure.
    """

    lattice_vectors: NDArray[np.float64]
    fractional_positions: NDArray[np.float64]
    site_species: Sequence[Sequence[int]]
    occupants: Sequence[Occupants]


@dataclass(frozen=True)
class ValueColumns:
    """The values of n records, those of one record together, in the order of the records.

    Attributes:
        kinds: what values have in common: property, unit, method, functional, conditions; the rest of them is not read.
        kind: of each value, its place in `kinds`.
        record: of each value, the place of its record.
        contents: of each value, the fields that hold what was given, `value` in any case; see `schemas.measurement`.
        texts: of each value, as its source wrote it.
        pointers: of each value, in written form.
    """

    kinds: Sequence[PropertyValue] = ()
    kind: Sequence[int] = ()
    record: Sequence[int] = ()
    contents: Sequence[Mapping[str, Any]] = ()
    texts: Sequence[str] = ()
    pointers: Sequence[str] = ()


@dataclass(frozen=True)
class RecordColumns:
    """n records of one raw object; each passes every check of `schemas.material.MaterialRecord`.

    Attributes:
        source_ids: the source's own identifiers.
        formulas: as given.
        compositions: of the structure where there is one, else of the formula.
        structures: the structures of all records, or of none.
        phases: none where no record says its phase.
        labels: none where no record has labels.
        last_modified: none where no record has a time stamp.
        values: the values of all records.
        pointers: of each record, in written form.
    """

    source_ids: Sequence[str]
    formulas: Sequence[str | None]
    compositions: Sequence[Composition]
    pointers: Sequence[str]
    structures: StructureColumns | None = None
    phases: Sequence[str | None] | None = None
    labels: Sequence[Mapping[str, str]] | None = None
    last_modified: Sequence[str | None] | None = None
    values: ValueColumns = field(default_factory=ValueColumns)

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self.source_ids)


type Part = MaterialRecord | Rejected | RecordColumns


@runtime_checkable
class ColumnarSource(Protocol):
    """A connector that can hand over the records of a page as columns; implemented beside `Source`."""

    def parse_columns(self, plan: Plan, raw: RawObject) -> Iterator[Part]:
        """Read the records of a page in their order; what comes is what `parse` gives, in columns where it can."""


def parts_of(source: Source, plan: Plan, raw: RawObject) -> Iterable[Part]:
    """Return the records of a page: as columns, where the connector can hand them over so."""
    return source.parse_columns(plan, raw) if isinstance(source, ColumnarSource) else source.parse(plan, raw)
