"""Licences: what an article, its publisher and arXiv state, and what of it stands."""

from __future__ import annotations

from typing import Any

import pytest

from harvest.literature.licences import agreed, creative_commons, licence_in_force, may_be_kept
from schemas.licence import NOASSERTION

BY = "https://creativecommons.org/licenses/by/4.0"
TDM = "https://www.elsevier.com/tdm/userlicense/1.0/"


def stated(address: str, start: str = "2020-01-01", version: str = "vor") -> dict[str, Any]:
    return {
        "URL": address,
        "start": {"date-time": f"{start}T00:00:00Z"},
        "content-version": version,
        "delay-in-days": 0,
    }


@pytest.mark.parametrize(
    ("address", "spdx"),
    [
        (BY, "CC-BY-4.0"),
        ("http://creativecommons.org/licenses/by-nc-nd/3.0/legalcode", "CC-BY-NC-ND-3.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/deed.en", "CC0-1.0"),
        ("http://creativecommons.org/publicdomain/mark/1.0/", "CC-PDDC"),
        ("http://creativecommons.org/licenses/by/3.0/us/", None),
        ("http://arxiv.org/licenses/nonexclusive-distrib/1.0/", None),
        ("https://example.org/?see=creativecommons.org/licenses/by/4.0/", None),
        (TDM, None),
        (None, None),
    ],
)
def test_only_the_deed_of_a_licence_names_it(address: str | None, spdx: str | None) -> None:
    assert creative_commons(address) == spdx


@pytest.mark.parametrize(
    ("licences", "expected", "says"),
    [
        ([stated(BY)], "CC-BY-4.0", "from 2020-01-01"),
        ([stated(BY), stated(TDM, version="tdm")], "CC-BY-4.0", BY),
        ([stated(BY, start="2026-06-02")], NOASSERTION, "only from 2026-06-02 on"),
        ([stated(BY, version="am")], NOASSERTION, "no open licence"),
        ([stated(TDM, version="tdm")], NOASSERTION, TDM),
        ([stated(BY), stated(BY.replace("/by/", "/by-nc/"))], NOASSERTION, "more than one"),
        ([], NOASSERTION, "no licence is stated"),
    ],
)
def test_a_licence_counts_once_it_is_in_force_for_the_version_of_record(
    licences: list[dict[str, Any]], expected: str, says: str
) -> None:
    found = licence_in_force(licences, known_on="2026-06-01T10:00:00Z")
    assert found.licence == expected
    assert says in found.evidence


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        ("CC-BY-4.0", NOASSERTION, "CC-BY-4.0"),
        (NOASSERTION, "CC-BY-4.0", "CC-BY-4.0"),
        ("CC-BY-4.0", "CC-BY-4.0", "CC-BY-4.0"),
        ("CC-BY-4.0", "CC-BY-NC-4.0", NOASSERTION),
        (NOASSERTION, NOASSERTION, NOASSERTION),
    ],
)
def test_two_statements_that_differ_are_none(own: str, other: str, expected: str) -> None:
    assert agreed(own, other) == expected


def test_a_text_is_kept_under_an_open_licence_only() -> None:
    assert may_be_kept("CC-BY-NC-ND-4.0")
    assert may_be_kept("CC0-1.0")
    assert not may_be_kept(NOASSERTION)
