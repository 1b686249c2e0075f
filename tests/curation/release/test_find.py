from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from curation.datasets.layout import set_current_version
from curation.errors import UnknownDatasetError
from curation.release.bag import TAGS
from curation.release.find import find_release

if TYPE_CHECKING:
    from pathlib import Path


def released(store: Path, *versions: str) -> None:
    for version in versions:
        (store / "releases" / f"small-{version}").mkdir(parents=True)
        (store / "releases" / f"small-{version}" / TAGS).touch()


def versions(store: Path, *present: str) -> None:
    for version in present:
        (store / "datasets" / "small" / version).mkdir(parents=True)


@pytest.mark.parametrize("reference", [None, "small"])
def test_without_a_version_it_is_the_newest_that_is_not_newer_than_the_current_version(
    tmp_path: Path, reference: str | None
) -> None:
    released(tmp_path, "1.9.0", "1.10.0", "1.10.1")
    assert find_release(tmp_path, reference).name == "small-1.10.1"
    versions(tmp_path, "1.9.0", "1.10.0", "1.10.1", "1.11.0")
    assert find_release(tmp_path, reference).name == "small-1.10.1"
    set_current_version(tmp_path, "small", "1.10.0")
    assert find_release(tmp_path, reference).name == "small-1.10.0"
    assert find_release(tmp_path, "small@1.10.1").name == "small-1.10.1"


def test_a_current_version_without_a_release_is_not_told_by_a_newer_one(tmp_path: Path) -> None:
    released(tmp_path, "1.0.1")
    versions(tmp_path, "1.0.0", "1.0.1")
    set_current_version(tmp_path, "small", "1.0.0")
    with pytest.raises(UnknownDatasetError, match=r"small@1\.0\.0 is current and not released.*small@1\.0\.1"):
        find_release(tmp_path, "small")
