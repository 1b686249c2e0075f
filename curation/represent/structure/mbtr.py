"""MBTR: crystals in, distributions of inverse distances and of angles out, weighted by element properties.

Huo and Rupp, Mach. Learn.: Sci. Technol. 3, 045017 (2022), doi:10.1088/2632-2153/aca005. Each pair or angle of atoms is
a Gaussian on a grid, weighted by an exponential of the distances; sums are for one atom, so that cells do not matter.
"""

from __future__ import annotations

from dataclasses import asdict, astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from curation.represent.graph.crystal_graph import lists
from curation.represent.representer import Columns, Features
from curation.represent.structure.channels import CHANNELS, channel_weights
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.mbtr_kernels import angle_spectra, distance_spectra
from curation.represent.structure.structure_spec import structure_spec
from schemas.representation import Form

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ORIGIN = "Huo and Rupp, Mach. Learn.: Sci. Technol. 3, 045017 (2022), doi:10.1088/2632-2153/aca005"


@dataclass(frozen=True)
class Grid:
    """Where distributions are looked at, and how the atoms are weighted.

    Attributes:
        low: first point of the grid.
        high: last point.
        n_points: number of points.
        sigma: width of the Gaussians, in the unit of the grid.
        scale: of the exponential weight of the sum of distances, 1/angstrom.
        threshold: pairs and angles of a smaller weight are left out.
    """

    low: float
    high: float
    n_points: int
    sigma: float
    scale: float
    threshold: float = 1e-3


INVERSE_DISTANCE = Grid(low=0.0, high=1.0, n_points=50, sigma=0.02, scale=0.5)
COSINE = Grid(low=-1.0, high=1.0, n_points=50, sigma=0.05, scale=0.75)


ANGLE_CHANNELS = (0, 3)


class Mbtr:
    """Distances by pairs of the four channels, angles by the channels `count` and `electronegativity`."""

    def __init__(self) -> None:
        pairs = [f"{a}.{b}" for k, a in enumerate(CHANNELS) for b in CHANNELS[k:]]
        centres = [f"{CHANNELS[c]}({pair})" for c in ANGLE_CHANNELS for pair in _angle_pairs()]
        self.spec = structure_spec(
            "mbtr",
            "Many-body tensor, inverse distances and angles, for one atom",
            labels=_labels(pairs, centres),
            origin=_ORIGIN,
            parameters=_parameters(),
        )

    def compute(self, part: pa.Table) -> Features:
        """Return the distributions, (n_rows, width): of 1/distance in angstrom, of the cosine dimensionless."""
        crystals = read_crystals(part)
        weights, failures = channel_weights(crystals)
        vectors = np.zeros((crystals.n_rows, self.spec.width))
        for row in range(crystals.n_rows):
            some = slice(int(crystals.offsets[row]), int(crystals.offsets[row + 1]))
            if some.start < some.stop:
                vectors[row] = _tensor(crystals.lattices[row], crystals.positions[some], weights[some])
        return Features(vectors, failures)


class LocalMbtr:
    """The same distributions around each atom, one behind the other: a list whose length differs from row to row."""

    def __init__(self) -> None:
        size = len(CHANNELS) * INVERSE_DISTANCE.n_points + len(_angle_pairs()) * COSINE.n_points
        self.spec = structure_spec(
            "lmbtr",
            f"Local many-body tensor, {size} numbers for each site of the cell",
            labels=("site_tensors",),
            origin=_ORIGIN,
            form=Form.COLUMNS,
            parameters=_parameters() | {"numbers_of_a_site": str(size)},
        )

    def compute(self, part: pa.Table) -> Columns:
        """Return the distributions of all sites of a row: by channel of the neighbour, then by pair of channels."""
        crystals = read_crystals(part)
        weights, failures = channel_weights(crystals)
        found = [np.empty(0, np.float32)]
        for row in range(crystals.n_rows):
            some = slice(int(crystals.offsets[row]), int(crystals.offsets[row + 1]))
            if some.start < some.stop:
                two, three = site_spectra(crystals.lattices[row], crystals.positions[some], weights[some])
                n_sites = len(two)
                both = np.hstack((two.reshape(n_sites, -1), three.reshape(n_sites, -1)))
                found.append(both.astype(np.float32).ravel())
        size = int(self.spec.parameters["numbers_of_a_site"])
        return Columns(pa.table({"site_tensors": lists(crystals.offsets * size, np.concatenate(found))}), failures)


def site_spectra(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the distributions of 1/distance by channel and of the cosine by pair of channels, around each site."""
    angular = np.ascontiguousarray(weights[:, list(ANGLE_CHANNELS)])
    return (
        distance_spectra(lattice, positions, weights, *astuple(INVERSE_DISTANCE)),
        angle_spectra(lattice, positions, angular, *astuple(COSINE)),
    )


def pooled_pairs(spectra: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distributions of pairs of channels k <= k', for one atom: each pair of atoms counts once."""
    both = np.einsum("ia,ibp->abp", weights, spectra) / len(weights)
    n_channels = weights.shape[1]
    both[np.arange(n_channels), np.arange(n_channels)] *= 0.5
    pairs: NDArray[np.float64] = both[np.triu_indices(n_channels)]
    return pairs


def _tensor(
    lattice: NDArray[np.float64], positions: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    two, three = site_spectra(lattice, positions, weights)
    centres = weights[:, list(ANGLE_CHANNELS)]
    angles = np.einsum("ic,iqp->cqp", centres, three) / len(weights)
    return np.concatenate((pooled_pairs(two, weights).ravel(), angles.ravel()))


def _angle_pairs() -> list[str]:
    names = [CHANNELS[channel] for channel in ANGLE_CHANNELS]
    return [f"{a}.{b}" for k, a in enumerate(names) for b in names[k:]]


def _labels(pairs: list[str], centres: list[str]) -> tuple[str, ...]:
    two = [f"{pair} 1/r {point:.3g}" for pair in pairs for point in _points(INVERSE_DISTANCE)]
    three = [f"{centre} cos {point:.3g}" for centre in centres for point in _points(COSINE)]
    return (*two, *three)


def _points(grid: Grid) -> NDArray[np.float64]:
    return np.linspace(grid.low, grid.high, grid.n_points)


def _parameters() -> dict[str, str]:
    grids = {"inverse_distance_per_angstrom": INVERSE_DISTANCE, "cosine": COSINE}
    told = {name: ",".join(f"{key}={value:g}" for key, value in asdict(grid).items()) for name, grid in grids.items()}
    return told | {"channels": ",".join(CHANNELS)}
