"""Files: the rows of a data file, as its card says, each with the way back to its cell."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from harvest.sources.files import FilesSource
from schemas.recipe import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harvest.store import Store

SAMPLES = Path(__file__).parents[3] / "data/samples"
CARD = """\
[card]
title = "t"
licence = "CC-BY-4.0"
origin = "o"
attribution = "a"

[rows]
id = "id"
formula = "formula"
labels = { group = "tags.group" }

[[properties]]
field = "n"
property = "refractive_index"
unit = "1"
uncertainty = "dn"
method = "experiment"
conditions = [{ name = "wavelength", value = 589.3, unit = "nm" }]
"""


@pytest.fixture
def harvest(store: Store, tmp_path: Path) -> Callable[..., dict[str, list[dict[str, Any]]]]:
    """Return a function that harvests one data file and returns its tables."""

    def run(name: str, content: bytes, card: str = CARD) -> dict[str, list[dict[str, Any]]]:
        (tmp_path / name).write_bytes(content)
        (tmp_path / "card.toml").write_text(card, encoding="utf-8")
        recipe = tmp_path / "recipe.toml"
        recipe.write_text(
            '[dataset]\nname = "d"\ntitle = "D"\nlicence = "CC-BY-4.0"\n\n'
            f'[[sources]]\nsource = "files"\nname = "f"\npath = "{name}"\ncard = "card.toml"\n',
            encoding="utf-8",
        )
        (source,) = store.harvest(recipe).records.sources
        tables = ("entries", "properties", "rejected")
        return {table: pq.read_table(store.folder / source.folder / f"{table}.parquet").to_pylist() for table in tables}

    return run


LINES = (
    b'{"id": 1, "formula": "SiO2", "n": 1.544, "dn": 0.001, "tags": {"group": "P3221"}}\n'
    b'{"id": 2, "formula": "TiO2", "n": "2.609", "dn": null, "tags": {"group": null}}\n'
    b'{"id": 3, "formula": "MgO", "n": null, "dn": null, "tags": {"group": "Fm-3m"}}\n'
)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz"])
def test_rows_become_records(harvest: Callable[..., Any], name: str) -> None:
    tables = harvest(name, gzip.compress(LINES) if name.endswith("gz") else LINES)
    assert [(row["source_id"], dict(row["labels"])) for row in tables["entries"]] == [
        ("1", {"group": "P3221"}),
        ("2", {}),
        ("3", {"group": "Fm-3m"}),
    ]
    assert [(v["value"], v["uncertainty"], v["pointer"]) for v in tables["properties"]] == [
        (1.544, 0.001, "line=1;json=/n"),
        (2.609, None, "line=2;json=/n"),
    ]
    assert tables["properties"][0]["conditions"] == [{"name": "wavelength", "value": 589.3, "unit": "nm", "text": None}]
    assert tables["rejected"] == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('{"formula": "Si", "n": 1, "dn": null, "tags": {"group": null}}', "missing_field: .*'id'"),
        ('{"id": 9, "formula": "Si", "n": 1, "dn": null}', r"missing_field: .*'tags\.group'"),
        ('{"id": 9, "formula": "Qq", "n": 1, "dn": null, "tags": {"group": null}}', "does_not_fit: .*not an element"),
        ('{"id": 9, "formula": "Si", "n": "high", "dn": null, "tags": {"group": null}}', "does_not_fit: .*'high'"),
        ('{"id": 9, "formula": "Si", "n": 1e999, "dn": null, "tags": {"group": null}}', "does_not_fit: .*finite"),
        ('{"id": 9, "formula": "Si", "n": [1], "dn": null, "tags": {"group": null}}', "does_not_fit: "),
        ('{"id": "\\ud800", "formula": "Si", "n": 1, "dn": null, "tags": {"group": null}}', "does_not_fit: "),
        ("not json", "unreadable: "),
        ("[1]", "unreadable: an object was expected"),
    ],
)
def test_a_row_that_does_not_fit_is_rejected_and_its_neighbours_pass(
    harvest: Callable[..., Any], row: str, reason: str
) -> None:
    import re

    tables = harvest("rows.jsonl", row.encode() + b"\n" + LINES)
    assert len(tables["entries"]) == 3
    (rejected,) = tables["rejected"]
    assert re.match(reason, rejected["reasons"][0])
    assert rejected["pointer"] == "line=1"


@pytest.mark.parametrize("written", ["1.50", "1E-5", "2.0e0"])
def test_the_digits_of_the_source_are_kept(harvest: Callable[..., Any], written: str) -> None:
    row = f'{{"id": 1, "formula": "Si", "n": {written}, "dn": null, "tags": {{"group": null}}}}'
    assert harvest("rows.jsonl", row.encode())["properties"][0]["text"] == written


@pytest.mark.parametrize(
    ("sample", "entries", "values"),
    [("experimental_formation_energies", 2_135, 2_135), ("aflow_prototypes", 288, 0)],
)
def test_the_samples_that_ship_are_read_whole(
    harvest: Callable[..., Any], sample: str, entries: int, values: int
) -> None:
    card = (SAMPLES / f"{sample}.toml").read_text(encoding="utf-8")
    tables = harvest("rows.jsonl.gz", (SAMPLES / f"{sample}.jsonl.gz").read_bytes(), card)
    assert (len(tables["entries"]), len(tables["properties"])) == (entries, values)
    assert tables["rejected"] == []


def test_a_card_that_does_not_fit_is_said_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "card.toml").write_text(CARD.replace('"nm"', '"K"'), encoding="utf-8")
    with pytest.raises(RecipeError, match=r"card\.toml:18: .*wavelength: unit 'K'"):
        FilesSource().plan("f", {"path": "rows.jsonl", "card": "card.toml"}, tmp_path)
