"""Row records: a row that does not fit is rejected with the column and the text that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harvest.formats.file_card import read_file_card
from harvest.formats.row_records import records_of
from harvest.source import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schemas.material import MaterialRecord

CARD = """\
[card]
title = "t"
licence = "CC0-1.0"
origin = "o"
attribution = "a"

[rows]
id = "id"
formula = "formula"

[[properties]]
field = "rho"
property = "density"
unit = "g/cm^3"
uncertainty = "error"
method = "experiment"
conditions = [{ name = "temperature", field = "T", unit = "K" }]
"""


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., MaterialRecord | Rejected]:
    """Return a function that reads a table of one row."""

    def reading(row: str, card: str = CARD) -> MaterialRecord | Rejected:
        (tmp_path / "card.toml").write_text(card, encoding="utf-8")
        payload = f"id\tformula\trho\terror\tT\n{row}\n".encode()
        (item,) = records_of(payload, read_file_card(tmp_path / "card.toml"), "tsv")
        return item

    return reading


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("a\tSiO2\t3,02\t\t", "rho: '3,02' is no number; if its comma is a decimal one, say decimal"),
        ("a\tSiO2\tnan\t\t", "rho: 'nan' is no number; if it says that there is no value, name it in"),
        ("a\tSiO2\t2.6\t±0.1\t", "error: '±0.1' is no number"),
        ("a\tSiO2\t2.6\t0.1-0.2\t", "error: '0.1-0.2' is no single number"),
        ("a\tSiO2\t2.6\t\t~300", "T: '~300' is no single number"),
        ("a\tSiO2\t2.6\t\troom", "T: 'room' is no number"),
        ("a\tSiO2\t1e999\t\t", "rho: value: Input should be a finite number"),
        ("a\tSiO2\t2.6 eV\t\t", "rho: '2.6 eV' states another unit than the card, 'g/cm^3'"),
    ],
)
def test_the_reason_names_column_and_text(read: Callable[..., Any], row: str, reason: str) -> None:
    item = read(row)
    assert isinstance(item, Rejected)
    assert item.reasons[0].startswith(f"does_not_fit: {reason}")


def test_a_cell_with_range_unit_and_decimal_comma_becomes_a_value_with_its_text(read: Callable[..., Any]) -> None:
    card = CARD.replace("[rows]", '[rows]\ndecimal = ","')
    (value,) = read("a\tSiO2\t2200,5-2300,5 kg/m3\t\t25,5 °C", card).properties
    assert (value.value, value.value_min, value.value_max) == (None, 2.2005, 2.3005)
    assert (value.unit, value.text) == ("g/cm^3", "2200,5-2300,5 kg/m3")
    (condition,) = value.conditions
    assert (condition.value, condition.unit, condition.text) == (pytest.approx(298.65), "K", "25,5 °C")
