"""Licences: a row is released only under terms that its own licence allows."""

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas.licence import LICENCES, LicenceId, refusal

FREE = ("CC0-1.0", "CC-PDDC", "PDDL-1.0")
ATTRIBUTION = ("CC-BY-3.0", "CC-BY-4.0", "ODC-By-1.0", "MIT", "Apache-2.0", "BSD-3-Clause")
SHARE_ALIKE = ("CC-BY-SA-4.0", "ODbL-1.0")
NON_COMMERCIAL = ("CC-BY-NC-4.0",)


def test_the_groups_are_all_licences() -> None:
    assert {*FREE, *ATTRIBUTION, *SHARE_ALIKE, *NON_COMMERCIAL} == set(LICENCES)
    assert all(spdx == licence.spdx and licence.url.startswith("https://") for spdx, licence in LICENCES.items())


@pytest.mark.parametrize("row", sorted(LICENCES))
@pytest.mark.parametrize("release", sorted(LICENCES))
def test_what_may_stand_together(row: str, release: str) -> None:
    if row in FREE:
        allowed = True
    elif row in ATTRIBUTION:
        allowed = release not in FREE
    else:
        allowed = release == row
    assert (refusal(row, release) is None) is allowed


@pytest.mark.parametrize(
    ("row", "release", "why"),
    [
        ("CC-BY-NC-4.0", "CC-BY-4.0", "forbids commercial use"),
        ("CC-BY-SA-4.0", "CC-BY-4.0", "asks for the same licence"),
        ("CC-BY-4.0", "CC0-1.0", "asks for attribution"),
        ("NOASSERTION", "CC-BY-NC-4.0", "not known"),
        ("LicenseRef-own", "CC-BY-4.0", "not known"),
    ],
)
def test_a_refusal_says_why(row: str, release: str, why: str) -> None:
    assert why in (refusal(row, release) or "")


def test_an_unknown_licence_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValidationError, match=r"'CC-BY' is not a data licence .* CC-BY-4\.0"):
        TypeAdapter(LicenceId).validate_python("CC-BY")
