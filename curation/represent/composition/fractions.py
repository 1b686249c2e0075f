"""Fractions: a material as the presence, or the atomic fractions, of the 118 elements."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curation.represent.composition.compositions import element_order, read_compositions
from curation.represent.representer import Features
from schemas.elements import elements
from schemas.representation import Invariance, Needs, RepresentationSpec

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from curation.represent.composition.compositions import Compositions

# A composition does not know positions or cells at all.
INVARIANCES = tuple(Invariance)


class OneHot:
    """Component Z - 1 is 1 where the material holds the element of atomic number Z, else 0."""

    def __init__(self) -> None:
        self.spec = _spec("one_hot", "Presence of the elements")

    def compute(self, part: pa.Table) -> Features:
        """Return the presence of each element, (n_rows, 118), 0 or 1."""
        return self.of_compositions(read_compositions(part))

    def of_compositions(self, compositions: Compositions) -> Features:
        """Return the presence of each element in compositions; see `compute`."""
        return Features(_scatter(compositions, np.ones_like(compositions.fractions)), compositions.failures)


class Fraction:
    """Component Z - 1 is the atomic fraction of the element of atomic number Z."""

    def __init__(self) -> None:
        self.spec = _spec("fraction", "Atomic fractions of the elements")

    def compute(self, part: pa.Table) -> Features:
        """Return the atomic fraction of each element, (n_rows, 118), dimensionless."""
        return self.of_compositions(read_compositions(part))

    def of_compositions(self, compositions: Compositions) -> Features:
        """Return the fractions of each element in compositions; see `compute`."""
        return Features(_scatter(compositions, compositions.fractions), compositions.failures)


def _scatter(compositions: Compositions, values: NDArray[np.float64]) -> NDArray[np.float32]:
    columns = np.array([elements()[symbol].number - 1 for symbol in element_order()])
    vectors = np.zeros((compositions.n_rows, len(columns)), dtype=np.float32)
    vectors[compositions.rows, columns[compositions.codes]] = values
    return vectors


def _spec(name: str, title: str) -> RepresentationSpec:
    return RepresentationSpec(
        name=name,
        version="1",
        title=title,
        needs=Needs.COMPOSITION,
        width=len(elements()),
        labels=tuple(elements()),
        invariances=INVARIANCES,
        licence="CC0-1.0",
        origin="The periodic table; no other table is read.",
    )
