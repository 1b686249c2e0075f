from __future__ import annotations

import os
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

from curation.parallel import spread

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_one_worker_and_two_give_the_same_in_the_same_order() -> None:
    parts = list(range(-20, 20))
    alone, two = list(spread(abs, parts, workers=1)), list(spread(abs, parts, workers=2))
    assert alone == two == [abs(part) for part in parts]


def test_one_worker_stays_in_this_process() -> None:
    assert list(spread(own_process, [0], workers=1)) == [os.getpid()]


def own_process(_: int) -> int:
    return os.getpid()


def test_parts_are_read_a_few_ahead_only() -> None:
    read: list[int] = []

    def parts() -> Iterator[int]:
        for number in range(100):
            read.append(number)
            yield number

    results = spread(abs, parts(), workers=2)
    assert next(results) == 0
    assert len(read) <= 5
    assert isinstance(results, Generator)
    results.close()
    assert len(read) <= 5


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_part_reaches_the_caller(workers: int) -> None:
    results = spread(int, ["1", "x", "3"], workers=workers)
    assert next(results) == 1
    with pytest.raises(ValueError, match="invalid literal"):
        list(results)


def test_nothing_to_do_starts_nothing() -> None:
    assert list(spread(abs, [], workers=2)) == []
