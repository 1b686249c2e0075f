"""Structure table: structures as people hold them in, the list columns that representers read out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from schemas.elements import atomic_numbers, elements

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike

    # Lattice (3, 3) in angstrom, fractional positions (n, 3), atomic numbers (n,).
    type Plain = tuple[ArrayLike, ArrayLike, ArrayLike]

_SPECIES = pa.list_(
    pa.struct(
        [("name", pa.string()), ("chemical_symbols", pa.list_(pa.string())), ("concentration", pa.list_(pa.float64()))]
    )
)


def structure_table(structures: Iterable[Plain]) -> pa.Table:
    """Return the columns that representers of structures and of compositions read.

    Args:
        structures: lattice (3, 3) in angstrom, rows are vectors; fractional positions (n, 3); atomic numbers (n,).
    """
    symbols = list(elements())
    columns: dict[str, list[Any]] = {name: [] for name in ("lattice", "positions", "site", "species", "who", "amounts")}
    for lattice, positions, numbers in structures:
        kinds, places, counts = np.unique(np.asarray(numbers), return_inverse=True, return_counts=True)
        names = [symbols[number - 1] for number in kinds.tolist()]
        columns["lattice"].append(np.asarray(lattice, float).ravel())
        columns["positions"].append(np.asarray(positions, float).ravel())
        columns["site"].append(places)
        columns["species"].append([{"name": n, "chemical_symbols": [n], "concentration": [1.0]} for n in names])
        columns["who"].append(names)
        columns["amounts"].append(counts.astype(float))
    return pa.table(
        {
            "elements": pa.array(columns["who"], pa.list_(pa.string())),
            "amounts": pa.array(columns["amounts"], pa.list_(pa.float64())),
            "lattice_vectors": pa.array(columns["lattice"], pa.list_(pa.float64())),
            "fractional_positions": pa.array(columns["positions"], pa.list_(pa.float64())),
            "site_species": pa.array(columns["site"], pa.list_(pa.int64())),
            "species": pa.array(columns["species"], _SPECIES),
        }
    )


def plain_structure(structure: Any) -> Plain:  # noqa: ANN401 — pymatgen and ASE are optional to the reader
    """Return lattice, fractional positions and atomic numbers of a pymatgen `Structure` or an ASE `Atoms`.

    Raises:
        TypeError: it is neither.
        ValueError: a site of it is shared, or an element is unknown.
    """
    if hasattr(structure, "frac_coords"):
        if not structure.is_ordered:
            message = f"{structure.composition.reduced_formula} is disordered: expected one element on each site"
            raise ValueError(message)
        numbers = [atomic_numbers()[site.specie.symbol] for site in structure]
        return structure.lattice.matrix, structure.frac_coords, numbers
    if hasattr(structure, "get_scaled_positions"):
        return structure.cell.array, structure.get_scaled_positions(wrap=False), structure.numbers
    message = f"expected a pymatgen Structure, an ASE Atoms or a tuple of arrays, got {type(structure).__name__}"
    raise TypeError(message)
