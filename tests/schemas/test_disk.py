"""Disk: a reader sees all of a folder or none of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dataset import Sums
from schemas.disk import building, canonical_json, digest, model_json, publish_folder, sha256_of_file, sweep, write_file

if TYPE_CHECKING:
    from pathlib import Path

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def everything(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_a_folder_is_seen_when_its_block_ends_well(tmp_path: Path) -> None:
    with publish_folder(tmp_path / "sets" / "1.0.0") as begun:
        (begun / "part").write_bytes(b"rows")
        assert not (tmp_path / "sets" / "1.0.0").exists()
    assert everything(tmp_path) == ["sets", "sets/1.0.0", "sets/1.0.0/part"]


def test_an_error_in_the_block_leaves_nothing(tmp_path: Path) -> None:
    def fail(begun: Path) -> None:
        (begun / "part").write_bytes(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), publish_folder(tmp_path / "1.0.0") as begun:
        fail(begun)
    assert everything(tmp_path) == []


def test_an_existing_folder_is_never_replaced(tmp_path: Path) -> None:
    present = tmp_path / "1.0.0"
    present.mkdir()
    (present / "part").write_bytes(b"old")
    with pytest.raises(FileExistsError), publish_folder(present):
        pytest.fail("the block is not entered")
    with building(tmp_path, "other") as begun, pytest.raises(FileExistsError):
        begun.publish(present)
    assert everything(tmp_path) == ["1.0.0", "1.0.0/part"]
    assert (present / "part").read_bytes() == b"old"


def test_what_is_not_published_vanishes(tmp_path: Path) -> None:
    with building(tmp_path, "version") as begun:
        (begun.folder / "spill").write_bytes(b"x")
    assert everything(tmp_path) == []


def test_sweeping_removes_what_killed_writers_left_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a" / ".building-version" / "deep").mkdir(parents=True)
    (tmp_path / "a" / ".building-other.json").write_bytes(b"half")
    write_file(tmp_path / "a" / "file.json", b"whole")
    assert len(sweep(tmp_path)) == 2
    assert everything(tmp_path) == ["a", "a/file.json"]
    assert sweep(tmp_path / "absent") == []


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "new" / "file"
    write_file(path, b"first")
    write_file(path, b"second")
    assert path.read_bytes() == b"second"
    assert sha256_of_file(path) == hashlib.sha256(b"second").hexdigest()
    assert everything(tmp_path) == ["new", "new/file"]


@given(JSON)
def test_canonical_json_does_not_depend_on_the_order_of_keys(value: object) -> None:
    def turned(part: object) -> object:
        if isinstance(part, dict):
            return {key: turned(part[key]) for key in reversed(part)}
        return [turned(item) for item in part] if isinstance(part, list) else part

    assert canonical_json(turned(value)) == canonical_json(value)
    assert digest(value) == hashlib.sha256(canonical_json(value)).hexdigest()


def test_json_has_no_nan() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def test_a_model_is_written_for_people() -> None:
    assert model_json(Sums(harvested=2, kept=1, merged=0, quarantined=1)) == (
        b'{\n  "harvested": 2,\n  "kept": 1,\n  "merged": 0,\n  "quarantined": 1\n}\n'
    )
