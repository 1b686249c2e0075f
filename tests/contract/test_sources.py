"""The contract, for each connector that ships, on real data."""

from __future__ import annotations

import gzip
from importlib.metadata import entry_points
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import pytest

from harvest.registry import GROUP
from harvest.sources.article_files import ArticleFilesSource
from harvest.sources.files import FilesSource
from harvest.sources.optimade import OptimadeSource
from harvest.testing import SourceContract

PROJECT = Path(__file__).parents[2]


class TestFiles(SourceContract):
    source = FilesSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Copy the card of a sample and the first of its rows."""
        sample, folder = PROJECT / "data/samples/experimental_formation_energies", tmp_path / "samples"
        folder.mkdir()
        (folder / "card.toml").write_bytes(sample.with_suffix(".toml").read_bytes())
        with gzip.open(sample.with_suffix(".jsonl.gz")) as rows:
            (folder / "rows.jsonl.gz").write_bytes(gzip.compress(b"".join(islice(rows, 60))))
        return folder

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"path": "rows.jsonl.gz", "card": "card.toml"}


class TestArticleFiles(SourceContract):
    source = ArticleFilesSource

    @pytest.fixture
    def folder(self) -> Path:
        return PROJECT / "data/samples/papers"

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {"files": "*.xml", "licence": "CC-BY-4.0"}


class TestOptimade(SourceContract):
    source = OptimadeSource
    wrong_unit: ClassVar[dict[str, Any] | None] = {
        "fields": {"_exmpl_band_gap": {"property": "band_gap", "unit": "GPa", "method": "unknown"}}
    }

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def options(self, optimade_server: str) -> dict[str, Any]:
        gap = {"property": "band_gap", "unit": "eV", "method": "unknown"}
        return {"base_url": optimade_server, "licence": "MIT", "page_limit": 5, "fields": {"_exmpl_band_gap": gap}}


def test_every_connector_that_ships_passes_the_contract_somewhere() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "tests").rglob("test_*.py"))
    ours = {point.value.partition(":")[2] for point in entry_points(group=GROUP) if point.value.startswith("harvest.")}
    assert [name for name in sorted(ours) if f"    source = {name}\n" not in tests] == []
