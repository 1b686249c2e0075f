from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., tuple[int, str, str]]
    Hashes = Callable[..., dict[str, str]]


@pytest.fixture
def own(tiny_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the store of the tiny dataset, and no key in the environment."""
    for name in ("HF_TOKEN", "MATGRANARY_ZENODO_TOKEN", "MATGRANARY_DATACITE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, "test")
    shutil.copytree(tiny_store, tmp_path / "own", copy_function=os.link)
    return tmp_path / "own"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--to", "folder"), "data/manifest.json"),
        (("--to", "zenodo"), "tiny-1.1.0.zip"),
        (("--to", "s3", "--instance", "s3://bucket"), "tiny-1.1.0.zip"),
        (("--to", "huggingface", "--instance", "owner/name"), "data/manifest.json"),
    ],
)
def test_a_dry_run_lists_what_would_be_sent_and_writes_nothing(
    own: Path, command: Command, hashes: Hashes, options: tuple[str, ...], says: str
) -> None:
    assert command("release", "tiny", "--store", own, "--date", "2026-01-02")[0] == 0
    shutil.rmtree(own / "releases")
    before = hashes(own)
    asked = ("release", "tiny", "--store", own, *options, "--dry-run")
    code, said, _ = command(*asked)
    assert (code, says in said) == (0, True)
    code, printed, _ = command(*asked, "--json")
    told = json.loads(printed)
    assert (code, told["dry_run"], told["target"]) == (0, True, options[1])
    assert {one["name"]: one["bytes"] > 0 for one in told["files"]}[says]
    assert bool(told["missing_key"]) == (options[1] in {"zenodo", "huggingface"})
    assert hashes(own) == before
    assert not (own / "releases").exists()
    assert command("release", "tiny", "--store", own, "--publisher", "Somebody")[0] == 0


def test_a_dry_run_of_a_doi_sends_no_files(own: Path, command: Command) -> None:
    to = ("release", "tiny", "--store", own, "--to", "datacite", "--dry-run")
    assert command(*to)[0] == 6
    code, said, _ = command(*to, "--url", "https://example.org/tiny")
    assert (code, "takes metadata, and no files" in said) == (0, True)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--to", "zenodoo"), "did you mean zenodo"),
        (("--to", "nowhere"), "there are folder, datacite"),
        (("--to", "s3"), "say which bucket"),
    ],
)
def test_a_dry_run_to_nowhere_is_an_error_of_usage(
    own: Path, command: Command, options: tuple[str, ...], says: str
) -> None:
    code, _, said = command("release", "tiny", "--store", own, *options, "--dry-run")
    assert (code, says in said) == (2, True), said
    assert not (own / "releases").exists()
    assert not (own / "deposits").exists()


def test_a_dry_run_says_that_another_release_stands(own: Path, command: Command) -> None:
    assert command("release", "tiny", "--store", own)[0] == 0
    code, _, said = command("release", "tiny", "--store", own, "--publisher", "Somebody", "--dry-run")
    assert (code, "on other terms" in said) == (7, True)
