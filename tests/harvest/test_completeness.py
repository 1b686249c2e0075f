"""Completeness: nothing is whole unless the counts say so."""

from __future__ import annotations

import pytest

from harvest.completeness import Completeness
from harvest.errors import ContractError
from harvest.source import Gap, Page, RawObject


def page(promised: int | None = None, version: str | None = None) -> Page:
    return Page(RawObject("", b"", "", "http://127.0.0.1/p", ""), promised=promised, version=version)


@pytest.mark.parametrize(
    ("pages", "received", "missing"),
    [
        ([page(2), page(2)], 2, ()),
        ([page(), page()], 7, ()),
        ([page(3)], 4, ()),
        ([page(3)], 2, ("3 records promised, 2 distinct ones received",)),
        ([page(3), page(4)], 4, ("the source changed its count during the harvest (3, 4 records)",)),
        ([page(version="1"), page(version="2")], 1, ("the source changed its version during the harvest (1, 2)",)),
    ],
)
def test_what_is_missing_is_said(pages: list[Page], received: int, missing: tuple[str, ...]) -> None:
    found = Completeness()
    for one in pages:
        found.take(one, n_items=1, n_new=1)
    assert found.missing(received, []) == missing


def test_gaps_are_named_the_first_of_them() -> None:
    gaps = [Gap(f"GET {number}", "status 500") for number in range(5)]
    missing = Completeness().missing(1, gaps)
    assert missing[0] == "could not be had: GET 0 (status 500)"
    assert missing[-1] == "and 2 more parts that could not be had"


def test_a_source_that_goes_in_a_circle_is_left() -> None:
    found = Completeness()
    for n_new in (5, 0, 0):
        found.take(page(), n_items=5, n_new=n_new)
    with pytest.raises(ContractError, match="3 pages in a row brought only records that came before"):
        found.take(page(), n_items=5, n_new=0)


def test_pages_without_records_are_no_circle() -> None:
    found = Completeness()
    for _ in range(10):
        found.take(page(), n_items=0, n_new=0)
    assert found.missing(0, []) == ()
