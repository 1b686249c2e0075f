from __future__ import annotations

import gzip
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from curation.datasets.layout import read_manifest
from harvest.archive import Archive
from harvest.ledger import Ledger
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

DATA = Path(__file__).parents[2] / "data"
RECIPE = """
[dataset]
name = "small"
title = "A few rows of the samples"
licence = "CC-BY-4.0"
creators = [{ name = "Ada Example" }]

[[sources]]
source = "files"
name = "dielectric"
path = "dielectric.jsonl"
card = "dielectric.toml"

[[sources]]
source = "files"
name = "energies"
path = "energies.jsonl"
card = "energies.toml"

[[papers]]
name = "article"
files = "article.xml"
licence = "CC-BY-4.0"

[curate]
dedup = "exact"

[represent]
with = ["fraction", "magpie"]

[release]
to = ["folder"]
"""
LEFT_BEHIND = (".building-*", ".parts-*", "*.shared", "spill")


def cut(sample: str, rows: int) -> list[dict[str, Any]]:
    with gzip.open(DATA / "samples" / sample, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in itertools.islice(file, rows)]


def write_small_project(folder: Path, *, rows: int = 120) -> Path:
    """Write a recipe with the data that it names: a few hundred rows of the samples, with known faults planted.

    Planted in `dielectric`: two structures again under other ids, one impossible value, one line that is not JSON.
    """
    folder.mkdir(parents=True)
    structures = cut("matbench_dielectric.jsonl.gz", rows)
    structures += [{**row, "id": f"again-{row['id']}"} for row in structures[:2]]
    structures[2] = {**structures[2], "n": -1.0}
    lines = [json.dumps(row) for row in structures] + ['{"id": "torn', ""]
    (folder / "dielectric.jsonl").write_text("\n".join(lines), encoding="utf-8")
    energies = cut("experimental_formation_energies.jsonl.gz", 150)
    (folder / "energies.jsonl").write_text("".join(json.dumps(row) + "\n" for row in energies), encoding="utf-8")
    for name, sample in (("dielectric", "matbench_dielectric"), ("energies", "experimental_formation_energies")):
        shutil.copy(DATA / "samples" / f"{sample}.toml", folder / f"{name}.toml")
    shutil.copy(DATA / "samples" / "papers" / "refractive-index-review.xml", folder / "article.xml")
    (folder / "small.toml").write_text(RECIPE, encoding="utf-8")
    return folder / "small.toml"


def copy_quickstart(folder: Path) -> Path:
    """Copy the quickstart with its samples, without its lock."""
    shutil.copytree(DATA / "samples", folder / "data" / "samples")
    recipe = folder / "data" / "recipes" / "quickstart.toml"
    recipe.parent.mkdir()
    shutil.copy(DATA / "recipes" / "quickstart.toml", recipe)
    return recipe


@pytest.fixture(scope="session")
def small() -> Callable[..., Path]:
    """A function that writes a small project into a folder and returns its recipe."""
    return write_small_project


@pytest.fixture(scope="session")
def quickstart() -> Callable[[Path], Path]:
    """A function that copies the quickstart into a folder and returns its recipe."""
    return copy_quickstart


@pytest.fixture(scope="session")
def command() -> list[str]:
    """The command line as a program."""
    return [sys.executable, "-m", "curation"]


@pytest.fixture(scope="session")
def matgranary(command: list[str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """A function that runs the command line to its end."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="session")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., tuple[int, list[str], str]]]:
    """A function that runs the command line in a fork with a fault; returns exit code, points reached, output."""
    folder = tmp_path_factory.mktemp("forked")
    output, points = folder / "output", folder / "points"
    recipe = write_small_project(folder / "project")
    # What libraries start for themselves at import is asleep when the program forks.
    program = [sys.executable, "-W", "ignore::DeprecationWarning"]
    program += [str(Path(__file__).with_name("forked_runs.py")), str(output), str(recipe)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    server = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert server.stdin is not None
    assert server.stdout is not None

    def run(*arguments: object, store: Path, fault: str | None = None, at: int = 0) -> tuple[int, list[str], str]:
        output.write_bytes(b"")
        order = {"arguments": [*map(str, arguments), "--store", str(store)], "store": str(store)}
        order |= {"points": str(points), "fault": fault, "at": at}
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        return answer["exit"], points.read_text(encoding="utf-8").splitlines(), output.read_text(encoding="utf-8")

    yield run
    server.stdin.close()
    server.wait(30)
    server.stdout.close()


@pytest.fixture(scope="session")
def outcome() -> Callable[[Path, Path], dict[str, object]]:
    """A function that proves a store after its last run and returns everything that no kill may change."""
    return prove_outcome


def prove_outcome(recipe: Path, store: Path) -> dict[str, object]:
    """Prove that nothing is lost, doubled or left behind; return what must be the same after every history."""
    left = sorted(path for pattern in LEFT_BEHIND for top in (store, recipe.parent) for path in top.rglob(pattern))
    assert left == []
    (dataset,) = (store / "datasets").iterdir()
    (version,) = (path for path in dataset.iterdir() if path.name != "built.json")
    manifest = read_manifest(version)
    for source in manifest.sources:
        (_,) = (store / "records" / source.key).iterdir()
    assert {part.path: part.sha256 for part in manifest.parts} == {
        part.path: sha256_of_file(version / part.path) for part in manifest.parts
    }
    return {
        "version": manifest.version,
        "content": manifest.content_sha256,
        "rows": _rows(version),
        "ledger": manifest.ledger.model_dump(),
        "parts": {part.path: part.sha256 for part in manifest.parts},
        "vectors": _hashes(version / "representations"),
        "release": _hashes(store / "releases"),
        "lock": sha256_of_file(recipe.parent / "harvest.lock"),
        "pages": _pages(store),
    }


def _rows(version: Path) -> dict[str, int]:
    """Count the rows of each table by its Parquet files, and hold them against the sums of the ledger."""
    count = {
        room.name: sum(pq.ParquetFile(part).metadata.num_rows for part in room.glob("*.parquet"))
        for room in version.iterdir()
        if room.is_dir() and room.name != "representations"
    }
    tables = [pq.read_table(part, columns=["table"])["table"] for part in (version / "quarantine").glob("*.parquet")]
    quarantined = sum(name == "entries" for table in tables for name in table.to_pylist())
    lines = read_manifest(version).ledger.lines
    assert sum(line.entries.harvested for line in lines) == count["entries"] + quarantined
    assert sum(line.entries.kept for line in lines) == count["materials"]
    assert sum(line.entries.merged for line in lines) == count["duplicates"]
    assert sum(line.values.harvested for line in lines) == count["properties"] + count["quarantine"] - quarantined
    return count


def _pages(store: Path) -> list[tuple[str, str, str]]:
    """Return the pages of the archive; prove that each stands there once, whole, and that the ledger knows each."""
    archive = Archive(store / "raw")
    scanned = [(place, exchange) for segment in archive.segments() for place, exchange in archive.scan(segment)]
    ends = {place.segment: place.offset + place.length for place, _ in scanned}
    assert ends == {segment.name: segment.stat().st_size for segment in archive.segments()}
    ledger = Ledger(store / "raw" / "ledger.sqlite", read_only=True)
    try:
        assert [stored.place for stored in ledger.exchanges()] == [place for place, _ in scanned]
    finally:
        ledger.close()
    keys = [(exchange.harvest, exchange.request_key) for _, exchange in scanned]
    assert len(set(keys)) == len(keys)
    with sqlite3.connect(store / "raw" / "ledger.sqlite") as database:
        assert {state for (state,) in database.execute("SELECT state FROM harvests")} == {"complete"}
        attempts = database.execute("SELECT count(*) FROM harvests").fetchone()[0]
    database.close()
    assert sum(exchange.kind == "metadata" for _, exchange in scanned) == attempts
    return [(e.harvest, e.request_key, e.sha256) for _, e in scanned if e.kind != "metadata"]


def _hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_of_file(path) for path in files}
