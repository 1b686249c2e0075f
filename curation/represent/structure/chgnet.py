"""CHGNet: crystals in, the features that a trained interatomic potential reads energies from out; an extra.

Deng et al., Nat. Mach. Intell. 5, 1031 (2023), doi:10.1038/s42256-023-00716-3. Its package holds the weights, so that
nothing is fetched. The network computes in single precision: invariances hold to some 1e-6.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager, redirect_stdout
from functools import cache
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from curation.represent.errors import MissingLibraryError
from curation.represent.representer import Features
from curation.represent.structure.crystals import read_crystals
from curation.represent.structure.structure_spec import structure_spec

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from numpy.typing import NDArray

WEIGHTS, WIDTH = "0.3.0", 64
# Of the elements that its weights know.
_HEAVIEST = 94


class Chgnet:
    """Features of the atoms after the last layer of CHGNet, mean over the sites."""

    def __init__(self) -> None:
        self.spec = structure_spec(
            "chgnet",
            "CHGNet, features of the atoms after the last layer, mean over the sites",
            labels=tuple(f"chgnet_{component}" for component in range(WIDTH)),
            origin="Deng et al., Nat. Mach. Intell. 5, 1031 (2023), doi:10.1038/s42256-023-00716-3",
            parameters={"weights": WEIGHTS, "pooling": "mean"},
            libraries=("chgnet", "pymatgen", "torch"),
            licence="BSD-3-Clause",
        )

    def compute(self, part: pa.Table) -> Features:
        """Return the features, (n_rows, 64), dimensionless.

        Raises:
            MissingLibraryError: the package chgnet is not installed.
        """
        crystals = read_crystals(part)
        failures = dict(crystals.failures)
        vectors = np.zeros((crystals.n_rows, WIDTH), dtype=np.float32)
        network = _network()
        with _one_thread():
            for row in np.flatnonzero(crystals.counts).tolist():
                _, _, numbers = crystals.crystal(row)
                if numbers.max() > _HEAVIEST:
                    failures[row] = f"it holds the element {numbers.max()}; CHGNet knows elements up to {_HEAVIEST}"
                    continue
                try:
                    vectors[row] = _features(network, *crystals.crystal(row))
                except ValueError as error:
                    failures[row] = f"CHGNet makes no graph of it: {error}"
        return Features(vectors, failures)


def _features(
    network: Any,  # noqa: ANN401 — the library is optional
    lattice: NDArray[np.float64],
    positions: NDArray[np.float64],
    numbers: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Return the mean features of one crystal, (64,).

    One crystal at a time: in a batch the last bits depend on what else is in it.

    Raises:
        ValueError: an atom has no neighbour.
    """
    from pymatgen.core import Lattice, Structure  # noqa: PLC0415 — slow to import

    graph = network.graph_converter(Structure(Lattice(lattice), numbers.tolist(), positions % 1.0))
    said = network.predict_graph(graph, task="e", return_crystal_feas=True)
    features: NDArray[np.float32] = said["crystal_fea"] / len(numbers)
    return features


@cache
def _network() -> Any:  # noqa: ANN401 — as above
    """Return the trained network; it prints of itself where results go, and its imports warn of torch's plans."""
    with warnings.catch_warnings(), redirect_stdout(StringIO()):
        warnings.simplefilter("ignore", FutureWarning)
        try:
            model = import_module("chgnet.model")
        except ImportError as error:
            message = f"chgnet needs a library that is not installed ({error}): install the package chgnet"
            raise MissingLibraryError(message) from error
        network = model.CHGNet.load(model_name=WEIGHTS, use_device="cpu", verbose=False)
    network.graph_converter.set_isolated_atom_response("error")
    return network


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let torch compute in one thread for a while: the order of its sums, and so the last bits, depends on how many."""
    torch = import_module("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
