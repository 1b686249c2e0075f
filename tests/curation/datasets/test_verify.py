from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from curation.datasets.verify import verify_datasets, verify_version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.datasets.open import Dataset

    Command = Callable[..., tuple[int, str, str]]
    Hashes = Callable[..., dict[str, str]]

VERSION = "datasets/small/1.0.0"


def flip(path: Path, place: int | None = None) -> None:
    """Change one byte of a file, without changing other names of it."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2 if place is None else place] ^= 1
    path.unlink()
    path.write_bytes(bytes(content))


def failures(store: Path) -> dict[str, str]:
    return {result.subject: result.message for result in verify_datasets(store) if not result.passed}


def test_a_whole_version_passes_and_nothing_is_written(dataset: Dataset, store: Path, hashes: Hashes) -> None:
    before = hashes(store)
    results = verify_version(dataset.folder)
    assert all(result.passed for result in results)
    assert hashes(store) == before
    checked = {result.subject for result in results}
    files = {str(path) for path in dataset.folder.rglob("*") if path.is_file() and path.name != "checksums.json"}
    assert checked == files


@pytest.mark.parametrize(
    "name",
    [
        "materials/all-0000.parquet",
        "properties/article-0000.parquet",
        "structures/dielectric-0000.parquet",
        "manifest.json",
        "small.duckdb",
        "representations/fraction/part-0000.parquet",
    ],
)
def test_one_flipped_byte_is_named(own_store: Path, name: str) -> None:
    path = own_store / VERSION / name
    flip(path)
    found = failures(own_store)
    assert str(path) in found
    assert name == "manifest.json" or set(found) == {str(path)}


@pytest.mark.parametrize("place", [0, -1])
def test_the_first_and_the_last_byte_count(own_store: Path, place: int) -> None:
    path = own_store / VERSION / "materials" / "all-0000.parquet"
    flip(path, place)
    assert list(failures(own_store)) == [str(path)]


@pytest.mark.parametrize("name", ["materials/all-0000.parquet", "small.duckdb", "manifest.json", "checksums.json"])
def test_a_missing_file_is_named(own_store: Path, name: str) -> None:
    path = own_store / VERSION / name
    path.unlink()
    assert str(path) in failures(own_store)


def test_a_missing_part_of_a_representation_is_named(own_store: Path) -> None:
    path = own_store / VERSION / "representations" / "fraction" / "part-0000.parquet"
    path.unlink()
    assert list(failures(own_store)) == [str(path)]


def test_an_unreadable_manifest_of_a_representation_is_named(own_store: Path) -> None:
    path = own_store / VERSION / "representations" / "fraction" / "representation.json"
    path.write_text("{", encoding="utf-8")
    assert list(failures(own_store)) == [str(path)]


@pytest.mark.parametrize(
    "name",
    [
        "materials/all-0001.parquet",
        "properties/notes.txt",
        "notes.txt",
        "materials/more/x.parquet",
        "representations/fraction/part-0001.parquet",
        "representations/other/part-0000.parquet",
    ],
)
def test_a_stray_file_is_named(own_store: Path, name: str) -> None:
    path = own_store / VERSION / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"stray")
    assert any(subject.startswith(str(path)) for subject in failures(own_store))


def test_one_digit_changed_in_the_manifest_of_a_representation_is_named(own_store: Path) -> None:
    path = own_store / VERSION / "representations" / "fraction" / "representation.json"
    text = path.read_text(encoding="utf-8")
    assert '"failures": 0' in text
    path.write_text(text.replace('"failures": 0', '"failures": 1'), encoding="utf-8")
    assert str(path) in failures(own_store)


def test_a_list_of_checksums_that_names_too_little_is_named(own_store: Path) -> None:
    path = own_store / VERSION / "checksums.json"
    path.write_text("{}", encoding="utf-8")
    (own_store / VERSION / "small.duckdb").write_bytes(b"other")
    assert failures(own_store)


def test_a_manifest_changed_together_with_its_checksum_does_not_add_up(own_store: Path) -> None:
    import hashlib

    folder = own_store / VERSION
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    part = json.loads(text)["parts"][0]["sha256"]
    forged = text.replace(part, "0" * 64)
    (folder / "manifest.json").write_text(forged, encoding="utf-8")
    sums = json.loads((folder / "checksums.json").read_text(encoding="utf-8"))
    sums["manifest.json"] = hashlib.sha256(forged.encode()).hexdigest()
    (folder / "checksums.json").write_text(json.dumps(sums), encoding="utf-8")
    assert "the parts do not add up to content_sha256" in failures(own_store)[str(folder / "manifest.json")]


def test_the_command_names_the_dataset_and_the_archive_and_exits_with_7(own_store: Path, command: Command) -> None:
    part = own_store / VERSION / "entries" / "dielectric-0000.parquet"
    (segment,) = [path for path in (own_store / "raw").iterdir() if "warc" in path.name]
    assert command("verify", "--store", own_store)[0] == 0
    flip(part)
    flip(segment)
    code, said, _ = command("verify", "--store", own_store)
    assert code == 7
    assert str(part) in said
    assert str(segment) in said
    code, text, _ = command("verify", "--store", own_store, "--json")
    answer = json.loads(text)
    assert code == 7
    assert {failed["subject"] for failed in answer["failed"]} == {str(part), str(segment)}
    assert answer["checked"] > 30
