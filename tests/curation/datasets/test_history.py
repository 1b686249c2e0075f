"""History: versions, their tags, and the garbage that is none as long as anything needs it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from curation import open_dataset
from curation.datasets.history import collect_garbage, find_garbage, history, remove_tag, tag_version
from curation.datasets.layout import set_current_version, versions_of
from curation.datasets.verify import verify_datasets
from curation.errors import ContractError, UnknownDatasetError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def own(second_version: Path, tmp_path: Path) -> Path:
    """A store with the versions 1.0.0 and 1.1.0 of `small`, to be changed."""
    shutil.copytree(second_version, tmp_path / "own")
    return tmp_path / "own"


def test_versions_are_told_newest_first_with_parent_and_what_they_share(second_version: Path) -> None:
    newest, oldest = history(second_version, "small")
    assert (newest.manifest.version, newest.manifest.parent) == ("1.1.0", "1.0.0")
    assert (oldest.manifest.version, oldest.manifest.parent) == ("1.0.0", None)
    assert 0 < newest.shared_bytes < newest.bytes
    assert oldest.shared_bytes == 0


def test_a_tag_names_a_version_wherever_a_version_is_named(own: Path) -> None:
    assert tag_version(own, "small@1.0.0", "paper-2026") == "small@1.0.0"
    assert open_dataset(own, "small@paper-2026").id == "small@1.0.0"
    assert [one.tags for one in history(own, "small")] == [(), ("paper-2026",)]
    assert tag_version(own, "small@paper-2026", "again") == "small@1.0.0"


def test_a_tag_moves_only_when_told_to(own: Path) -> None:
    tag_version(own, "small@1.0.0", "latest-good")
    with pytest.raises(UnknownDatasetError, match=r"latest-good is the name of small@1\.0\.0; --move"):
        tag_version(own, "small", "latest-good")
    tag_version(own, "small", "latest-good", move=True)
    assert open_dataset(own, "small@latest-good").id == "small@1.1.0"
    remove_tag(own, "small", "latest-good")
    with pytest.raises(UnknownDatasetError, match="no version of small is named latest-good"):
        remove_tag(own, "small", "latest-good")


@pytest.mark.parametrize("tag", ["", "1.0.0", "../x", "a b", "x" * 65, "-x"])
def test_what_is_no_name_is_refused(own: Path, tag: str) -> None:
    with pytest.raises(UnknownDatasetError, match="a tag begins with a letter"):
        tag_version(own, "small", tag)


def test_a_broken_file_of_tags_is_said_and_loses_nothing(own: Path) -> None:
    (own / "datasets" / "small" / "tags.json").write_text("[1")
    with pytest.raises(ContractError, match=r"tags\.json does not name versions"):
        tag_version(own, "small", "x")
    assert (own / "datasets" / "small" / "tags.json").read_text() == "[1"


def test_the_newest_the_tagged_and_the_released_are_no_garbage(own: Path) -> None:
    assert [one.reference for one in find_garbage(own, ["small"], keep=1)] == ["small@1.0.0"]
    assert find_garbage(own, ["small"], keep=2) == []
    (own / "releases" / "small-1.0.0").mkdir(parents=True, exist_ok=True)
    assert find_garbage(own, ["small"], keep=1) == []
    (own / "releases" / "small-1.0.0").rmdir()
    tag_version(own, "small@1.0.0", "paper")
    assert find_garbage(own, ["small"], keep=1) == []
    assert collect_garbage(own, ["small"], keep=1) == []
    assert versions_of(own, "small") == ["1.0.0", "1.1.0"]


def test_the_current_version_is_told_and_is_no_garbage(own: Path) -> None:
    assert [one.is_current for one in history(own, "small")] == [True, False]
    set_current_version(own, "small", "1.0.0")
    assert [one.is_current for one in history(own, "small")] == [False, True]
    assert find_garbage(own, ["small"], keep=1) == []


def test_garbage_goes_and_parts_that_are_shared_stay_with_the_others(own: Path) -> None:
    (gone,) = collect_garbage(own, ["small"], keep=0)  # the newest always stays
    assert gone.reference == "small@1.0.0"
    assert versions_of(own, "small") == ["1.1.0"]
    assert [one for one in verify_datasets(own) if not one.passed] == []
    assert open_dataset(own).sql("SELECT count(*) AS n FROM entries").rows() == [{"n": 3}]


def test_what_a_killed_collection_left_is_taken_away_by_the_next(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("curation.datasets.history.shutil.rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            collect_garbage(own, ["small"], keep=1)
    assert versions_of(own, "small") == ["1.0.0", "1.1.0"]
    collect_garbage(own, ["small"], keep=1)
    assert sorted(path.name for path in (own / "datasets" / "small").iterdir() if path.is_dir()) == ["1.1.0"]


def test_the_commands_tell_what_they_did(own: Path, command: Callable[..., Any]) -> None:
    code, said, _ = command("tag", "small@1.0.0", "paper", "--store", own)
    assert (code, said.strip()) == (0, "paper is small@1.0.0 now.")
    code, said, _ = command("log", "--store", own)
    assert code == 0
    assert "paper" in said
    code, said, _ = command("gc", "--keep", "1", "--store", own)
    assert (code, said.strip()) == (0, "Every version is current, new, tagged or released.")
    assert command("tag", "small", "paper", "--delete", "--store", own)[0] == 0
    code, said, _ = command("gc", "--keep", "1", "--delete", "--json", "--store", own)
    assert code == 0
    assert '"small@1.0.0"' in said
    assert command("tag", "small@7.0.0", "x", "--store", own)[0] == 2
