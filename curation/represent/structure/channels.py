"""Channels: what makes elements differ in a fixed number of numbers, so that descriptors need no list of species.

With one density for each element, a descriptor of pairs of densities is as wide as the periodic table squared.
Weighting one density by a few properties of the elements (Willatt, Musil, Ceriotti, Phys. Chem. Chem. Phys. 20, 29661
(2018), doi:10.1039/C8CP05921G) keeps what chemistry tells apart and makes every material comparable with every other.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from curation.represent.composition.compositions import element_order
from curation.represent.composition.element_table import element_table
from schemas.elements import elements

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from curation.represent.structure.crystals import Crystals

CHANNELS = ("count", "column", "row", "electronegativity")
# The properties are of the order of one, so that no channel drowns the others.
_SCALES = {"Column": 18.0, "Row": 7.0, "Electronegativity": 4.0}


@cache
def _weights() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return weights by atomic number (119, 4), and which elements have them (119,)."""
    table = element_table("magpie")
    weights, known = np.zeros((len(elements()) + 1, len(CHANNELS))), np.zeros(len(elements()) + 1, dtype=np.bool_)
    columns = [table.labels.index(label) for label in _SCALES]
    for symbol, element in elements().items():
        code = element_order().index(symbol)
        values = table.values[code, columns] / np.array(list(_SCALES.values()))
        known[element.number] = bool((values > 0).all())
        weights[element.number] = (1.0, *values)
    return weights, known


def channel_weights(crystals: Crystals) -> tuple[NDArray[np.float64], dict[int, str]]:
    """Return the weights of each site, (n_sites, 4), dimensionless, and why rows have none.

    The properties are Magpie's column and row of the periodic table and Pauling electronegativity.
    """
    weights, known = _weights()
    failures = dict(crystals.failures)
    lacking = ~known[crystals.numbers]
    symbols = list(elements())
    rows = np.repeat(np.arange(crystals.n_rows), crystals.counts)
    for row, number in sorted({(int(rows[site]), int(crystals.numbers[site])) for site in np.flatnonzero(lacking)}):
        failures.setdefault(row, f"{symbols[number - 1]} has no electronegativity in Magpie's table")
    return weights[crystals.numbers], failures


def species_weights(numbers: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the species of a crystal, (n_species,), rising, and which one each site holds, (n_sites, n_species)."""
    species, places = np.unique(numbers, return_inverse=True)
    return species, np.eye(len(species))[places]
