from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.papers.text.quantity_spans import find_quantities


@pytest.mark.parametrize(
    ("sentence", "spans"),
    [
        ("The band gap is 3.2 eV at 300 K.", ["3.2 eV", "300 K"]),
        ("Annealed at 450, 500 and 550 °C for 2 h.", ["450, 500 and 550 °C", "2 h"]),
        ("A capacity of 1.2 × 10-3 A cm−2 was found.", ["1.2 × 10-3 A cm−2"]),
        ("Loading was 20–25 wt% and less than 5%.", ["20–25 wt%", "less than 5%"]),
        ("The size is about 12.5 ± 0.3 nm.", ["12.5 ± 0.3 nm"]),
        ("A potential of − 0.4 V vs. RHE was held.", ["− 0.4 V vs. RHE"]),
        ("A ratio of 1.35 was measured.", ["1.35"]),
    ],
)
def test_quantities_with_their_units(sentence: str, spans: list[str]) -> None:
    assert [sentence[found.start : found.end] for found in find_quantities(sentence)] == spans


@pytest.mark.parametrize(
    "sentence",
    [
        "See Fig. 3 and Table 2, as in ref. 12 [15].",
        "The SA508 steel and Inconel 718 were used in 2019.",
        "The review of 2019 names no value.",
        "The (111) plane of Li0.5CoO2 was imaged.",
        "The 2D material was studied in Section 4.",
    ],
)
def test_labels_years_planes_and_names_are_none(sentence: str) -> None:
    assert find_quantities(sentence) == ()


def test_words_of_sign_are_read() -> None:
    (below,) = find_quantities("It stays below 0.5 GPa.")
    assert (below.quantities[0].value, below.quantities[0].qualifier.value) == (0.5, "<")
    (about,) = find_quantities("It is approximately 7 eV.")
    assert (about.quantities[0].value, about.quantities[0].qualifier.value) == (7.0, "~")


@given(st.text(max_size=120))
def test_spans_lie_in_the_text_and_do_not_overlap(text: str) -> None:
    end = 0
    for found in find_quantities(text):
        assert end <= found.start < found.end <= len(text)
        end = found.end
