"""Representer: what a representation is to the rest of the house; a part of a dataset in, a matrix out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from curation.represent.composition.compositions import Compositions
    from curation.represent.composition.pooling import Pooling
    from schemas.representation import RepresentationSpec


@dataclass(frozen=True, eq=False)
class Features:
    """The vectors of some rows, row-aligned with them.

    Attributes:
        vectors: (n_rows, width), float32 or float64, stored in single precision; the content of a failed row is not
            looked at.
        failures: reason by row index, for rows that have no vector.
    """

    vectors: NDArray[np.float32] | NDArray[np.float64]
    failures: Mapping[int, str]


@dataclass(frozen=True, eq=False)
class Columns:
    """What is no vector of one width: graphs, labels, lists; row-aligned with some rows.

    Attributes:
        table: one column for each label of the spec; the content of a failed row is not looked at.
        failures: reason by row index, for rows that have no content.
    """

    table: pa.Table
    failures: Mapping[int, str]


class Representer(Protocol):
    """A named way to turn materials into vectors; registered under the entry point `matgranary.representers`.

    What stands behind the entry point is called without arguments and returns a representer. A vector depends
    on its own row alone, and on no clock, machine, thread or library version that `spec` does not name.
    """

    @property
    def spec(self) -> RepresentationSpec:
        """Name, version, parameters, width, labels, licence and origin."""

    def compute(self, part: pa.Table) -> Features | Columns:
        """Return the vectors of the rows of `part`; `Columns` where the form of the spec is so.

        Args:
            part: rows of `materials` with elements (list of symbols) and amounts (list of numbers in the same
                order). A representation that needs structures gets lattice_vectors, fractional_positions,
                site_species and species too, as the table `structures` has them; null where there is none.
        """


@runtime_checkable
class CompositionRepresenter(Protocol):
    """A representer that takes compositions as they are, without the way through a table."""

    def of_compositions(self, compositions: Compositions) -> Features:
        """Return the vectors of compositions."""


@runtime_checkable
class PoolableRepresenter(Protocol):
    """A representer whose statistics over the atoms can be chosen: `magpie_mean_max` is `magpie` with two."""

    def with_poolings(self, poolings: tuple[Pooling, ...]) -> Representer:
        """Return the representer with other statistics; its name ends in theirs, but for the mean alone."""
