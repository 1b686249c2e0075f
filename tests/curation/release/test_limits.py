"""What a release lacks, what drifted and why it was accepted, and its splits: on the page, in the card, in metadata."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
import yaml

from curation.datasets.open import Dataset
from curation.datasets.split import split_materials
from curation.release.card import readme
from curation.release.facts import collect
from curation.release.landing.page import landing_page
from curation.release.metadata.croissant import croissant
from curation.release.metadata.datacite import datacite
from curation.release.metadata.ro_crate import ro_crate
from curation.release.package import package
from curation.release.terms import ReleaseTerms
from schemas.recipe import SplitBy, SplitRequest

if TYPE_CHECKING:
    from pathlib import Path

    from curation.release.facts import Facts

DRIFT = "properties: 3 of 10 values of refractive_index went"
REASON = "the source withdrew a batch, ask ada@example.org"
GAP = "a is incomplete: not all records that files promised were harvested."


@pytest.fixture
def limited(begun: Path) -> Dataset:
    """A version of which a source is incomplete, with accepted drift and a split."""
    dataset = Dataset(begun / "datasets" / "small" / "1.0.0")
    split_materials(dataset, [SplitRequest(name="honest", by=SplitBy.FORMULA)])
    first, *others = dataset.manifest.sources
    told = {
        "sources": (first.model_copy(update={"complete": False}), *others),
        "drift": (DRIFT,),
        "drift_accepted": REASON,
    }
    dataset.manifest = dataset.manifest.model_copy(update=told)
    return dataset


@pytest.fixture
def facts(limited: Dataset) -> Facts:
    return collect(limited, ReleaseTerms())


def test_the_card_and_the_page_say_what_is_missing_what_drifted_and_why(limited: Dataset, facts: Facts) -> None:
    for text in (readme(facts), landing_page(limited, facts)):
        assert GAP in text
        assert f"{DRIFT}." in text
        assert "Accepted, because: the source withdrew a batch, ask" in text
        assert "ada@example.org" not in text
        for fold in ("train", "validation", "test"):
            assert fold in text.partition("honest")[2]


def test_metadata_say_it_where_they_have_a_place(facts: Facts) -> None:
    technical = [one["description"] for one in datacite(facts)["descriptions"] if one["descriptionType"] != "Abstract"]
    assert technical[:2] == [GAP, f"{DRIFT}."]
    for document in (croissant(facts), ro_crate(facts, others=())):
        assert GAP in json.dumps(document)
        assert DRIFT in json.dumps(document)


def test_a_release_without_limits_says_nothing_of_them(begun: Path) -> None:
    dataset = Dataset(begun / "datasets" / "small" / "1.0.0")
    facts = collect(dataset, ReleaseTerms())
    for text in (readme(facts), landing_page(dataset, facts)):
        assert not [word for word in ("Known gaps", "Drift", "Splits") if word in text]


def test_splits_are_released_with_the_rows(limited: Dataset, begun: Path) -> None:
    folder = package(limited, begun).folder
    rows = pq.read_table(folder / "data" / "splits" / "honest" / "materials.parquet").to_pylist()
    materials = {row["material_id"] for row in limited.sql("FROM materials").rows()}
    assert {row["material_id"] for row in rows} == materials


def test_the_head_of_the_card_names_the_files_of_tables(facts: Facts) -> None:
    head = yaml.safe_load(readme(facts).split("---\n")[1])
    assert head["license"] == "cc-by-4.0"
    named = {one["config_name"]: one["data_files"] for one in head["configs"]}
    assert {"materials", "properties", "provenance"} <= named.keys()
    assert "entries" not in named  # its labels are a map, for which `datasets` has no type
    assert all(path == f"data/{name}/*.parquet" for name, path in named.items())
    assert [one["config_name"] for one in head["configs"] if one.get("default")] == ["materials"]
