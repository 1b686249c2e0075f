from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from curation.represent.composition.fractions import Fraction, OneHot

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa


def test_component_z_minus_1_is_the_element_of_atomic_number_z(lists: Callable[..., pa.Table]) -> None:
    part = lists([["Fe", "O"], ["Og"]], [[2.0, 3.0], [1.0]])
    fractions = Fraction().compute(part).vectors
    assert fractions.shape == (2, 118)
    assert fractions.dtype == np.float32
    assert {int(z) + 1: float(fractions[0, z]) for z in np.flatnonzero(fractions[0])} == {
        8: np.float32(0.6),
        26: np.float32(0.4),
    }
    assert np.flatnonzero(fractions[1]).tolist() == [117]


def test_one_hot_tells_presence_only(lists: Callable[..., pa.Table]) -> None:
    presence = OneHot().compute(lists([["Fe", "O"], ["Fe", "O"]], [[2.0, 3.0], [1.0, 1.0]])).vectors
    assert np.array_equal(presence[0], presence[1])
    assert presence[0].sum() == 2.0


def test_isotopes_count_as_hydrogen(lists: Callable[..., pa.Table]) -> None:
    part = lists([["D", "H", "O", "T"]], [[1.0, 2.0, 1.0, 1.0]])
    fractions = Fraction().compute(part).vectors
    assert fractions[0, 0] == np.float32(0.8)
    assert OneHot().compute(part).vectors.sum() == 2.0


def test_labels_are_the_symbols_by_atomic_number() -> None:
    assert OneHot().spec.labels[:3] == ("H", "He", "Li")
    assert OneHot().spec.labels[-1] == "Og"
