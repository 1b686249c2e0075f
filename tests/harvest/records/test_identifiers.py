"""Identifiers: a column of them is what one at a time would be."""

from __future__ import annotations

import base64
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from harvest.records.identifiers import SEPARATOR, short_id, short_ids


@given(st.lists(st.lists(st.text(), min_size=1, max_size=3), max_size=5))
def test_a_column_is_what_one_at_a_time_would_be(identities: list[list[str]]) -> None:
    found = short_ids("e", [SEPARATOR.join(parts) for parts in identities])
    assert found == [short_id("e", *parts) for parts in identities]


def test_an_identifier_is_base32_of_the_first_ten_bytes_of_the_hash() -> None:
    hashed = hashlib.sha256(b"a\x1fb").digest()[:10]
    assert short_id("p", "a", "b") == f"p-{base64.b32encode(hashed).decode().lower()}"
