"""Structure formats: a structure as some program writes it in, a `Structure` of ours out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harvest.formats.site_lists import fractional_positions, from_ase, from_jarvis, from_poscar
from schemas.material import Species, Structure

if TYPE_CHECKING:
    from collections.abc import Callable

_WHOLE = 1.0


def from_pymatgen(value: Any) -> Structure:  # noqa: ANN401 — JSON
    """Read the dictionary of a pymatgen `Structure` (`lattice.matrix`, `sites[].species`, `sites[].abc`)."""
    names: dict[str, int] = {}
    species: list[Species] = []
    site_species = []
    for site in value["sites"]:
        parts = sorted((str(part["element"]), float(part["occu"])) for part in site["species"])
        name = "".join(symbol if share == _WHOLE else f"{symbol}{share:g}" for symbol, share in parts)
        if name not in names:
            names[name] = len(species)
            symbols, shares = zip(*parts, strict=True)
            species.append(Species(name=name, chemical_symbols=symbols, concentration=shares))
        site_species.append(names[name])
    return Structure(
        lattice_vectors=value["lattice"]["matrix"],
        fractional_positions=tuple(site["abc"] for site in value["sites"]),
        site_species=tuple(site_species),
        species=tuple(species),
    )


def from_optimade(value: Any) -> Structure:  # noqa: ANN401 — JSON
    """Read the attributes of an OPTIMADE structures entry; Cartesian positions in angstrom become fractional.

    Raises:
        ValueError: the cell has no volume, or the entry is not periodic in three dimensions.
    """
    if value.get("dimension_types") not in (None, [1, 1, 1]):
        message = (
            f"only structures periodic in three dimensions are read, got dimension_types {value['dimension_types']}"
        )
        raise ValueError(message)
    lattice = np.asarray(value["lattice_vectors"], dtype=float)
    positions = np.asarray(value["cartesian_site_positions"], dtype=float).reshape(-1, 3)
    fractional = fractional_positions(lattice, positions)
    order = {item["name"]: number for number, item in enumerate(value["species"])}
    return Structure(
        lattice_vectors=lattice.tolist(),
        fractional_positions=tuple(map(tuple, fractional.tolist())),
        site_species=tuple(order[name] for name in value["species_at_sites"]),
        species=tuple(
            Species(
                name=item["name"],
                chemical_symbols=tuple(item["chemical_symbols"]),
                concentration=tuple(item["concentration"]),
            )
            for item in value["species"]
        ),
    )


def from_cif(value: Any) -> Structure:  # noqa: ANN401 — whatever the field holds
    """Read the text of a CIF."""
    from harvest.formats.cif import read_block, structure_of  # noqa: PLC0415 — gemmi is slow to import

    structure = structure_of(read_block(value.encode()))
    if structure is None:
        message = "the CIF gives no coordinates"
        raise ValueError(message)
    return structure


STRUCTURE_FORMATS: dict[str, Callable[[Any], Structure]] = {
    "pymatgen": from_pymatgen,
    "optimade": from_optimade,
    "jarvis": from_jarvis,
    "ase": from_ase,
    "cif": from_cif,
    "poscar": from_poscar,
}
