"""Datasets: a ledger that does not add up cannot be made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.dataset import Sums

COUNTS = st.integers(0, 10**9)


@given(COUNTS, COUNTS, COUNTS)
def test_sums_that_add_up_are_made(kept: int, merged: int, quarantined: int) -> None:
    sums = Sums(harvested=kept + merged + quarantined, kept=kept, merged=merged, quarantined=quarantined)
    assert sums.kept == kept


@given(COUNTS, COUNTS, COUNTS, st.integers(1, 9))
def test_sums_that_lose_or_make_a_row_are_refused(kept: int, merged: int, quarantined: int, lost: int) -> None:
    with pytest.raises(ValidationError, match="does not add up"):
        Sums(harvested=kept + merged + quarantined + lost, kept=kept, merged=merged, quarantined=quarantined)
