"""Local files: which ones a recipe names, and the version that their bytes declare."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from harvest.local_files import declared_version, matching_files, read_request

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.xml", "a.xml", "deep/c.xml", "notes.txt", "recipes/r.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "d.xml").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("under", "pattern", "names"),
    [
        (".", "*.xml", ["a.xml", "b.xml"]),
        (".", "**/*.xml", ["a.xml", "b.xml", "deep/c.xml"]),
        (".", "[ab].xml", ["a.xml", "b.xml"]),
        (".", "?.txt", []),
        (".", "absent.xml", ["absent.xml"]),
        ("recipes", "../*.xml", ["../a.xml", "../b.xml"]),
        ("recipes", "../notes.txt", ["../notes.txt"]),
    ],
)
def test_which_files_are_named(folder: Path, under: str, pattern: str, names: list[str]) -> None:
    assert matching_files(folder / under, pattern) == names


def test_the_version_of_one_file_is_its_hash(folder: Path) -> None:
    assert declared_version(folder, ["a.xml"]) == f"sha256:{hashlib.sha256(b'a.xml').hexdigest()}"


def test_the_version_of_several_holds_names_and_bytes(folder: Path) -> None:
    before = declared_version(folder, ["a.xml", "b.xml"])
    assert before == declared_version(folder, ["b.xml", "a.xml"])
    (folder / "a.xml").write_text("b.xml")
    (folder / "b.xml").write_text("a.xml")
    assert declared_version(folder, ["a.xml", "b.xml"]) != before


def test_a_file_that_is_not_there_declares_nothing(folder: Path) -> None:
    assert declared_version(folder, ["a.xml", "absent.xml"]) is None
    assert declared_version(folder, []) is None


def test_a_request_names_the_file_as_an_address() -> None:
    request = read_request("../band gaps.csv", "text/csv")
    assert (request.uri, request.method, request.media_type) == ("file:../band%20gaps.csv", "READ", "text/csv")
