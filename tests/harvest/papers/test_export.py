from __future__ import annotations

import json

from harvest.papers.export import flat_rows
from harvest.papers.pipeline import extract


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
