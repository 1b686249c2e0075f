from __future__ import annotations

import pytest

from curation.release.plain import cell


@pytest.mark.parametrize(
    "value",
    ["=", "+", "-", "-5.42", "+5.", "- 3", "-.5e-3", "-5.42(3)", "+12 %", "-inf", "NaCl", "", "~", -5.25, 3, None],
)
def test_numbers_and_lone_signs_stay_as_they_are(value: object) -> None:
    assert cell(value) == value


@pytest.mark.parametrize("value", ["=1", "-1+1", "+A1", "-2(A1)", "@x", "--1", "-5.42\n=1", "\t", "-1e", "=-5.42"])
def test_what_a_spreadsheet_would_run_gets_a_quote(value: str) -> None:
    assert cell(value) == f"'{value}"
