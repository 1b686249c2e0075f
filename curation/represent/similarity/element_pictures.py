"""Element pictures: an element table in, a heat map of how alike elements are, or a map of them, out as SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curation.represent.composition.compositions import element_order
from curation.represent.composition.element_table import element_table
from curation.represent.composition.table_files import TABLES
from curation.represent.errors import UnknownRepresentationError
from curation.represent.similarity.families import FAMILIES, family_of
from curation.represent.similarity.maps import MapMethod, plane_map
from curation.represent.similarity.metrics import Metric, pairwise
from curation.represent.similarity.svg import PALETTE, Legend, heat_map, scatter
from schemas.elements import elements

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Bismuth: the heavier ones are radioactive, and little is known or written of most of them.
LAST_NUMBER = 83


def element_vectors(name: str, *, last_number: int = LAST_NUMBER) -> tuple[list[str], NDArray[np.float64]]:
    """Return symbols and vectors of the elements that a table is complete for, by atomic number.

    Raises:
        UnknownRepresentationError: there is no such table.
    """
    if name not in TABLES:
        message = f"no element table {name!r}; there are {', '.join(sorted(TABLES))}"
        raise UnknownRepresentationError(message)
    table, codes = element_table(name), element_order()
    symbols = [
        symbol
        for symbol, element in elements().items()
        if element.number <= last_number and codes.index(symbol) not in table.missing
    ]
    return symbols, table.values[[codes.index(symbol) for symbol in symbols]]


def element_heat_map(name: str, metric: Metric, *, by_family: bool = False) -> str:
    """Return the heat map of all pairs of elements, in the order of atomic numbers or of families.

    Properties of different units are brought to mean 0 and spread 1 first; learned vectors are taken as they are.
    """
    symbols, vectors = element_vectors(name)
    if by_family:
        order = sorted(range(len(symbols)), key=lambda place: (FAMILIES.index(family_of(symbols[place])), place))
        symbols, vectors = [symbols[place] for place in order], vectors[order]
    values = pairwise(_comparable(name, vectors), metric)
    off_diagonal = values[~np.eye(len(values), dtype=bool)]
    ends = (float(off_diagonal.min()), 1.0 if metric.is_similarity else float(off_diagonal.max()))
    return heat_map(values, symbols, title=f"{name}: {metric} of the elements", legend=Legend(str(metric), ends=ends))


def element_map(name: str, method: MapMethod) -> str:
    """Return the map of the elements, coloured by family."""
    symbols, vectors = element_vectors(name)
    made = plane_map(_comparable(name, vectors), method, standardise=False)
    families = [family_of(symbol) for symbol in symbols]
    colours = [PALETTE[FAMILIES.index(family)] for family in families]
    legend = Legend("family", names=FAMILIES)
    title = f"{name}: {method} of the elements"
    return scatter(made.places, colours, title=title, axes=made.axes, legend=legend, labels=symbols, hints=families)


def _comparable(name: str, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    if name not in {"magpie", "oliynyk"}:
        return vectors
    spread = vectors.std(axis=0)
    return (vectors - vectors.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
