"""Metrics: vectors in, how near each is to each other out."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Metric(StrEnum):
    """How two vectors are compared; the first three grow with likeness, the others with distance."""

    COSINE = "cosine"
    PEARSON = "pearson"
    SPEARMAN = "spearman"
    EUCLIDEAN = "euclidean"
    MANHATTAN = "manhattan"
    CHEBYSHEV = "chebyshev"

    @property
    def is_similarity(self) -> bool:
        """Whether larger means more alike."""
        return self in {Metric.COSINE, Metric.PEARSON, Metric.SPEARMAN}


def pairwise(vectors: NDArray[np.float64], metric: Metric) -> NDArray[np.float64]:
    """Return the likeness or distance of all pairs of rows, (n, n).

    Args:
        vectors: (n, width), finite.
        metric: cosine, Pearson and Spearman lie between -1 and 1; the others have the unit of the vectors.

    Raises:
        ValueError: a vector has no direction (cosine) or no spread (correlations); names the first row.
    """
    if metric.is_similarity:
        return _cosines(_prepared(np.asarray(vectors, dtype=np.float64), metric))
    from scipy.spatial.distance import cdist  # noqa: PLC0415 — slow to import

    names = {Metric.EUCLIDEAN: "euclidean", Metric.MANHATTAN: "cityblock", Metric.CHEBYSHEV: "chebyshev"}
    distances: NDArray[np.float64] = cdist(vectors, vectors, metric=names[metric])  # type: ignore[call-overload] # one of the three names
    return distances


def _prepared(vectors: NDArray[np.float64], metric: Metric) -> NDArray[np.float64]:
    if metric is Metric.SPEARMAN:
        from scipy.stats import rankdata  # noqa: PLC0415 — slow to import

        vectors = rankdata(vectors, axis=1)
    return vectors if metric is Metric.COSINE else vectors - vectors.mean(axis=1, keepdims=True)


def _cosines(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1)
    if not lengths.all():
        message = f"vector {int(np.argmin(lengths))} is zero or constant: it is like and unlike any other"
        raise ValueError(message)
    unit = vectors / lengths[:, np.newaxis]
    cosines: NDArray[np.float64] = np.clip(unit @ unit.T, -1.0, 1.0)
    return cosines
