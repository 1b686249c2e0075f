"""Maps: vectors in, places on a plane out: principal components, t-SNE and UMAP."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from curation.represent.errors import MissingLibraryError

if TYPE_CHECKING:
    from numpy.typing import NDArray


class MapMethod(StrEnum):
    """How vectors are laid out on a plane."""

    PCA = "pca"
    TSNE = "tsne"
    UMAP = "umap"


@dataclass(frozen=True, eq=False)
class PlaneMap:
    """Places on a plane.

    Attributes:
        places: (n, 2).
        axes: what the two axes are.
    """

    places: NDArray[np.float64]
    axes: tuple[str, str]


def plane_map(vectors: NDArray[np.float64], method: MapMethod, *, standardise: bool = True, seed: int = 0) -> PlaneMap:
    """Lay vectors out on a plane.

    Args:
        vectors: (n, width), finite; n is at least 3.
        method: PCA needs numpy alone, t-SNE scikit-learn, UMAP umap-learn (the extra `maps`).
        standardise: bring each component to mean 0 and spread 1 first, so that units do not decide.
        seed: of t-SNE and UMAP.

    Raises:
        MissingLibraryError: the library of the method is not installed.
    """
    prepared = _standardised(vectors) if standardise else vectors - vectors.mean(axis=0)
    if method is MapMethod.PCA:
        return _principal_components(prepared)
    try:
        places = _tsne(prepared, seed) if method is MapMethod.TSNE else _umap(prepared, seed)
    except ImportError as error:
        message = f"{method} needs a library that is not installed ({error}): install matgranary[maps], or use pca"
        raise MissingLibraryError(message) from error
    return PlaneMap(places, (f"{method} 1", f"{method} 2"))


def _standardised(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = vectors.std(axis=0)
    return (vectors - vectors.mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _principal_components(centred: NDArray[np.float64]) -> PlaneMap:
    """Return the two components of greatest spread; each points to where its largest loading is positive."""
    _, lengths, directions = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(directions[:2]).argmax(axis=1)
    signs = np.sign(directions[np.arange(2), largest])
    shares = lengths**2 / (lengths**2).sum()
    axes = (f"component 1 ({shares[0]:.0%} of the variance)", f"component 2 ({shares[1]:.0%})")
    return PlaneMap(centred @ (directions[:2] * signs[:, np.newaxis]).T, axes)


def _tsne(vectors: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    manifold = import_module("sklearn.manifold")
    perplexity = min(30.0, (len(vectors) - 1) / 3)
    places: NDArray[np.float64] = manifold.TSNE(init="pca", perplexity=perplexity, random_state=seed).fit_transform(
        vectors
    )
    return places


def _umap(vectors: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    places: NDArray[np.float64] = import_module("umap").UMAP(random_state=seed, n_jobs=1).fit_transform(vectors)
    return places
