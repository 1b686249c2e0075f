from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curation.represent.composition.compositions import element_order, read_compositions
from curation.represent.composition.fractions import Fraction
from schemas.elements import elements

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

AMOUNTS = st.one_of(st.integers(1, 99).map(float), st.floats(1e-3, 1e3))
ROWS = st.lists(st.lists(st.tuples(st.sampled_from(element_order()), AMOUNTS), min_size=1, max_size=9), max_size=20)


def table(rows: list[list[tuple[str, float]]]) -> pa.Table:
    return pa.table(
        {
            "elements": pa.array([[symbol for symbol, _ in row] for row in rows], pa.list_(pa.string())),
            "amounts": pa.array([[amount for _, amount in row] for row in rows], pa.list_(pa.float64())),
        }
    )


def expected(row: list[tuple[str, float]]) -> dict[str, float]:
    """The same in plain Python: amounts of an element added from the smallest up, elements in alphabetical order."""
    amounts: dict[str, float] = {}
    for symbol, amount in sorted(row):
        amounts[symbol] = amounts.get(symbol, 0.0) + amount
    total = 0.0
    for amount in amounts.values():
        total += amount
    return {symbol: amount / total for symbol, amount in amounts.items()}


@given(ROWS)
def test_fractions_equal_those_of_plain_python_to_the_last_bit(rows: list[list[tuple[str, float]]]) -> None:
    found = read_compositions(table(rows))
    read: list[dict[str, float]] = [{} for _ in rows]
    for row, code, fraction in zip(found.rows, found.codes, found.fractions, strict=True):
        read[row][element_order()[code]] = float(fraction)
    assert read == [expected(row) for row in rows]
    assert not found.failures


@given(ROWS, st.randoms())
def test_the_order_of_the_elements_does_not_matter(rows: list[list[tuple[str, float]]], random: Random) -> None:
    shuffled = [list(row) for row in rows]
    for row in shuffled:
        random.shuffle(row)
    one, two = Fraction().compute(table(rows)), Fraction().compute(table(shuffled))
    assert one.vectors.tobytes() == two.vectors.tobytes()


@given(ROWS, st.integers(0, 19), st.integers(0, 19))
def test_a_row_depends_on_itself_alone(rows: list[list[tuple[str, float]]], start: int, length: int) -> None:
    whole, some = table(rows), table(rows).slice(start, length)
    vectors = Fraction().compute(whole).vectors
    assert np.array_equal(Fraction().compute(some).vectors, vectors[start : start + length])


def test_other_list_types_are_read_too() -> None:
    part = pa.table(
        {
            "elements": pa.array([["Fe", "O"]]).cast(pa.large_list(pa.dictionary(pa.int32(), pa.string()))),
            "amounts": pa.array([[2, 3]], pa.list_(pa.int64())),
        }
    )
    assert read_compositions(part).fractions.tolist() == [0.4, 0.6]


def test_chunks_make_no_difference() -> None:
    one = table([[("Fe", 2.0), ("O", 3.0)], [("Si", 1.0)]])
    many = pa.concat_tables([one.slice(0, 1), one.slice(1, 1)])
    assert many["elements"].num_chunks == 2
    assert np.array_equal(Fraction().compute(many).vectors, Fraction().compute(one).vectors)


@pytest.mark.parametrize(
    ("symbols", "amounts", "reason"),
    [
        (None, [1.0], "elements or amounts is missing"),
        (["Fe"], None, "elements or amounts is missing"),
        ([], [], "it holds no element"),
        (["Fe", "O"], [2.0], "2 elements but 1 amounts"),
        (["Fe", "Xx"], [2.0, 3.0], "'Xx' is not an element"),
        (["Fe", None], [2.0, 3.0], "None is not an element"),
        (["Fe", "O"], [2.0, None], "the amount of O is nan, expected a positive number"),
        (["Fe", "O"], [2.0, 0.0], "the amount of O is 0, expected a positive number"),
        (["Fe", "O"], [2.0, -1.0], "the amount of O is -1, expected a positive number"),
        (["Fe", "O"], [2.0, float("inf")], "the amount of O is inf, expected a positive number"),
    ],
)
def test_a_row_that_cannot_be_read_fails_alone(
    lists: Callable[..., pa.Table], symbols: object, amounts: object, reason: str
) -> None:
    part = lists([["Si", "O"], symbols, ["Na"]], [[1.0, 2.0], amounts, [1.0]])
    found = read_compositions(part)
    assert found.failures == {1: reason}
    assert found.rows.tolist() == [0, 0, 2]
    assert np.isfinite(found.fractions).all()


def test_the_order_covers_every_element_once() -> None:
    assert sorted(elements()) == list(element_order())
