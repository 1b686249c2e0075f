from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

from curation.represent.composition import table_files
from curation.represent.composition.table_files import TABLES, read_table_bytes
from curation.represent.errors import DamagedInputError

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = files("curation.represent.composition") / "tables"


def test_the_readme_states_the_hash_of_every_table() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"^\| `(\w+)\.parquet` \| `([0-9a-f]{64})` \|", text, flags=re.MULTILINE))
    assert stated == {name: file.sha256 for name, file in TABLES.items()}


def test_every_table_file_is_listed_and_whole() -> None:
    present = {path.name.removesuffix(".parquet") for path in FOLDER.iterdir() if path.name.endswith(".parquet")}
    assert present == set(TABLES)
    for name in TABLES:
        assert read_table_bytes(name)


def test_a_table_that_was_changed_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tables").mkdir()
    content = (FOLDER / "magpie.parquet").read_bytes()
    (tmp_path / "tables" / "magpie.parquet").write_bytes(content[:100] + b"?" + content[101:])
    monkeypatch.setattr(table_files, "files", lambda _: tmp_path)
    with pytest.raises(DamagedInputError, match=f"expected {TABLES['magpie'].sha256}") as caught:
        read_table_bytes("magpie")
    assert caught.value.exit_code == 7
