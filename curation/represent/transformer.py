"""Transformer: formulas or structures in, a matrix out, with the method names of scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, cast

import numpy as np
import pyarrow as pa

from curation.represent.errors import UnknownRepresentationError, UnrepresentableError
from curation.represent.registry import load_representer
from curation.represent.representer import Columns, CompositionRepresenter

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from curation.represent.composition.compositions import Compositions
    from curation.represent.representer import Features, Representer

    type Container = Literal["default", "pandas", "polars"]

_NAMED = 10


class _Transformer:
    """What the transformers have in common: labels, parameters, containers, failures."""

    def __init__(self, representation: str) -> None:
        self.representation = representation
        self._representer: Representer = load_representer(representation)
        self._container: Container = "default"

    def fit(self, items: object, y: object = None) -> Self:
        """Return the transformer; there is nothing to learn."""
        del items, y
        return self

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:
        """Return one label for each component, (width,)."""
        del input_features
        return np.array(self._representer.spec.labels, dtype=np.object_)

    def get_params(self, *, deep: bool = True) -> dict[str, str]:
        """Return the arguments that the transformer was made with, so that it can be cloned."""
        del deep
        return {"representation": self.representation}

    def set_output(self, *, transform: Container | None = None) -> Self:
        """Let `transform` return a pandas or polars data frame ("pandas", "polars"), or a numpy array ("default")."""
        self._container = transform or self._container
        return self

    def _result(self, features: Features | Columns, items: Any) -> Any:  # noqa: ANN401 — columns; as set_output says
        if isinstance(features, Columns):
            message = f"{self.representation} is no matrix; compute it for a dataset with `matgranary represent`"
            raise UnknownRepresentationError(message)
        if features.failures:
            index = min(features.failures)
            message = f"item {index}, {_written(items, index)}, has no {self.representation} vector: "
            raise UnrepresentableError(message + features.failures[index] + _all_of(features.failures))
        if self._container == "default":
            return features.vectors
        labels = list(self._representer.spec.labels)
        if self._container == "pandas":
            import pandas as pd  # noqa: PLC0415 — only where it is asked for

            kept = items.index if isinstance(items, pd.Series) else None
            return pd.DataFrame(features.vectors, columns=labels, index=kept)
        import polars as pl  # noqa: PLC0415 — only where it is asked for; an extra

        return pl.DataFrame(features.vectors, schema=labels)


class CompositionTransformer(_Transformer):
    """Turns chemical formulas into vectors, the same numbers as those of a dataset version.

    >>> CompositionTransformer("magpie").fit_transform(["Fe2O3", "SiO2"]).shape
    (2, 22)

    Args:
        representation: name, as `representer_names()` lists them; `magpie_mean_max` for other statistics.

    Raises:
        UnknownRepresentationError: no installed package has a representation of this name.
    """

    def __init__(self, representation: str = "magpie") -> None:
        super().__init__(representation)

    def transform(self, formulas: Sequence[str]) -> Any:  # noqa: ANN401 — an array, or what set_output asks for
        """Return the vectors of formulas, (n_formulas, width), in the units of the representation.

        Args:
            formulas: a list, an Arrow, numpy, pandas or polars column of strings.

        Raises:
            UnrepresentableError: a formula is missing, cannot be read or has no vector; names its index and the reason.
        """
        from curation.represent.composition.formulas import read_formulas  # noqa: PLC0415 — it loads numba

        compositions = read_formulas(_column(formulas))
        if isinstance(self._representer, CompositionRepresenter):
            features = self._representer.of_compositions(compositions)
        else:
            features = cast("Features", self._representer.compute(composition_table(compositions)))
        return self._result(features, formulas)

    def fit_transform(self, formulas: Sequence[str], y: object = None) -> Any:  # noqa: ANN401 — as transform
        """Return the vectors of formulas; see `transform`."""
        return self.fit(formulas, y).transform(formulas)


class StructureTransformer(_Transformer):
    """Turns crystal structures into vectors, the same numbers as those of a dataset version.

    Args:
        representation: name, as `representer_names()` lists them.

    Raises:
        UnknownRepresentationError: no installed package has a representation of this name.
    """

    def __init__(self, representation: str = "soap") -> None:
        super().__init__(representation)

    def transform(self, structures: Iterable[Any]) -> Any:  # noqa: ANN401 — an array, or what set_output asks for
        """Return the vectors of structures, (n_structures, width), in the units of the representation.

        Args:
            structures: of pymatgen or ASE, or tuples of lattice (angstrom), fractional positions, atomic numbers.

        Raises:
            UnrepresentableError: a structure has no vector; names its index and the reason.
            TypeError: one is none of these.
        """
        from curation.represent.structure.structure_table import plain_structure, structure_table  # noqa: PLC0415 — as above

        items = list(structures)
        plain = [item if isinstance(item, tuple) else plain_structure(item) for item in items]
        return self._result(self._representer.compute(structure_table(plain)), items)

    def fit_transform(self, structures: Iterable[Any], y: object = None) -> Any:  # noqa: ANN401 — as transform
        """Return the vectors of structures; see `transform`."""
        return self.fit(structures, y).transform(structures)


def _column(formulas: Any) -> Any:  # noqa: ANN401 — a column of any of these libraries
    """Return formulas as a column of Arrow, without a loop where the library allows it; what is missing is null.

    Raises:
        UnrepresentableError: an item is no string; names its index.
    """
    if hasattr(formulas, "to_arrow"):
        return formulas.to_arrow()
    if isinstance(formulas, pa.Array | pa.ChunkedArray):
        return formulas
    items = formulas.to_numpy() if hasattr(formulas, "to_numpy") else formulas
    try:
        return pa.array(items, pa.large_string(), from_pandas=True)
    except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
        others = [index for index, item in enumerate(items) if not isinstance(item, str) and not _is_missing(item)]
        at = others[0] if others else 0
        message = f"item {at}, {_written(formulas, at)}, is no formula: a string is expected, got {items[at]!r}"
        raise UnrepresentableError(message + _all_of(others)) from error


def _is_missing(item: Any) -> bool:  # noqa: ANN401 — whatever stands in a column
    return bool(pa.array([item], from_pandas=True).null_count)


def _written(items: Any, index: int) -> str:  # noqa: ANN401 — a column of any of these libraries
    """Return the item at a place, not at a label, as a message shows it."""
    return repr(str((items.iloc if hasattr(items, "iloc") else items)[index])[:80])


def _all_of(indices: Collection[int]) -> str:
    """Return the places of all items, where there are more than one."""
    if len(indices) < 2:  # noqa: PLR2004 — one is named already
        return ""
    places = ", ".join(str(index) for index in sorted(indices)[:_NAMED])
    return f" ({len(indices)} items in all: {places}{' …' if len(indices) > _NAMED else ''})"


def composition_table(compositions: Compositions) -> pa.Table:
    """Return compositions as the columns elements and amounts, for representers that read nothing else."""
    from curation.represent.composition.compositions import element_order  # noqa: PLC0415 — as above

    counts = np.bincount(compositions.rows, minlength=compositions.n_rows)
    offsets = pa.array(np.concatenate(([0], np.cumsum(counts))), pa.int32())
    symbols = pa.array(np.array(element_order())[compositions.codes])
    amounts = pa.array(compositions.fractions * compositions.totals[compositions.rows])
    return pa.table(
        {
            "elements": pa.ListArray.from_arrays(offsets, symbols),
            "amounts": pa.ListArray.from_arrays(offsets, amounts),
        }
    )
