"""Structure formats: a structure as some program writes it in, a `Structure` of ours out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schemas.material import Species, Structure

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

_WHOLE = 1.0
_NO_VOLUME = 1e-9  # angstrom^3


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
    fractional = _fractional(lattice, positions)
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


def _fractional(lattice: NDArray[np.float64], positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return fractional positions by Cramer's rule: the same bits on every machine, which LAPACK does not promise.

    Raises:
        ValueError: the lattice is not three vectors that span a volume.
    """
    if lattice.shape != (3, 3) or not np.isfinite(lattice).all():
        message = f"lattice_vectors are no cell: {lattice.tolist()}"
        raise ValueError(message)
    a, b, c = lattice
    normals = (_cross(b, c), _cross(c, a), _cross(a, b))
    volume = float(a[0] * normals[0][0] + a[1] * normals[0][1] + a[2] * normals[0][2])
    if abs(volume) < _NO_VOLUME:
        message = f"lattice_vectors span no volume: {lattice.tolist()}"
        raise ValueError(message)
    x, y, z = positions.T
    return np.stack([(x * n[0] + y * n[1] + z * n[2]) / volume for n in normals], axis=1)


def _cross(u: NDArray[np.float64], v: NDArray[np.float64]) -> tuple[float, float, float]:
    (ux, uy, uz), (vx, vy, vz) = u.tolist(), v.tolist()
    return uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx


STRUCTURE_FORMATS: dict[str, Callable[[Any], Structure]] = {"pymatgen": from_pymatgen, "optimade": from_optimade}
