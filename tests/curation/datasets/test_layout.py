from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curation.datasets.layout import (
    current_version,
    dataset_names,
    newer_versions,
    only_dataset,
    read_manifest,
    set_current_version,
    version_folder,
    version_key,
    versions_of,
)
from curation.errors import ContractError, UnknownDatasetError

if TYPE_CHECKING:
    from pathlib import Path


def test_versions_sort_as_numbers(tmp_path: Path) -> None:
    for name in ("1.10.0", "1.9.9", "1.2.10", ".building-version", "notes", "1.0"):
        (tmp_path / "datasets" / "small" / name).mkdir(parents=True)
    (tmp_path / "datasets" / "README").write_text("", encoding="utf-8")
    assert versions_of(tmp_path, "small") == ["1.2.10", "1.9.9", "1.10.0"]
    assert version_folder(tmp_path, "small").name == "1.10.0"
    assert dataset_names(tmp_path) == ["small"]
    assert only_dataset(tmp_path) == "small"


@pytest.mark.parametrize("version", ["1", "1.2", "1.2.3.4", "v1.2.3", "1.2.x", "", "1.2.3-rc1"])
def test_a_version_is_three_numbers(version: str) -> None:
    with pytest.raises(UnknownDatasetError, match=r"written like 1\.2\.3"):
        version_key(version)


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"manifest_version": 1}'])
def test_a_manifest_of_another_shape_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=r"manifest\.json is not a manifest") as caught:
        read_manifest(tmp_path)
    assert caught.value.exit_code == 6


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"manifest\.json"):
        read_manifest(tmp_path)


def test_the_current_version_is_the_newest_unless_a_build_says_otherwise(tmp_path: Path) -> None:
    room = tmp_path / "datasets" / "small"
    for version in ("1.0.0", "1.1.0"):
        (room / version).mkdir(parents=True)
    set_current_version(tmp_path, "small", "1.1.0")
    assert not (room / "current.json").exists()
    set_current_version(tmp_path, "small", "1.0.0")
    assert (version_folder(tmp_path, "small").name, newer_versions(tmp_path, "small")) == ("1.0.0", ["1.1.0"])
    set_current_version(tmp_path, "small", "1.1.0")
    assert (version_folder(tmp_path, "small").name, newer_versions(tmp_path, "small")) == ("1.1.0", [])


def test_a_current_version_that_is_gone_leaves_the_newest(tmp_path: Path) -> None:
    (tmp_path / "datasets" / "small" / "1.1.0").mkdir(parents=True)
    (tmp_path / "datasets" / "small" / "current.json").write_text('{"version": "1.0.0"}')
    assert current_version(tmp_path, "small") == "1.1.0"


@pytest.mark.parametrize("text", ["", "[]", "{}", '"1.0.0"'])
def test_a_broken_note_of_the_current_version_is_said_and_the_next_build_mends_it(tmp_path: Path, text: str) -> None:
    room = tmp_path / "datasets" / "small"
    (room / "1.1.0").mkdir(parents=True)
    (room / "current.json").write_text(text)
    with pytest.raises(ContractError, match=r"current\.json does not name a version"):
        current_version(tmp_path, "small")
    assert version_folder(tmp_path, "small@1.1.0").name == "1.1.0"
    set_current_version(tmp_path, "small", "1.1.0")
    assert current_version(tmp_path, "small") == "1.1.0"
