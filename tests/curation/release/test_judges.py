"""Each validator that others wrote passes a release, and refuses one that is broken where it looks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Judges = Callable[[str, Path], list[str]]

QUICK = ["bag", "citation", "datacite", "dcat", "linked_data", "prov", "spdx"]
SLOW = ["croissant", "frictionless", "hugging_face", "ro_crate"]


@pytest.mark.parametrize("judge", [*QUICK, *SLOW])
def test_a_release_passes(judges: Judges, tiny_release: Path, judge: str) -> None:
    assert judges(judge, tiny_release) == []


@pytest.mark.parametrize("judge", [*QUICK, "croissant", "hugging_face"])
def test_a_release_of_structures_and_papers_passes(judges: Judges, small_release: Path, judge: str) -> None:
    assert judges(judge, small_release) == []


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def without(path: Path, *keys: str) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    for key in keys:
        del document[key]
    path.write_text(json.dumps(document), encoding="utf-8")


def wrong_hash(folder: Path) -> None:
    document = json.loads((folder / "croissant.json").read_text(encoding="utf-8"))
    document["distribution"][0]["sha256"] = "0" * 64
    (folder / "croissant.json").write_text(json.dumps(document), encoding="utf-8")


def missing_column(folder: Path) -> None:
    import pyarrow.parquet as pq

    for path in (folder / "data" / "materials").glob("*.parquet"):
        pq.write_table(pq.read_table(path, partitioning=None).drop_columns(["formula"]), path)


def no_licence_in_the_crate(folder: Path) -> None:
    document = json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))
    root = next(entity for entity in document["@graph"] if entity["@id"] == "./")
    del root["license"]
    (folder / "ro-crate-metadata.json").write_text(json.dumps(document), encoding="utf-8")


def another_row(folder: Path) -> None:
    import pyarrow.parquet as pq

    for path in (folder / "data" / "materials").glob("*.parquet"):
        rows = pq.read_table(path, partitioning=None)
        pq.write_table(rows.slice(1), path)


BROKEN: list[tuple[str, str, Callable[[Path], None]]] = [
    ("bag", "a flipped byte", lambda folder: flip(folder / "optimade.jsonl")),
    ("bag", "a file too few", lambda folder: next((folder / "data" / "entries").iterdir()).unlink()),
    (
        "citation",
        "no licence that there is",
        lambda f: edit(f / "CITATION.cff", "license: CC-BY-4.0", "license: CC-BY"),
    ),
    ("citation", "no title", lambda folder: edit(folder / "CITATION.cff", "title:", "titel:")),
    ("datacite", "no creators", lambda folder: without(folder / "datacite.json", "creators")),
    ("datacite", "no DOI", lambda folder: edit(folder / "datacite.json", "10.5072/small.1", "small.1")),
    ("dcat", "no licence", lambda folder: edit(folder / "landing/metadata.ttl", "dct:license", "dct:rights")),
    ("dcat", "no date", lambda folder: edit(folder / "landing/metadata.ttl", '"2026-01-02"', '"soon"')),
    ("linked_data", "a lost file", lambda folder: (folder / "prov.json").unlink()),
    ("linked_data", "no licence", lambda folder: edit(folder / "landing/linkset.json", '"license"', '"licence"')),
    ("prov", "a lost relation", lambda folder: edit(folder / "landing/provenance.ttl", "prov:used ", "rdfs:seeAlso ")),
    ("prov", "a thing with no name", lambda folder: edit(folder / "prov.json", '"m:curation"', '"m:other"')),
    ("spdx", "an unknown licence", lambda folder: edit(folder / "LICENSES.csv", "CC0-1.0", "LicenseRef-mine")),
    ("croissant", "a wrong hash", wrong_hash),
    ("croissant", "a missing column", missing_column),
    ("croissant", "no name", lambda folder: without(folder / "croissant.json", "name")),
    ("frictionless", "a missing column", missing_column),
    ("hugging_face", "a missing row", another_row),
    ("ro_crate", "no licence", no_licence_in_the_crate),
]


@pytest.mark.parametrize(("judge", "what", "break_it"), BROKEN, ids=[f"{judge}: {what}" for judge, what, _ in BROKEN])
def test_a_broken_release_is_refused(
    judges: Judges, own_release: Path, judge: str, what: str, break_it: Callable[[Path], None]
) -> None:
    break_it(own_release)
    assert judges(judge, own_release), f"{judge} passes a release with {what}"
