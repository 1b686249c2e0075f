"""Element tables: a material as statistics, over its atoms, of tabulated properties of the elements.

A cell that the table does not have is not filled in: a material that holds such an element gets no vector but
a reason that names the element and the properties. `tables/README.md` tells where the tables come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq

from curation.represent.composition.compositions import element_order, read_compositions
from curation.represent.composition.fractions import INVARIANCES
from curation.represent.composition.pooling import Pooling, pooled
from curation.represent.composition.table_files import TABLES, read_table_bytes
from curation.represent.representer import Features
from schemas.representation import Invariance, Needs, RepresentationSpec

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


class TableRepresenter:
    """Statistics, over the atoms of a formula, of the properties in an element table.

    Args:
        name: of the table, see `TABLES`.
        poolings: statistics, one behind the other.
    """

    def __init__(self, name: str, poolings: tuple[Pooling, ...] = (Pooling.MEAN,)) -> None:
        self._table = element_table(name)
        self._name, self._poolings = name, poolings
        self.spec = _spec(name, self._table, poolings)

    def with_poolings(self, poolings: tuple[Pooling, ...]) -> TableRepresenter:
        """Return the representation of the same table with other statistics."""
        return TableRepresenter(self._name, poolings)

    def compute(self, part: pa.Table) -> Features:
        """Return the statistics, (n_rows, width), in the units that `tables/README.md` lists."""
        return self.of_compositions(read_compositions(part))

    def of_compositions(self, compositions: Compositions) -> Features:
        """Return the statistics of compositions; see `compute`."""
        vectors = pooled(compositions, self._table.values, self._poolings)
        return Features(vectors, table_failures(compositions, self._table) | not_finite(vectors))


@cache
def element_table(name: str) -> ElementTable:
    """Return a table of the elements.

    Raises:
        DamagedInputError: the file does not hold the bytes that its hash stands for.
    """
    # Neither `read_table` nor `to_numpy`: they load pandas, which takes longer than all else here.
    table = pq.ParquetFile(BytesIO(read_table_bytes(name))).read()
    labels = tuple(label for label in table.column_names if label != "element")
    given = np.array([table[label].to_pylist() for label in labels], dtype=np.float64).T  # null becomes nan
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


def table_failures(compositions: Compositions, table: ElementTable) -> dict[int, str]:
    """Return why rows have no statistics: no composition, or elements that the table does not have."""
    return dict(compositions.failures) | _failures(compositions, table)


def not_finite(vectors: NDArray[Any]) -> dict[int, str]:
    """Return the rows whose statistic is not defined, such as a geometric mean of negative numbers."""
    rows = np.flatnonzero(~np.isfinite(vectors).all(axis=1)).tolist()
    return dict.fromkeys(
        rows, "a statistic is not defined: a geometric mean needs positive, a harmonic non-zero numbers"
    )


def _failures(compositions: Compositions, table: ElementTable) -> dict[int, str]:
    """Name every element of a row that the table does not have; loops over such pairs alone."""
    lacking = np.zeros(len(element_order()), dtype=np.bool_)
    lacking[list(table.missing)] = True
    reasons: dict[int, list[str]] = {}
    for pair in np.flatnonzero(lacking[compositions.codes]).tolist():
        reasons.setdefault(int(compositions.rows[pair]), []).append(table.missing[int(compositions.codes[pair])])
    return {row: f"the table has {', '.join(missing)}" for row, missing in reasons.items()}


def _spec(name: str, table: ElementTable, poolings: tuple[Pooling, ...]) -> RepresentationSpec:
    file = TABLES[name]
    plain = poolings == (Pooling.MEAN,)
    words = [pooling.name.lower() for pooling in poolings]
    labels = tuple(label if plain else f"{word}_{label}" for word in words for label in table.labels)
    return RepresentationSpec(
        name=name if plain else "_".join([name, *words]),
        version="2",
        title=f"{file.title}, {' and '.join(word.replace('_', ' ') for word in words)} over the atoms",
        needs=Needs.COMPOSITION,
        width=len(labels),
        labels=labels,
        parameters={"pooling": ",".join(words), "missing": "fail", "table_sha256": file.sha256},
        invariances=tuple(i for i in INVARIANCES if Pooling.SUM not in poolings or i is not Invariance.SUPERCELL),
        licence=file.licence,
        origin=file.origin,
    )


def crystallm() -> TableRepresenter:
    """Return the mean CrystaLLM vector."""
    return TableRepresenter("crystallm")


def magpie() -> TableRepresenter:
    """Return the mean of 22 properties (Ward et al., 2016, doi:10.1038/npjcompumats.2016.28)."""
    return TableRepresenter("magpie")


def mat2vec() -> TableRepresenter:
    """Return the mean word vector (Tshitoyan et al., 2019, doi:10.1038/s41586-019-1335-8)."""
    return TableRepresenter("mat2vec")


def matscholar() -> TableRepresenter:
    """Return the mean Matscholar vector."""
    return TableRepresenter("matscholar")


def megnet16() -> TableRepresenter:
    """Return the mean MEGNet vector."""
    return TableRepresenter("megnet16")


def mod_pettifor() -> TableRepresenter:
    """Return the mean place on the modified Pettifor scale."""
    return TableRepresenter("mod_pettifor")


def oliynyk() -> TableRepresenter:
    """Return the mean of Oliynyk's 44 properties."""
    return TableRepresenter("oliynyk")


def random200() -> TableRepresenter:
    """Return the mean random vector, the baseline."""
    return TableRepresenter("random200")


def skipatom() -> TableRepresenter:
    """Return the mean SkipAtom vector."""
    return TableRepresenter("skipatom")
