"""The pipeline of spaCy: sentences, spans and measurements; no model, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.papers.text.language import load_language, measurements_in

if TYPE_CHECKING:
    from harvest.papers.text.measurements import Measurement


def stated(text: str) -> list[tuple[str, str, str | None]]:
    (found,) = measurements_in([text])
    return [(m.property, text[m.start : m.end], m.material and m.material.material.printed) for m in found]


def test_abbreviations_end_no_sentence() -> None:
    doc = load_language()("As in Fig. 3, J. Smith et al. found 3 eV, i.e. less. The rest follows. (See below.)")
    assert [sentence.text for sentence in doc.sents] == [
        "As in Fig. 3, J. Smith et al. found 3 eV, i.e. less.",
        "The rest follows.",
        "(See below.)",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The band gap of ZnO is 3.37 eV.", [("band_gap", "3.37 eV", "ZnO")]),
        (
            "TiO2 has a density of 4.2 g/cm3 and a thermal conductivity of 8.5 W/mK.",
            [("density", "4.2 g/cm3", "TiO2"), ("thermal_conductivity", "8.5 W/mK", "TiO2")],
        ),
        ("A waiting spell of 3 s was chosen.", [("unmapped:waiting spell", "3 s", None)]),
    ],
)
def test_a_quantity_belongs_to_the_property_that_its_unit_fits(
    text: str, expected: list[tuple[str, str, str | None]]
) -> None:
    assert stated(text) == expected


def test_what_a_sentence_was_measured_at_is_a_condition() -> None:
    (found,) = measurements_in(["The ionic conductivity of Li7La3Zr2O12 reached 2.4 mS/cm at 298 K."])
    (measurement,) = found
    assert [(c.name, c.value, c.unit) for c in measurement.conditions] == [("temperature", 298.0, "K")]


def test_offsets_are_of_the_whole_text() -> None:
    text = "First a sentence without numbers. The hardness of SiC is 28 GPa."
    (found,) = measurements_in([text])
    assert [text[m.start : m.end] for m in found] == ["28 GPa"]
    assert [text[m.property_start : m.property_end] for m in found] == ["hardness"]


def test_texts_are_streamed_in_order() -> None:
    texts = [f"The band gap is {number}.5 eV." for number in range(1, 40)]
    found: list[tuple[Measurement, ...]] = list(measurements_in(texts))
    assert [m.quantity.quantities[0].value for (m,) in found] == [number + 0.5 for number in range(1, 40)]
