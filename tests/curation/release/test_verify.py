from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from curation.release.verify import verify_release, verify_releases
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def failed(folder: Path) -> dict[str, str]:
    return {result.subject: result.message for result in verify_release(folder) if not result.passed}


@pytest.fixture
def folder(own_store: Path) -> Path:
    return own_store / "releases" / "small-1.0.0"


def test_a_whole_release_passes(folder: Path, own_store: Path) -> None:
    results = verify_releases(own_store)
    assert len(results) > 20
    assert all(result.passed for result in results)
    assert failed(folder) == {}


@pytest.mark.parametrize("name", ["README.md", "data/manifest.json", "data/materials/all-0000.parquet", "LICENSES.csv"])
def test_a_changed_file_is_named(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(bytes(content))
    assert list(failed(folder)) == [str(folder / name)]
    assert "expected sha256" in failed(folder)[str(folder / name)]


def test_a_missing_file_and_one_too_many_are_named(folder: Path) -> None:
    (folder / "CITATION.cff").unlink()
    (folder / "data" / "extra.txt").write_text("x", encoding="utf-8")
    assert failed(folder) == {
        str(folder / "CITATION.cff"): "missing; fetch the release again",
        str(folder / "data" / "extra.txt"): "not in manifest-sha256.txt",
    }


@pytest.mark.parametrize("text", [None, "no two columns", "\xff"])
def test_an_unreadable_list_is_named(folder: Path, text: str | None) -> None:
    path = folder / "manifest-sha256.txt"
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="latin-1")
    assert list(failed(folder)) == [str(path)]


def test_a_store_without_releases_has_none_to_prove(tmp_path: Path) -> None:
    assert verify_releases(tmp_path) == []


def test_the_command_proves_a_release_that_stands_alone(
    folder: Path, tmp_path: Path, command: Callable[..., tuple[int, str, str]]
) -> None:
    alone = folder.rename(tmp_path / "received")
    assert command("verify", alone)[0] == 0
    (alone / "README.md").write_text("other", encoding="utf-8")
    code, text, _ = command("verify", alone, "--json")
    assert (code, [result["subject"] for result in json.loads(text)["failed"]]) == (7, [str(alone / "README.md")])
    assert command("verify", tmp_path / "nothing")[0] == 2


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("data/manifest.json", "data/properties/dielectric-0000.parquet"),
        ("data/representations/fraction/representation.json", "data/representations/fraction/part-0000.parquet"),
    ],
)
def test_a_part_that_was_damaged_before_its_release_is_named(
    folder: Path, flip: Callable[[Path], Path], name: str, part: str
) -> None:
    before = sha256_of_file(folder / part)
    after = sha256_of_file(flip(folder / part))
    for path in (folder / "manifest-sha256.txt", folder / "tagmanifest-sha256.txt"):
        path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    seal(folder)
    assert list(failed(folder)) == [str(folder / part)]
    assert "by the manifest of the data" in failed(folder)[str(folder / part)]
    assert before in (folder / name).read_text(encoding="utf-8")


def seal(folder: Path) -> None:
    """Let the second list name the first as it is now."""
    listed = folder / "tagmanifest-sha256.txt"
    lines = [line for line in listed.read_text(encoding="utf-8").splitlines() if "manifest-sha256.txt" not in line]
    lines.append(f"{sha256_of_file(folder / 'manifest-sha256.txt')}  manifest-sha256.txt")
    listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
