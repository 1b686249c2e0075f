"""HTML: marks of footnotes that the page does not call footnotes."""

from __future__ import annotations

import pytest

from harvest.papers.pipeline import extract

HEAD = "<tr><th>Sample<sup>a</sup></th><th>Crystallite size<sup>b</sup> (nm)</th><th>E<sub>g</sub> (eV)</th></tr>"
BODY = "<tr><td>ZnO<sup>c</sup></td><td>12.4<sup>a</sup></td><td>3.3</td></tr>"
BEHIND = "<p><sup>a</sup> As received.</p><p><sup>b</sup> By XRD.</p><p><sup>c</sup> Pellets.</p><p>The next text.</p>"


FEET = ["", BEHIND, f"<div class='table-foot'>{BEHIND}</div>", "<p><sup>a</sup> As received. <sup>b</sup> By XRD.</p>"]


@pytest.mark.parametrize("behind", FEET)
def test_a_raised_letter_is_a_mark_whether_or_not_a_foot_explains_it(behind: str) -> None:
    page = f"<html><body><p>Table 1. Powders.</p><table>{HEAD}{BODY}</table>{behind}</body></html>"
    size, gap = extract(page.encode(), document="a").readings
    assert (size.material.printed, size.property, size.quantity.value, size.unit) == (
        "ZnO",
        "crystallite_size",
        12.4,
        "nm",
    )
    assert (gap.property, gap.quantity.value) == ("band_gap", 3.3)
    assert size.text == "12.4a"


def test_paragraphs_behind_a_table_that_begin_with_marks_are_its_foot() -> None:
    page = f"<html><body><p>Table 1. Powders.</p><table>{HEAD}{BODY}</table>{BEHIND}</body></html>"
    (table,) = extract(page.encode(), document="a").document.tables
    assert [(note.mark, note.text) for note in table.footnotes] == [
        ("a", "a As received."),
        ("b", "b By XRD."),
        ("c", "c Pellets."),
    ]


def test_a_raised_letter_of_a_symbol_is_no_mark() -> None:
    page = (
        "<html><body><table><tr><th>Compound</th><th>E<sup>d</sup> (eV)</th></tr>"
        "<tr><td>ZnO</td><td>3.3</td></tr></table></body></html>"
    )
    (table,) = extract(page.encode(), document="a").document.tables
    assert table.grid.at(0, 1).body.markup == "E^{d} (eV)"
