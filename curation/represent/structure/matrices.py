"""Matrices: crystals in, spectra and sorted entries of their Coulomb, sine and Ewald matrices out, padded with zeros.

Rupp et al., Phys. Rev. Lett. 108, 058301 (2012), doi:10.1103/PhysRevLett.108.058301; Faber et al., Int. J. Quantum
Chem. 115, 1094 (2015), doi:10.1002/qua.24917. One entry for each pair of atoms of the cell: these describe the cell
that is given, not the crystal, and only the Ewald matrix does not care how that cell is cut.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from curation.represent.representer import Features
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.matrix_kernels import coulomb_matrix, ewald_matrix, sine_matrix
from curation.represent.structure.structure_spec import structure_spec
from schemas.representation import Invariance

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from curation.represent.structure.crystals import Crystals

SPECTRUM_SITES, SORTED_SITES = 100, 40
# Of the Ewald sum: what is left out is this small against what is summed.
EWALD_ACCURACY = 1e-12


class Kind(StrEnum):
    """Which matrix."""

    COULOMB = "coulomb"
    SINE = "sine"
    EWALD = "ewald"


_INVARIANCES = {
    # Positions that leave the cell come back on its other side: only the periodic matrices do not notice.
    Kind.COULOMB: (Invariance.PERMUTATION, Invariance.ROTATION),
    Kind.SINE: (Invariance.PERMUTATION, Invariance.TRANSLATION, Invariance.ROTATION),
    Kind.EWALD: (Invariance.PERMUTATION, Invariance.TRANSLATION, Invariance.ROTATION, Invariance.CELL_CHOICE),
}
_ORIGINS = {
    Kind.COULOMB: "Rupp et al., Phys. Rev. Lett. 108, 058301 (2012), doi:10.1103/PhysRevLett.108.058301",
    Kind.SINE: "Faber et al., Int. J. Quantum Chem. 115, 1094 (2015), doi:10.1002/qua.24917",
    Kind.EWALD: "Faber et al., Int. J. Quantum Chem. 115, 1094 (2015), doi:10.1002/qua.24917",
}


class MatrixSpectrum:
    """Eigenvalues of a matrix by falling absolute value, padded with zeros; or its entries, atoms sorted by row norm.

    Args:
        kind: of the matrix.
        is_sorted: the entries of the upper triangle in place of the eigenvalues. Atoms that symmetry makes equal have
            rows of one norm, and how they follow each other is an accident of rounding: it claims no invariance.
    """

    def __init__(self, kind: Kind, *, is_sorted: bool = False) -> None:
        self._kind, self._is_sorted = kind, is_sorted
        self._most = SORTED_SITES if is_sorted else SPECTRUM_SITES
        n_labels = self._most * (self._most + 1) // 2 if is_sorted else self._most
        what = "entries, atoms sorted by row norm" if is_sorted else "eigenvalues"
        self.spec = structure_spec(
            f"{kind}_sorted" if is_sorted else f"{kind}_matrix",
            f"{kind.capitalize()} matrix, {what}",
            labels=tuple(f"{kind}_{index}" for index in range(n_labels)),
            origin=_ORIGINS[kind],
            parameters={"most_sites": str(self._most)},
            invariances=() if is_sorted else _INVARIANCES[kind],
        )

    def compute(self, part: pa.Table) -> Features:
        """Return eigenvalues or entries, (n_rows, width), in e^2/angstrom."""
        crystals = read_crystals(part)
        failures = dict(crystals.failures)
        vectors = np.zeros((crystals.n_rows, self.spec.width))
        for row in np.flatnonzero(crystals.counts > self._most).tolist():
            failures[row] = f"it has {crystals.counts[row]} sites, the matrix is padded to {self._most}"
        for n_sites in np.unique(crystals.counts[crystals.counts <= self._most]).tolist():
            if n_sites:
                rows = np.flatnonzero(crystals.counts == n_sites)
                for some in np.array_split(rows, len(rows) * n_sites**2 // 2_000_000 + 1):
                    self._fill(crystals, some, vectors)
        return Features(vectors, failures)

    def _fill(self, crystals: Crystals, rows: NDArray[np.intp], vectors: NDArray[np.float64]) -> None:
        """Fill in the rows of crystals with the same number of sites, all at once."""
        matrices = np.array([matrix_of(self._kind, *crystals.crystal(row)) for row in rows.tolist()])
        if self._is_sorted:
            entries = sorted_entries(matrices)
        else:
            values = np.linalg.eigvalsh(matrices)
            entries = np.take_along_axis(values, np.argsort(-np.abs(values), axis=1, kind="stable"), axis=1)
        vectors[rows, : entries.shape[1]] = entries


def matrix_of(
    kind: Kind, lattice: NDArray[np.float64], positions: NDArray[np.float64], numbers: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return a matrix of one crystal, (n_sites, n_sites), e^2/angstrom."""
    charges = numbers.astype(np.float64)
    if kind is Kind.COULOMB:
        return coulomb_matrix(lattice, positions, charges)
    if kind is Kind.SINE:
        return sine_matrix(lattice, positions, charges)
    return ewald_matrix(lattice, positions, charges, EWALD_ACCURACY)


def sorted_entries(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the upper triangles of matrices (n, k, k), rows and columns by falling norm: (n, k (k + 1) / 2)."""
    order = np.argsort(-np.linalg.norm(matrices, axis=2), axis=1, kind="stable")
    by_row = np.take_along_axis(matrices, order[:, :, np.newaxis], axis=1)
    both = np.take_along_axis(by_row, order[:, np.newaxis, :], axis=2)
    first, second = np.triu_indices(matrices.shape[1])
    entries: NDArray[np.float64] = both[:, first, second]
    return entries


def coulomb() -> MatrixSpectrum:
    """Return the eigenvalues of the Coulomb matrix."""
    return MatrixSpectrum(Kind.COULOMB)


def coulomb_sorted() -> MatrixSpectrum:
    """Return the entries of the Coulomb matrix."""
    return MatrixSpectrum(Kind.COULOMB, is_sorted=True)


def sine() -> MatrixSpectrum:
    """Return the eigenvalues of the sine matrix."""
    return MatrixSpectrum(Kind.SINE)


def sine_sorted() -> MatrixSpectrum:
    """Return the entries of the sine matrix."""
    return MatrixSpectrum(Kind.SINE, is_sorted=True)


def ewald() -> MatrixSpectrum:
    """Return the eigenvalues of the Ewald matrix."""
    return MatrixSpectrum(Kind.EWALD)


def ewald_sorted() -> MatrixSpectrum:
    """Return the entries of the Ewald matrix."""
    return MatrixSpectrum(Kind.EWALD, is_sorted=True)
