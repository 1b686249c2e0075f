"""Fingerprints: they change with the code, and with nothing else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from schemas.fingerprint import code_fingerprint

if TYPE_CHECKING:
    from pathlib import Path


def package(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    room = folder / name
    room.mkdir()
    (room / "__init__.py").write_text('"""Nothing."""\n')
    (room / "table.csv").write_text("a,b\n")
    monkeypatch.syspath_prepend(str(folder))
    return room


@pytest.mark.parametrize(("file", "counts"), [("__init__.py", True), ("table.csv", True), ("notes.md", False)])
def test_code_and_tables_count_and_notes_do_not(
    file: str, counts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"package_of_{file.replace('.', '_')}"
    room = package(tmp_path, name, monkeypatch)
    before = code_fingerprint(name)
    (room / file).write_text("# changed\n")
    code_fingerprint.cache_clear()
    sys.modules.pop(name, None)
    assert (code_fingerprint(name) != before) is counts


def test_the_order_of_packages_does_not_count() -> None:
    assert code_fingerprint("schemas", "harvest.papers") == code_fingerprint("harvest.papers", "schemas")
    assert code_fingerprint("schemas") != code_fingerprint("harvest")


def test_one_module_can_be_named() -> None:
    assert code_fingerprint("schemas:units.py") != code_fingerprint("schemas:formula.py")
