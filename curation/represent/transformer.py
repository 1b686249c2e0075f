"""Transformer: formulas in, a matrix out, with the method names of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa

from curation.represent.errors import UnrepresentableError
from curation.represent.registry import load_representer
from schemas.formula import FormulaError, parse_formula

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class CompositionTransformer:
    """Turns chemical formulas into vectors, the same bits as those of a dataset version.

    >>> CompositionTransformer("magpie").fit_transform(["Fe2O3", "SiO2"]).shape
    (2, 22)

    Args:
        representation: name, as `representer_names()` lists them.

    Raises:
        UnknownRepresentationError: no installed package has a representation of this name.
    """

    def __init__(self, representation: str = "magpie") -> None:
        self.representation = representation
        self._representer = load_representer(representation)

    def fit(self, formulas: Sequence[str], y: object = None) -> Self:
        """Return the transformer; there is nothing to learn."""
        del formulas, y
        return self

    def transform(self, formulas: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of formulas, (n_formulas, width), in the units of the representation.

        Raises:
            UnrepresentableError: a formula cannot be read or has no vector; names its index and the reason.
        """
        amounts = [_parsed(index, text) for index, text in enumerate(formulas)]
        columns: dict[str, pa.Array[Any]] = {
            "elements": pa.array([list(one) for one in amounts], pa.list_(pa.string())),
            "amounts": pa.array([list(one.values()) for one in amounts], pa.list_(pa.float64())),
        }
        features = self._representer.compute(pa.table(columns))
        if features.failures:
            index = min(features.failures)
            more = f" ({len(features.failures)} formulas in all)" if len(features.failures) > 1 else ""
            message = f"formula {index}, {formulas[index]!r}, has no {self.representation} vector: "
            raise UnrepresentableError(message + features.failures[index] + more)
        return features.vectors

    def fit_transform(self, formulas: Sequence[str], y: object = None) -> NDArray[np.float32]:
        """Return the vectors of formulas; see `transform`."""
        return self.fit(formulas, y).transform(formulas)

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return one label for each component, (width,)."""
        del input_features
        return np.array(self._representer.spec.labels, dtype=np.object_)

    def get_params(self, *, deep: bool = True) -> dict[str, str]:
        """Return the arguments that the transformer was made with, so that it can be cloned."""
        del deep
        return {"representation": self.representation}


def _parsed(index: int, text: str) -> dict[str, float]:
    try:
        return parse_formula(text)
    except FormulaError as error:
        message = f"formula {index}: {error}"
        raise UnrepresentableError(message) from error
