"""Voxels: crystals in, atoms as Gaussians on a grid over the cell out.

A picture of the cell that is given: not recommended for learning. Another origin, orientation or choice of cell gives
other numbers for the same crystal; only the order of the atoms does not matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from curation.represent.representer import Features
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.neighbours import reciprocal_norms
from curation.represent.structure.structure_spec import structure_spec
from schemas.representation import Invariance

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

N_STEPS, SIGMA_ANGSTROM = 10, 0.5
_WIDTHS = 4.0


class Voxels:
    """The density of nuclear charge on 10 x 10 x 10 points of the cell, along its vectors."""

    def __init__(self) -> None:
        steps = range(N_STEPS)
        self.spec = structure_spec(
            "voxels",
            "Density on a grid over the cell; not recommended: it depends on the cell that is given",
            labels=tuple(f"voxel_{a}_{b}_{c}" for a in steps for b in steps for c in steps),
            origin="A grid of Gaussians; no table is read.",
            parameters={"n_steps": str(N_STEPS), "sigma_angstrom": f"{SIGMA_ANGSTROM:g}"},
            invariances=(Invariance.PERMUTATION, Invariance.ROTATION),
        )

    def compute(self, part: pa.Table) -> Features:
        """Return the densities, (n_rows, 1000), nuclear charges per cubic angstrom."""
        crystals = read_crystals(part)
        vectors = np.zeros((crystals.n_rows, N_STEPS**3))
        _densities(crystals.lattices, crystals.offsets, crystals.positions, crystals.numbers, vectors)
        return Features(vectors, crystals.failures)


@njit(cache=True)
def _densities(
    lattices: NDArray[np.float64],
    offsets: NDArray[np.int64],
    positions: NDArray[np.float64],
    numbers: NDArray[np.int64],
    vectors: NDArray[np.float64],
) -> None:
    factor = (2.0 * np.pi * SIGMA_ANGSTROM**2) ** -1.5
    reach = _WIDTHS * SIGMA_ANGSTROM
    for row in range(len(lattices)):
        lattice = lattices[row]
        steps = N_STEPS * reach * reciprocal_norms(lattice)
        for site in range(offsets[row], offsets[row + 1]):
            centre = positions[site] * N_STEPS
            for a in range(int(np.ceil(centre[0] - steps[0])), int(np.floor(centre[0] + steps[0])) + 1):
                for b in range(int(np.ceil(centre[1] - steps[1])), int(np.floor(centre[1] + steps[1])) + 1):
                    for c in range(int(np.ceil(centre[2] - steps[2])), int(np.floor(centre[2] + steps[2])) + 1):
                        square = 0.0
                        for axis in range(3):
                            along = (
                                (a - centre[0]) * lattice[0, axis]
                                + (b - centre[1]) * lattice[1, axis]
                                + (c - centre[2]) * lattice[2, axis]
                            ) / N_STEPS
                            square += along * along
                        if square <= reach * reach:
                            voxel = ((a % N_STEPS) * N_STEPS + b % N_STEPS) * N_STEPS + c % N_STEPS
                            density = factor * np.exp(-0.5 * square / SIGMA_ANGSTROM**2)
                            vectors[row, voxel] += numbers[site] * density
