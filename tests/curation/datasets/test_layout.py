from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curation.datasets.layout import (
    dataset_names,
    only_dataset,
    read_manifest,
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
