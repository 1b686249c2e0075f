from __future__ import annotations

import numpy as np
import pytest

from curation.represent.composition.compositions import element_order
from curation.represent.composition.formulas import read_formulas
from curation.represent.composition.pooling import Pooling, pooled
from curation.represent.registry import load_representer, with_poolings


def table(**values: list[float]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    rows = np.zeros((118, len(next(iter(values.values())))))
    for symbol, row in values.items():
        rows[element_order().index(symbol)] = row
    return rows


def test_the_lecture_pools_iron_oxide_so() -> None:
    lecture = table(Fe=[0.5, 0.1, 0.0, 0.8], O=[0.3, 0.3, 0.1, 0.6])
    mean = pooled(read_formulas(["Fe2O3"]), lecture, (Pooling.MEAN,), single=False)
    assert mean[0] == pytest.approx([0.38, 0.22, 0.06, 0.68])
    assert np.round(mean[0], 1).tolist() == [0.4, 0.2, 0.1, 0.7]


def test_each_statistic_by_hand() -> None:
    values = table(Fe=[4.0], O=[1.0])
    by_hand = {
        Pooling.MEAN: 2.2,
        Pooling.SUM: 11.0,
        Pooling.MAX: 4.0,
        Pooling.MIN: 1.0,
        Pooling.RANGE: 3.0,
        Pooling.VARIANCE: 0.4 * 1.8**2 + 0.6 * 1.2**2,
        Pooling.STD: np.sqrt(0.4 * 1.8**2 + 0.6 * 1.2**2),
        Pooling.AVG_DEV: 0.4 * 1.8 + 0.6 * 1.2,
        Pooling.MODE: 1.0,
        Pooling.GEOMETRIC_MEAN: 4.0**0.4,
        Pooling.HARMONIC_MEAN: 1.0 / (0.4 / 4.0 + 0.6),
    }
    assert set(by_hand) == set(Pooling)
    got = pooled(read_formulas(["Fe2O3"]), values, tuple(by_hand), single=False)[0]
    assert got == pytest.approx(list(by_hand.values()), rel=1e-12)


def test_the_mode_is_the_least_of_the_most_frequent() -> None:
    assert pooled(read_formulas(["FeO"]), table(Fe=[4.0], O=[1.0]), (Pooling.MODE,))[0, 0] == 1.0


def test_a_statistic_that_is_not_defined_is_a_reason() -> None:
    representer = load_representer("mat2vec_geometric_mean")
    assert "not defined" in representer.of_compositions(read_formulas(["Fe2O3"])).failures[0]  # type: ignore[attr-defined] # a table representer


def test_names_carry_the_statistics() -> None:
    name = with_poolings("magpie", ["mean", "avg_dev"])
    spec = load_representer(name).spec
    assert (name, spec.width) == ("magpie_mean_avg_dev", 44)
    assert spec.labels[0] == "mean_Number"
    assert spec.labels[22] == "avg_dev_Number"
    assert with_poolings("fraction", ["max"]) == "fraction"
