"""SOAP: crystals in, their smooth overlap of atomic positions out, pooled over the sites.

Four ways to be rid of the pairs of all elements: channels of element properties (`soap`), no elements at all
(`soap_mu2`), each element against all atoms (`soap_mu1nu1`), and the species of the crystal alone (`soap_species`).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numba import njit

from curation.represent.graph.crystal_graph import lists
from curation.represent.representer import Columns, Features
from curation.represent.structure.channels import CHANNELS, channel_weights, species_weights
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.soap_kernel import SoapBasis, density_coefficients, pooled_spectrum, soap_basis
from curation.represent.structure.structure_spec import structure_spec
from schemas.elements import elements
from schemas.representation import Form

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from curation.represent.structure.crystals import Crystals

CUTOFF_ANGSTROM, N_MAX, L_MAX, SIGMA_ANGSTROM = 5.0, 6, 4, 0.5
_ORIGIN = "Bartók et al., Phys. Rev. B 87, 184115 (2013), doi:10.1103/PhysRevB.87.184115"
_PARAMETERS = {
    "cutoff_angstrom": f"{CUTOFF_ANGSTROM:g}",
    "n_max": str(N_MAX),
    "l_max": str(L_MAX),
    "sigma_angstrom": f"{SIGMA_ANGSTROM:g}",
    "radial_functions": "gto",
}
# Elements that crystal structures are known of; a material with a heavier one fails.
_HEAVIEST = 96


class Soap:
    """SOAP with channels: every material has the same width.

    Args:
        name: of the representation.
        title: one line.
        channels: names of the densities, out of `CHANNELS`.
        inner: average the densities of the sites, not their power spectra.
    """

    def __init__(self, name: str, title: str, *, channels: tuple[str, ...], inner: bool = False) -> None:
        self._columns = [CHANNELS.index(channel) for channel in channels]
        self._inner = inner
        self._basis = _basis()
        pooling = {"pooling": "inner" if inner else "outer", "channels": ",".join(channels)}
        self.spec = structure_spec(
            name, title, labels=spectrum_labels(channels), origin=_ORIGIN, parameters=_PARAMETERS | pooling
        )

    def compute(self, part: pa.Table) -> Features:
        """Return the spectra, (n_rows, width), dimensionless."""
        crystals = read_crystals(part)
        if self._columns == [0]:
            weights, failures = np.ones((len(crystals.numbers), 1)), dict(crystals.failures)
        else:
            weights, failures = channel_weights(crystals)
        chosen = np.ascontiguousarray(weights[:, self._columns])
        vectors = np.zeros((crystals.n_rows, self.spec.width))
        _spectra(
            crystals.lattices,
            crystals.offsets,
            crystals.positions,
            chosen,
            *_unpacked(self._basis),
            self._inner,
            vectors,
        )
        return Features(vectors, failures)


class CompressedSoap:
    """SOAP of each element against the density of all atoms (mu = 1, nu = 1)."""

    def __init__(self) -> None:
        self._basis = _basis()
        symbols = list(elements())[:_HEAVIEST]
        labels = tuple(
            f"{symbol} n{n} n{m} l{degree}"
            for symbol in symbols
            for n in range(N_MAX)
            for m in range(N_MAX)
            for degree in range(L_MAX + 1)
        )
        title = "SOAP, each element against all atoms"
        self.spec = structure_spec("soap_mu1nu1", title, labels=labels, origin=_ORIGIN, parameters=_PARAMETERS)

    def compute(self, part: pa.Table) -> Features:
        """Return the spectra, (n_rows, width), dimensionless."""
        crystals = read_crystals(part)
        failures = dict(crystals.failures)
        vectors = np.zeros((crystals.n_rows, self.spec.width))
        size = N_MAX * N_MAX * (L_MAX + 1)
        for row in range(crystals.n_rows):
            lattice, positions, numbers = crystals.crystal(row)
            if not len(numbers):
                continue
            if numbers.max() > _HEAVIEST:
                failures[row] = f"it holds the element {numbers.max()}; the representation ends at {_HEAVIEST}"
                continue
            species, weights = species_weights(numbers)
            both = np.column_stack((np.ones(len(numbers)), weights))
            blocks = _spectrum(lattice, positions, both, *_unpacked(self._basis), False, True, size * len(species))  # noqa: FBT003 — compiled code takes arguments by position
            vectors[row].reshape(_HEAVIEST, size)[species - 1] = blocks.reshape(len(species), size)
        return Features(vectors, failures)


class SpeciesSoap:
    """SOAP of the species of each crystal: nothing compressed, lists whose length differs from row to row."""

    def __init__(self) -> None:
        self.spec = structure_spec(
            "soap_species",
            "SOAP of the species of each crystal; pairs of species, n, n', l, as lists",
            labels=("species", "spectrum"),
            origin=_ORIGIN,
            form=Form.COLUMNS,
            parameters=_PARAMETERS,
        )

    def compute(self, part: pa.Table) -> Columns:
        """Return the atomic numbers of the species of each row, rising, and the spectrum of all their pairs."""
        crystals = read_crystals(part)
        species, spectra = _of_species(crystals)
        table = pa.table({"species": _listed(species, np.uint8), "spectrum": _listed(spectra, np.float32)})
        return Columns(table, crystals.failures)


def species_spectrum(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], weights: NDArray[np.float64], *, inner: bool = False
) -> NDArray[np.float64]:
    """Return the spectrum of one crystal, one channel for each column of `weights`; see `power_spectrum`."""
    n_functions = weights.shape[1] * N_MAX
    width = n_functions * (n_functions + 1) // 2 * (L_MAX + 1)
    return _spectrum(lattice, positions, weights, *_unpacked(_basis()), inner, False, width)  # noqa: FBT003 — as above


@cache
def _basis() -> SoapBasis:
    return soap_basis(cutoff=CUTOFF_ANGSTROM, n_max=N_MAX, l_max=L_MAX, sigma=SIGMA_ANGSTROM)


def _of_species(crystals: Crystals) -> tuple[list[NDArray[np.int64]], list[NDArray[np.float64]]]:
    species, spectra = [], []
    for row in range(crystals.n_rows):
        lattice, positions, numbers = crystals.crystal(row)
        kinds, weights = species_weights(numbers)
        species.append(kinds)
        if not len(numbers):
            spectra.append(np.empty(0))
            continue
        spectra.append(species_spectrum(lattice, positions, weights))
    return species, spectra


def _listed(
    values: list[NDArray[np.int64]] | list[NDArray[np.float64]], kind: type
) -> pa.Array[pa.ListScalar[pa.DataType]]:
    offsets = np.concatenate(([0], np.cumsum([len(one) for one in values], dtype=np.int64)))
    return lists(offsets, np.concatenate([*values, np.empty(0)]).astype(kind))


def _unpacked(
    basis: SoapBasis,
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    return basis.cutoff, basis.exponents, basis.table, basis.betas, basis.norms


def spectrum_labels(channels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the label of each component of a power spectrum of channels."""
    pairs = [(a, b) for a in range(len(channels)) for b in range(a, len(channels))]
    return tuple(
        f"{channels[a]}.{channels[b]} n{n} n{m} l{degree}"
        for a, b in pairs
        for n in range(N_MAX)
        for m in range(n if a == b else 0, N_MAX)
        for degree in range(L_MAX + 1)
    )


@njit(cache=True)
def _spectrum(  # noqa: PLR0913, PLR0917 — flat arrays, as compiled code takes them
    lattice: NDArray[np.float64],
    positions: NDArray[np.float64],
    weights: NDArray[np.float64],
    cutoff: float,
    exponents: NDArray[np.float64],
    table: NDArray[np.float64],
    betas: NDArray[np.float64],
    norms: NDArray[np.float64],
    inner: bool,  # noqa: FBT001 — as above
    compressed: bool,  # noqa: FBT001 — as above
    width: int,
) -> NDArray[np.float64]:
    coefficients = density_coefficients(lattice, positions, weights, cutoff, exponents, table, betas, norms)
    result = np.empty(width)
    pooled_spectrum(coefficients, exponents.shape[1], inner, compressed, result)
    return result


@njit(cache=True)
def _spectra(  # noqa: PLR0913, PLR0917 — as _spectrum
    lattices: NDArray[np.float64],
    offsets: NDArray[np.int64],
    positions: NDArray[np.float64],
    weights: NDArray[np.float64],
    cutoff: float,
    exponents: NDArray[np.float64],
    table: NDArray[np.float64],
    betas: NDArray[np.float64],
    norms: NDArray[np.float64],
    inner: bool,  # noqa: FBT001 — as _spectrum
    vectors: NDArray[np.float64],
) -> None:
    for row in range(len(lattices)):
        begin, end = offsets[row], offsets[row + 1]
        if begin < end:
            coefficients = density_coefficients(
                lattices[row], positions[begin:end], weights[begin:end], cutoff, exponents, table, betas, norms
            )
            pooled_spectrum(coefficients, exponents.shape[1], inner, False, vectors[row])  # noqa: FBT003 — as _spectrum


def soap() -> Soap:
    """Return SOAP with four channels."""
    return Soap("soap", "SOAP, four channels of element properties, mean over the sites", channels=CHANNELS)


def soap_inner() -> Soap:
    """Return SOAP of the mean density, with four channels."""
    return Soap("soap_inner", "SOAP, four channels, of the mean density of the sites", channels=CHANNELS, inner=True)


def soap_mu2() -> Soap:
    """Return SOAP that does not look at elements."""
    return Soap("soap_mu2", "SOAP without elements, mean over the sites", channels=CHANNELS[:1])
