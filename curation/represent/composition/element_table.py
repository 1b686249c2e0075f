"""Element tables: a material as the mean, over its atoms, of tabulated properties of the elements.

A cell that the table does not have is not filled in: a material that holds such an element gets no vector but
a reason that names the element and the properties. `tables/README.md` tells where the tables come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from curation.represent.composition.compositions import element_order, read_compositions
from curation.represent.composition.fractions import INVARIANCES
from curation.represent.composition.pooling import mean_pooled
from curation.represent.composition.table_files import TABLES, read_table_bytes
from curation.represent.representer import Features
from schemas.representation import Needs, RepresentationSpec

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from curation.represent.composition.compositions import Compositions

_SHOWN = 3


@dataclass(frozen=True, eq=False)
class ElementTable:
    """Properties of the elements.

    Attributes:
        labels: name of each property.
        values: (118, n_properties), rows in the order of `element_order()`, 0 where a value is missing.
        missing: what is missing, in words, by index of the element.
    """

    labels: tuple[str, ...]
    values: NDArray[np.float64]
    missing: dict[int, str]


class Magpie:
    """Mean over the atoms of 22 properties (Ward et al., 2016, doi:10.1038/npjcompumats.2016.28)."""

    def __init__(self) -> None:
        self._table = element_table("magpie")
        self.spec = _spec("magpie", self._table, title="Magpie elemental properties, mean over the atoms")

    def compute(self, part: pa.Table) -> Features:
        """Return the mean properties, (n_rows, 22), in the units that `tables/README.md` lists."""
        return _compute(self._table, part)


class Mat2vec:
    """Mean over the atoms of word vectors (Tshitoyan et al., 2019, doi:10.1038/s41586-019-1335-8)."""

    def __init__(self) -> None:
        self._table = element_table("mat2vec")
        self.spec = _spec("mat2vec", self._table, title="mat2vec word vectors, mean over the atoms")

    def compute(self, part: pa.Table) -> Features:
        """Return the mean word vectors, (n_rows, 200), dimensionless."""
        return _compute(self._table, part)


@cache
def element_table(name: str) -> ElementTable:
    """Return a table of the elements.

    Raises:
        DamagedInputError: the file does not hold the bytes that its hash stands for.
    """
    table = pq.read_table(BytesIO(read_table_bytes(name)))
    labels = tuple(label for label in table.column_names if label != "element")
    given = np.column_stack([table[label].to_numpy() for label in labels]).astype(np.float64)
    values = np.full((len(element_order()), len(labels)), np.nan)
    values[[element_order().index(symbol) for symbol in table["element"].to_pylist()]] = given
    missing = {int(code): _what_is_missing(int(code), values, labels) for code in _incomplete(values)}
    return ElementTable(labels, np.nan_to_num(values, nan=0.0), missing)


def _incomplete(values: NDArray[np.float64]) -> NDArray[np.intp]:
    return np.flatnonzero(np.isnan(values).any(axis=1))


def _what_is_missing(code: int, values: NDArray[np.float64], labels: tuple[str, ...]) -> str:
    absent = [label for label, value in zip(labels, values[code], strict=True) if np.isnan(value)]
    what = "row" if len(absent) == len(labels) else " or ".join(absent[:_SHOWN])
    return f"no {what} for {element_order()[code]}"


def _compute(table: ElementTable, part: pa.Table) -> Features:
    compositions = read_compositions(part)
    failures = dict(compositions.failures) | _failures(compositions, table)
    return Features(mean_pooled(compositions, table.values), failures)


def _failures(compositions: Compositions, table: ElementTable) -> dict[int, str]:
    """Name every element of a row that the table does not have; loops over such pairs alone."""
    reasons: dict[int, list[str]] = {}
    for pair in np.flatnonzero(np.isin(compositions.codes, list(table.missing))).tolist():
        reasons.setdefault(int(compositions.rows[pair]), []).append(table.missing[int(compositions.codes[pair])])
    return {row: f"the table has {', '.join(missing)}" for row, missing in reasons.items()}


def _spec(name: str, table: ElementTable, *, title: str) -> RepresentationSpec:
    file = TABLES[name]
    return RepresentationSpec(
        name=name,
        version="1",
        title=title,
        needs=Needs.COMPOSITION,
        width=len(table.labels),
        labels=table.labels,
        parameters={"pooling": "mean", "missing": "fail", "table_sha256": file.sha256},
        invariances=INVARIANCES,
        licence=file.licence,
        origin=file.origin,
    )
