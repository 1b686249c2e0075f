"""Magpie statistics: the 132 attributes that models of compositions are most often fed, as matminer defines them.

Six statistics of each of the 22 elemental properties, in matminer's order and under its labels (preset "magpie" of its
ElementProperty). An element that Magpie has no value for fails the row; matminer fills in an average without a mark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.represent.composition.compositions import read_compositions
from curation.represent.composition.element_table import element_table, table_failures
from curation.represent.composition.fractions import INVARIANCES
from curation.represent.composition.pooling import Pooling, pooled
from curation.represent.composition.table_files import TABLES
from curation.represent.representer import Features
from schemas.representation import Needs, RepresentationSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from curation.represent.composition.compositions import Compositions

_STATISTICS = {
    "minimum": Pooling.MIN,
    "maximum": Pooling.MAX,
    "range": Pooling.RANGE,
    "mean": Pooling.MEAN,
    "avg_dev": Pooling.AVG_DEV,
    "mode": Pooling.MODE,
}


class MagpieStatistics:
    """Least, greatest, range, mean, average deviation and mode of Magpie's 22 properties (Ward et al., 2016)."""

    def __init__(self) -> None:
        self._table = element_table("magpie")
        labels = tuple(f"MagpieData {name} {label}" for label in self._table.labels for name in _STATISTICS)
        self.spec = RepresentationSpec(
            name="magpie_statistics",
            version="1",
            title="Magpie's 132 attributes, as matminer orders them",
            needs=Needs.COMPOSITION,
            width=len(labels),
            labels=labels,
            parameters={"missing": "fail", "table_sha256": TABLES["magpie"].sha256},
            invariances=INVARIANCES,
            licence=TABLES["magpie"].licence,
            origin=TABLES["magpie"].origin,
        )

    def compute(self, part: pa.Table) -> Features:
        """Return the attributes, (n_rows, 132), float64, in the units that `tables/README.md` lists."""
        return self.of_compositions(read_compositions(part))

    def of_compositions(self, compositions: Compositions) -> Features:
        """Return the attributes of compositions; see `compute`."""
        kinds = tuple(_STATISTICS.values())
        vectors = pooled(compositions, self._table.values, kinds, single=False, by_property=True)
        return Features(vectors, table_failures(compositions, self._table))
