from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harvest.papers.export import flat_rows
from harvest.papers.pipeline import extract

if TYPE_CHECKING:
    from conftest import WriteArticle


def test_one_row_a_reading_with_all_that_a_scorer_asks_for(sample: bytes) -> None:
    extraction = extract(sample, document="review")
    rows = list(flat_rows(extraction))
    assert len(rows) == len(extraction.readings)
    asked = "document pmcid doi table row col property value value_min value_max error qualifier unit material alias"
    assert set(f"{asked} conditions confidence".split()) <= set(rows[0])
    assert json.loads(json.dumps(rows)) == rows


def test_a_row_reads_like_the_cell(sample: bytes) -> None:
    row = next(
        r for r in flat_rows(extract(sample, document="review")) if (r["table"], r["row"], r["col"]) == ("T1", 17, 4)
    )
    assert (row["property"], row["value"], row["qualifier"], row["unit"]) == ("Band gap Eg", 9.0, "≈", "eV")
    assert (row["label"], row["property_id"]) == ("band gap", "band_gap")
    assert (row["material"], row["formula"], row["text"]) == ("SiO2 (fused)", "SiO2", "≈9")
    assert row["conditions"] == {"temperature": "room temperature"}


def test_a_unit_that_pint_does_not_know_is_written_as_stated(write_article: WriteArticle) -> None:
    head = "<tr><th>Sample</th><th>M<sub>s</sub> (10<sup>−3</sup> emu/g)</th></tr>"
    extraction = extract(write_article(head, "<tr><td>CoFe2O4</td><td>88</td></tr>"), document="a")
    (row,) = flat_rows(extraction)
    assert (row["value"], row["unit"], row["factor"]) == (pytest.approx(0.088), "emu/g", pytest.approx(1e-3))
    assert extraction.readings[0].quantity.value == pytest.approx(8.8e-5)
    assert row["property"] == "Ms | specific saturation magnetization"
