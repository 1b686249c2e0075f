"""Site lists: a cell with a list of positions and elements in, a `Structure` of full sites out; JARVIS, ase, POSCAR."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from schemas.elements import elements as known_elements
from schemas.material import Species, Structure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

NO_VOLUME = 1e-9  # angstrom^3
_FEW_SITES = 6  # up to so many, plain Python is faster, and gives the same bits


def _of_elements(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], elements: Sequence[str], *, cartesian: bool
) -> Structure:
    """Return a structure of full sites; Cartesian positions in angstrom become fractional."""
    positions = positions.reshape(-1, 3)
    fractional = fractional_positions(lattice, positions) if cartesian else positions
    order = {symbol: number for number, symbol in enumerate(dict.fromkeys(elements))}
    return Structure(
        lattice_vectors=lattice.tolist(),
        fractional_positions=tuple(map(tuple, fractional.tolist())),
        site_species=tuple(order[symbol] for symbol in elements),
        species=tuple(Species(name=s, chemical_symbols=(s,), concentration=(1.0,)) for s in order),
    )


def from_jarvis(value: Any) -> Structure:  # noqa: ANN401 — JSON
    """Read the `atoms` of JARVIS-tools (`lattice_mat`, `coords`, `elements`, `cartesian`)."""
    if not isinstance(value.get("cartesian", False), bool):
        message = f"`cartesian` is true or false, got {value['cartesian']!r}"
        raise TypeError(message)
    return _of_elements(
        np.asarray(value["lattice_mat"], dtype=float),
        np.asarray(value["coords"], dtype=float),
        [str(symbol).strip() for symbol in value["elements"]],
        cartesian=value.get("cartesian", False),
    )


def from_ase(value: Any) -> Structure:  # noqa: ANN401 — JSON
    """Read the atoms of an ase database (`numbers`, `positions` in angstrom, `cell`, `pbc`)."""
    if not all(value["pbc"]):
        message = f"only structures periodic in three dimensions are read, got pbc {value['pbc']}"
        raise ValueError(message)
    symbols = {element.number: symbol for symbol, element in known_elements().items()}
    elements = [symbols[int(number)] for number in value["numbers"]]
    cell, positions = (np.asarray(value[name], dtype=float) for name in ("cell", "positions"))
    return _of_elements(cell, positions, elements, cartesian=True)


def from_poscar(value: Any) -> Structure:  # noqa: ANN401 — whatever the field holds
    """Read the text of a POSCAR file."""
    from harvest.formats.poscar import read_poscar  # noqa: PLC0415 — only where such a file comes

    poscar = read_poscar(value)
    return _of_elements(poscar.lattice, poscar.positions, poscar.elements, cartesian=poscar.cartesian)


def fractional_positions(lattice: NDArray[np.float64], positions: NDArray[np.float64]) -> NDArray[np.float64]:
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
    if abs(volume) < NO_VOLUME:
        message = f"lattice_vectors span no volume: {lattice.tolist()}"
        raise ValueError(message)
    if len(positions) > _FEW_SITES:
        x, y, z = positions.T
        return np.stack([(x * n[0] + y * n[1] + z * n[2]) / volume for n in normals], axis=1)
    rows = [[(x * n[0] + y * n[1] + z * n[2]) / volume for n in normals] for x, y, z in positions.tolist()]
    return np.array(rows, dtype=float).reshape(-1, 3)


def _cross(u: NDArray[np.float64], v: NDArray[np.float64]) -> tuple[float, float, float]:
    (ux, uy, uz), (vx, vy, vz) = u.tolist(), v.tolist()
    return uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
