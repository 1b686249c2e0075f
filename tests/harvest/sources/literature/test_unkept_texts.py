"""Texts that may not be kept, end to end: values, places and hashes stay, and the archive holds no sentence of them."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from curation.cli import make_app
from harvest.console import run_app
from harvest.ledger import Ledger
from harvest.warc import CONVERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Article

PROSE = b"travelling heater"
RECIPE = """\
[dataset]
name = "gaps"
title = "Gaps"
licence = "CC-BY-4.0"

[[papers]]
name = "papers"
files = "papers/*.xml"
licence = "CC-BY-4.0"
keep_text = false
"""


@pytest.fixture
def project(tmp_path: Path, article: type[Article]) -> Path:
    (tmp_path / "papers").mkdir()
    for name, gap in (("a", "3.37"), ("b", "3.21")):
        text = article(f"10.5555/{name}", gap, own_licence="").text
        assert PROSE in text
        (tmp_path / "papers" / f"{name}.xml").write_bytes(text)
    (tmp_path / "papers" / "broken.xml").write_bytes(b"<article>" + PROSE)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def said(project: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Return a function that runs a command on the store of the project and returns what it says."""

    def run(*words: str, code: int = 0) -> str:
        assert run_app(make_app(), [*words, "--store", str(project / "store")]) == code
        return capsys.readouterr().out

    return run


def everything(store: Path) -> bytes:
    """Return every byte of a store, unpacked."""
    segments = b"".join(gzip.decompress(path.read_bytes()) for path in store.rglob("*.warc.gz"))
    return segments + b"".join(path.read_bytes() for path in store.rglob("*") if path.is_file())


def test_the_store_holds_values_places_and_hashes_and_no_byte_of_prose(project: Path, said: Callable[..., Any]) -> None:
    said("run", str(project / "recipe.toml"))
    rows = json.loads(said("query", "SELECT value, pointer FROM properties ORDER BY value", "--json"))
    assert [row["value"] for row in rows] == [3.21, 3.37]
    held = everything(project / "store")
    assert PROSE not in held
    for name in ("a", "b", "broken"):
        text = (project / "papers" / f"{name}.xml").read_bytes()
        assert hashlib.sha256(text).hexdigest().encode() in held


def test_verify_and_lineage_say_in_words_that_the_text_is_not_kept(project: Path, said: Callable[..., Any]) -> None:
    said("run", str(project / "recipe.toml"))
    sha256 = hashlib.sha256((project / "papers" / "a.xml").read_bytes()).hexdigest()
    (row,) = json.loads(said("query", "SELECT property_id FROM properties WHERE value > 3.3", "--json"))
    lineage = said("lineage", row["property_id"])
    assert f"text not kept: licence NOASSERTION; sha256 {sha256}" in lineage
    assert "there at table=T1;row=1;col=1" in lineage
    assert f"text not kept: licence NOASSERTION; sha256 {sha256}" in said("verify", "--json")


def test_the_dataset_is_made_again_from_the_archive_alone(project: Path, said: Callable[..., Any]) -> None:
    recipe = project / "recipe.toml"
    recipe.write_text(RECIPE.replace("*.xml", "a.xml"), encoding="utf-8")
    said("run", str(recipe))
    before = said("query", "SELECT * FROM properties ORDER BY property_id", "--json")
    (project / "papers" / "a.xml").unlink()
    said("run", str(project / "recipe.toml"), "--locked", "--offline")
    assert said("query", "SELECT * FROM properties ORDER BY property_id", "--json") == before


def test_a_ledger_that_is_rebuilt_knows_which_texts_are_not_kept(project: Path, said: Callable[..., Any]) -> None:
    said("run", str(project / "recipe.toml"))
    for path in (project / "store" / "raw").glob("ledger.sqlite*"):
        path.unlink()
    said("run", str(project / "recipe.toml"))
    ledger = Ledger(project / "store" / "raw" / "ledger.sqlite", read_only=True)
    assert sum(stored.kind == CONVERSION for stored in ledger.exchanges()) == 3
    ledger.close()
