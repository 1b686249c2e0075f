"""Reading: the root of what came."""

from __future__ import annotations

import pytest

from harvest.reading import root_of
from schemas.disk import digest


@pytest.mark.parametrize("n_records", [0, 1, 4095, 4096, 4097, 9000])
def test_the_root_is_the_hash_over_the_canonical_json_of_all_records(n_records: int) -> None:
    records = {f"id \u00e9{number * 7919 % 9973}": number.to_bytes(32) for number in range(n_records)}
    assert root_of(records) == digest(sorted((source_id, content.hex()) for source_id, content in records.items()))
