from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from curation.cli import doctor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    Command = Callable[..., tuple[int, str, str]]


def test_a_store_in_order_passes(store: Path, command: Command, hashes: Callable[..., dict[str, str]]) -> None:
    before = hashes(store)
    code, text, _ = command("doctor", "--store", store, "--json")
    found = {result["subject"]: result for result in json.loads(text)}
    assert code == 0
    assert set(found) == {"Python", "mp-api", "installed", "disk", "store"}
    assert found["store"]["message"].endswith("0 not in order; datasets: small")
    assert hashes(store) == before


def test_a_store_that_is_not_there_is_no_fault(tmp_path: Path, command: Command) -> None:
    code, said, _ = command("doctor", "--store", tmp_path / "none" / "yet")
    assert code == 0
    assert "does not exist yet: a run makes it" in said
    assert not (tmp_path / "none").exists()


def test_what_is_damaged_is_named_and_exits_with_1(own_store: Path, command: Command) -> None:
    path = next((own_store / "records").rglob("entries.parquet"))
    path.write_bytes(b"damaged")
    code, said, _ = command("doctor", "--store", own_store)
    assert code == 1
    assert "1 not in order" in said
    assert path.name in said.replace("\n", "")


def test_a_full_disk_is_told(tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    class Little:
        free = 5 << 20

    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: Little)
    code, text, _ = command("doctor", "--store", tmp_path, "--json")
    (disk,) = [result for result in json.loads(text) if result["subject"] == "disk"]
    assert (code, disk["passed"]) == (1, False)
    assert os.fspath(tmp_path) in disk["message"]
