"""What a quantity in a sentence is said of, where no name of the dictionary is near."""

from __future__ import annotations

import pytest

from harvest.papers.text.language import measurements_in


def pairs(sentence: str) -> list[tuple[str, str]]:
    (stated,) = measurements_in([sentence])
    return [(sentence[m.property_start : m.property_end], sentence[m.start : m.end]) for m in stated]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("We used an AC signal with a 10 mV amplitude.", ("amplitude", "10 mV")),
        ("The bubble size (2838 nm) was larger than before.", ("bubble size", "2838 nm")),
        ("It was recorded with 1° of grazing angle.", ("grazing angle", "1°")),
        ("The mean diameter of the particles was 0.18 μm.", ("mean diameter", "0.18 μm")),
        ("The scattering vector decreased from 4.4 nm.", ("scattering vector", "4.4 nm")),
        ("The coloration yield at a bias of 400 mV was 40 cm2/C.", ("coloration yield", "40 cm2/C")),
        ("The fill level (f = 160 mm) was kept.", ("f", "160 mm")),
    ],
)
def test_the_phrase_that_a_quantity_is_said_of(sentence: str, expected: tuple[str, str]) -> None:
    assert expected in pairs(sentence)


def test_a_quantity_without_a_name_goes_on_with_the_one_before() -> None:
    sentence = "The bubble size (2838 nm) was larger than that (2381 nm) of the other sample."
    assert pairs(sentence) == [("bubble size", "2838 nm"), ("bubble size", "2381 nm")]


def test_the_unit_of_another_quantity_is_no_name() -> None:
    assert all(name != "mV" for name, _quantity in pairs("It rose by 400 mV was 40 cm2/C in the end."))
