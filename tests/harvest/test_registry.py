"""The registry: connectors by name, ours and those of other packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.errors import UnknownSourceError
from harvest.registry import load_source, source_names

if TYPE_CHECKING:
    from pathlib import Path


def test_every_name_loads_a_connector_with_a_card_of_that_name() -> None:
    assert {"article_files", "files", "optimade"} <= set(source_names())
    assert list(source_names()) == sorted(source_names())
    for name in source_names():
        source = load_source(name)
        assert source.card.name == name
        assert all(callable(getattr(source, member)) for member in ("plan", "fetch", "parse"))


def test_an_unknown_name_brings_the_nearest_or_all() -> None:
    with pytest.raises(UnknownSourceError, match="'optimad' is installed; did you mean optimade"):
        load_source("optimad")
    with pytest.raises(UnknownSourceError, match=r"known are .*files.*optimade"):
        load_source("zzz")


def test_a_connector_of_another_package_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "their_source.py").write_text(
        "from types import SimpleNamespace as N\nTheirs = lambda: N(card=N(name='theirs'))\n"
    )
    metadata = tmp_path / "theirs-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[matgranary.sources]\ntheirs = their_source:Theirs\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "theirs" in source_names()
    assert load_source("theirs").card.name == "theirs"
