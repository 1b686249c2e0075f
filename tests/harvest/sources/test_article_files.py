"""Article files: the articles of a folder, one that cannot be read beside others that can."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from harvest.errors import CardError
from harvest.sources.article_files import ArticleFilesSource

if TYPE_CHECKING:
    from harvest.store import Store

SAMPLE = Path(__file__).parents[3] / "data/samples/papers/refractive-index-review.xml"
RECIPE = """\
[dataset]
name = "articles"
title = "Articles"
licence = "CC-BY-4.0"

[[papers]]
name = "papers"
files = "*.xml"
licence = "CC-BY-4.0"
"""


def tables(store: Store, recipe: Path) -> dict[str, list[dict[str, Any]]]:
    (source,) = store.harvest(recipe).records.sources
    names = ("entries", "properties", "rejected")
    return {name: pq.read_table(store.folder / source.folder / f"{name}.parquet").to_pylist() for name in names}


def test_an_article_that_cannot_be_read_does_not_stop_the_others(store: Store, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    (tmp_path / "review.xml").write_bytes(SAMPLE.read_bytes())
    (tmp_path / "broken.xml").write_bytes(b"<article><body>")
    found = tables(store, recipe)
    assert len(found["properties"]) == 90
    assert {value["raw_sha256"] for value in found["properties"]} == {entry["raw_sha256"] for entry in found["entries"]}
    whole = [row for row in found["rejected"] if row["source_id"] == "broken"]
    assert len(whole) == 1
    assert whole[0]["reasons"][0].startswith("unreadable: ")


def test_a_pattern_that_matches_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"no file matches '\*\.xml' under"):
        ArticleFilesSource().plan("p", {"files": "*.xml", "licence": "MIT"}, tmp_path)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"files": "*.xml"}, "licence"),
        ({"files": "*.xml", "licence": "free"}, "'free' is not a data licence"),
        ({"files": "*.xml", "licence": "MIT", "file": "x"}, "Extra inputs"),
    ],
)
def test_options_that_do_not_fit_are_refused(tmp_path: Path, options: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ArticleFilesSource().plan("p", options, tmp_path)
