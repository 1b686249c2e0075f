from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.represent.composition.compositions import element_order
from curation.represent.composition.element_table import TableRepresenter, element_table, magpie, mat2vec

if TYPE_CHECKING:
    from collections.abc import Callable

FORMULAS = [["Fe", "O"], ["O", "Si"], ["Cl", "Na"], ["Ba", "Cu", "O", "Y"], ["C"], ["Ca", "F", "O", "P"]]
AMOUNTS = [[2.0, 3.0], [2.0, 1.0], [1.0, 1.0], [2.0, 3.0, 7.0, 1.0], [1.0], [5.0, 1.0, 12.0, 3.0]]


def complete(name: str) -> list[str]:
    return [symbol for code, symbol in enumerate(element_order()) if code not in element_table(name).missing]


def rows(name: str) -> st.SearchStrategy[list[dict[str, float]]]:
    amounts = st.one_of(st.integers(1, 99).map(float), st.floats(1e-3, 1e3))
    return st.lists(st.dictionaries(st.sampled_from(complete(name)), amounts, min_size=1, max_size=9), max_size=15)


def part(compositions: list[dict[str, float]]) -> pa.Table:
    return pa.table(
        {
            "elements": pa.array([list(row) for row in compositions], pa.list_(pa.string())),
            "amounts": pa.array([list(row.values()) for row in compositions], pa.list_(pa.float64())),
        }
    )


def mean(name: str, row: dict[str, float]) -> list[np.float32]:
    """The mean in plain Python, element by element in alphabetical order, rounded to float32 at the end."""
    table, symbols = element_table(name), sorted(row)
    total = 0.0
    for symbol in symbols:
        total += row[symbol]
    sums = [0.0] * len(table.labels)
    for symbol in symbols:
        properties = table.values[element_order().index(symbol)].tolist()
        sums = [done + row[symbol] / total * value for done, value in zip(sums, properties, strict=True)]
    return [np.float32(value) for value in sums]


@given(rows("magpie"))
def test_magpie_equals_plain_python_to_the_last_bit(compositions: list[dict[str, float]]) -> None:
    features = magpie().compute(part(compositions))
    assert features.vectors.tolist() == [[float(x) for x in mean("magpie", row)] for row in compositions]
    assert not features.failures


@given(rows("mat2vec"))
def test_mat2vec_equals_plain_python_to_the_last_bit(compositions: list[dict[str, float]]) -> None:
    features = mat2vec().compute(part(compositions))
    assert features.vectors.tolist() == [[float(x) for x in mean("mat2vec", row)] for row in compositions]
    assert not features.failures


def test_haematite_by_hand(lists: Callable[..., pa.Table]) -> None:
    table = magpie()
    vector = table.compute(lists([["Fe", "O"]], [[2.0, 3.0]])).vectors[0]
    found = dict(zip(table.spec.labels, vector.tolist(), strict=True))
    by_hand = {
        "Number": (2 * 26 + 3 * 8) / 5,
        "AtomicWeight": (2 * 55.845 + 3 * 15.9994) / 5,
        "MeltingT": (2 * 1811.0 + 3 * 54.8) / 5,
        "CovalentRadius": (2 * 132.0 + 3 * 66.0) / 5,
        "Electronegativity": (2 * 1.83 + 3 * 3.44) / 5,
        "NValence": (2 * 8 + 3 * 6) / 5,
    }
    assert {label: found[label] for label in by_hand} == pytest.approx(by_hand, rel=1e-7)


@pytest.mark.parametrize(
    ("representer", "sha256"),
    [
        (magpie, "b2d39f98af81a955552a689e7ea5afbb2987a426318d38d422a11f94def16f75"),
        (mat2vec, "d8efdc535fc801df060b58349c4cdf991db7037ddbb58ae10b1661555234b5d4"),
    ],
)
def test_the_bits_are_the_same_on_every_machine(
    lists: Callable[..., pa.Table], representer: Callable[[], TableRepresenter], sha256: str
) -> None:
    vectors = representer().compute(lists(FORMULAS, AMOUNTS)).vectors
    assert hashlib.sha256(vectors.astype("<f4").tobytes()).hexdigest() == sha256


@pytest.mark.parametrize(
    ("symbol", "reason"),
    [
        ("He", "the table has no MeltingT or Electronegativity for He"),
        ("Bk", "the table has no CovalentRadius for Bk"),
        ("Og", "the table has no row for Og"),
    ],
)
def test_an_element_that_the_table_lacks_is_named(lists: Callable[..., pa.Table], symbol: str, reason: str) -> None:
    features = magpie().compute(lists([["Fe"], ["O", symbol], ["O"]], [[1.0], [1.0, 1.0], [1.0]]))
    assert features.failures == {1: reason}
    assert np.isfinite(features.vectors).all()


def test_every_element_that_is_lacking_is_named(lists: Callable[..., pa.Table]) -> None:
    features = magpie().compute(lists([["He", "Og"]], [[1.0, 1.0]]))
    assert features.failures == {
        0: "the table has no MeltingT or Electronegativity for He, no row for Og",
    }


def test_mat2vec_has_every_element() -> None:
    assert element_table("mat2vec").missing == {}
    assert element_table("mat2vec").values.shape == (118, 200)


def test_more_rows_than_a_block_holds(lists: Callable[..., pa.Table]) -> None:
    times = 1000
    few, many = magpie().compute(lists(FORMULAS, AMOUNTS)), magpie().compute(lists(FORMULAS * times, AMOUNTS * times))
    assert np.array_equal(many.vectors, np.tile(few.vectors, (times, 1)))
