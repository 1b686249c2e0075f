from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.datasets import write
from curation.datasets.layout import parts_of, read_manifest
from curation.datasets.open import open_dataset
from curation.datasets.tables import TABLES
from curation.datasets.verify import verify_version
from harvest.store import Store
from schemas.arrow import arrow_schema
from schemas.dataset import Manifest
from schemas.disk import model_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from curation.build import BuildReport
    from curation.datasets.open import Dataset

    Made = Callable[..., BuildReport]
    Hashes = Callable[..., dict[str, str]]

PROJECT = Path(__file__).parents[3]
CHANGED = {"a": [("1", "NaCl", 1.5), ("2", "ZnS", 2.4)], "b": [("1", "KCl", 1.5)]}


def without_datasets(store: Path, folder: Path) -> Path:
    shutil.copytree(store, folder, ignore=shutil.ignore_patterns("datasets", "releases"))
    return folder


def shuffle_records(store: Path) -> int:
    """Put the rows of every table of the records into another order; return how many tables that changed."""
    random = np.random.default_rng(1)
    changed = 0
    for path in sorted((store / "records").rglob("*.parquet")):
        table = pq.read_table(path)
        mixed = table.take(pa.array(random.permutation(table.num_rows)))
        changed += not mixed.equals(table)
        pq.write_table(mixed, path)
    return changed


def test_the_order_of_records_and_the_folder_change_no_byte(
    store: Path, tmp_path: Path, curated: Made, hashes: Hashes
) -> None:
    other = without_datasets(store, tmp_path / "elsewhere" / "with space")
    assert shuffle_records(other) >= 6
    curated(other, "small")
    assert hashes(other / "datasets", "*.parquet") == {
        path: sha256
        for path, sha256 in hashes(store / "datasets", "*.parquet").items()
        if "representations" not in path
    }


@pytest.mark.slow
def test_locale_time_zone_and_hash_seed_change_no_byte(store: Path, tmp_path: Path, hashes: Hashes) -> None:
    other = without_datasets(store, tmp_path / "store")
    foreign = {"TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "12345"}
    program = "import sys, curation; print(curation.curate(sys.argv[1], 'small').dataset.manifest.content_sha256)"
    done = subprocess.run(
        [sys.executable, "-c", program, str(other)],
        env=os.environ | foreign | {"PYTHON_CPU_COUNT": "1", "PYTHONPATH": str(PROJECT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    (first,) = (store / "datasets" / "small").glob("1.0.0")
    assert done.stdout.strip() == read_manifest(first).content_sha256
    made = hashes(other / "datasets" / "small" / "1.0.0", "*.parquet")
    assert made == {part.path: part.sha256 for part in read_manifest(first).parts}


def test_the_time_of_the_fetch_changes_no_byte(
    tmp_path: Path, table_recipe: Callable[..., Path], curated: Made
) -> None:
    recipe = table_recipe({"a": [("1", "NaCl", 1.5), ("2", "ZnS", 2.4)]})
    made = []
    for year in (1999, 2031):
        folder = tmp_path / str(year)
        with Store(folder, clock=lambda year=year: datetime(year, 2, 28, tzinfo=UTC)) as opened:
            opened.harvest(recipe)
        made.append((curated(folder, "small").dataset.folder / "manifest.json").read_bytes())
    assert made[0] == made[1]


def test_a_part_that_did_not_change_is_the_same_file(
    begun: Path, table_recipe: Callable[..., Path], made: Made
) -> None:
    first = open_dataset(begun, "small@1.0.0")
    second = made(table_recipe(CHANGED), begun, update=True).dataset
    assert second.id == "small@1.0.1"
    for table in ("entries", "properties", "provenance"):
        old, new = (folder / table / "a-0000.parquet" for folder in (first.folder, second.folder))
        assert old.samefile(new)
    old, new = (folder / "properties" / "b-0000.parquet" for folder in (first.folder, second.folder))
    assert not old.samefile(new)
    assert old.read_bytes() != new.read_bytes()


@pytest.mark.parametrize("damage", ["flipped", "gone"])
def test_a_damaged_part_of_the_parent_is_not_taken_over(
    begun: Path,
    table_recipe: Callable[..., Path],
    command: Callable[..., tuple[int, str, str]],
    flip: Callable[[Path], Path],
    damage: str,
) -> None:
    first = open_dataset(begun, "small@1.0.0")
    path = first.folder / "properties" / "b-0000.parquet"
    flip(path) if damage == "flipped" else path.unlink()
    recipe = table_recipe({"a": [("1", "NaCl", 1.5), ("2", "ZnS", 2.5)], "b": [("1", "KCl", 1.49)]})
    code, _, said = command("run", recipe, "--update", "--store", begun)
    assert code == 0
    assert f"warning: {path} is damaged" in said
    second = open_dataset(begun, "small@1.0.1")
    assert [result for result in verify_version(second.folder) if not result.passed] == []
    assert not [
        result.subject for result in verify_version(first.folder) if result.passed and str(path) in result.subject
    ]


def test_a_damaged_part_of_the_parent_that_changed_ends_the_run(
    begun: Path,
    table_recipe: Callable[..., Path],
    command: Callable[..., tuple[int, str, str]],
    flip: Callable[[Path], Path],
) -> None:
    path = flip(open_dataset(begun, "small@1.0.0").folder / "properties" / "b-0000.parquet")
    code, _, said = command("run", table_recipe(CHANGED), "--update", "--store", begun)
    assert code == 7
    assert f"{path}: expected sha256" in said
    assert [one.name for one in (begun / "datasets" / "small").iterdir() if one.is_dir()] == ["1.0.0"]


def test_where_there_are_no_hard_links_the_copy_stays(
    begun: Path, table_recipe: Callable[..., Path], made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_dataset(begun, "small@1.0.0")

    def refuse(present: Path, new: Path) -> None:
        raise OSError(present, new)

    monkeypatch.setattr(os, "link", refuse)
    second = made(table_recipe(CHANGED), begun, update=True).dataset
    old, new = (folder / "entries" / "a-0000.parquet" for folder in (first.folder, second.folder))
    assert not old.samefile(new)
    assert old.read_bytes() == new.read_bytes()
    assert not list(second.folder.rglob("*.shared"))


def test_the_identity_of_the_rows_is_the_hash_over_the_parts(dataset: Dataset, hashes: Hashes) -> None:
    manifest = dataset.manifest
    found = {path: sha256 for path, sha256 in hashes(dataset.folder, "*.parquet").items() if path.count("/") == 1}
    assert {part.path: part.sha256 for part in manifest.parts} == found
    pairs = sorted([part.path, part.sha256] for part in manifest.parts)
    text = json.dumps(pairs, separators=(",", ":"))
    assert manifest.content_sha256 == hashlib.sha256(text.encode()).hexdigest()
    for part in manifest.parts:
        file = pq.ParquetFile(dataset.folder / part.path)
        assert (file.metadata.num_rows, (dataset.folder / part.path).stat().st_size) == (part.rows, part.bytes)


def test_the_manifest_comes_back_as_it_was_written(dataset: Dataset) -> None:
    text = (dataset.folder / "manifest.json").read_bytes()
    assert Manifest.model_validate_json(text) == dataset.manifest
    assert model_json(Manifest.model_validate_json(text)) == text


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_parts_have_the_columns_units_and_order_of_their_model(dataset: Dataset, table: Any) -> None:  # noqa: ANN401 — a Table
    parts = parts_of(dataset.manifest, table.name)
    assert parts
    for part in parts:
        read = pq.read_table(dataset.folder / part.path, partitioning=None)
        expected = arrow_schema(table.row)
        described = [(field.name, field.nullable, field.metadata) for field in expected]
        assert [(field.name, field.nullable, field.metadata) for field in read.schema] == described
        # Parquet gives the parts of a map names of its own.
        kinds = [[f.type for f in schema if not pa.types.is_map(f.type)] for schema in (read.schema, expected)]
        assert kinds[0] == kinds[1]
        keys = list(zip(*(read[name].to_pylist() for name in table.key), strict=True))
        assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(("rows", "expected"), [(20, [7, 7, 6]), (14, [7, 7]), (7, [7]), (8, [7, 1])])
def test_tables_are_cut_into_parts_without_losing_a_row(
    tmp_path: Path,
    table_recipe: Callable[..., Path],
    made: Made,
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    expected: list[int],
) -> None:
    set_sizes(monkeypatch, least=3, most=7, cut="-")
    recipe = table_recipe({"a": [(f"{n:03d}", f"Na{n + 1}Cl", 1.5) for n in range(rows)], "b": [("x", "ZnS", 2.0)]})
    dataset = made(recipe, tmp_path / "store").dataset
    parts = [part for part in parts_of(dataset.manifest, "entries") if "/a-" in part.path]
    assert [part.rows for part in parts] == expected
    assert [part.path for part in parts] == [f"entries/a-{number:04d}.parquet" for number in range(len(expected))]
    ids = [n for part in parts for n in pq.read_table(dataset.folder / part.path)["source_id"].to_pylist()]
    assert ids == [f"{n:03d}" for n in range(rows)]
    assert dataset.sql("SELECT count(*) AS n FROM entries").rows() == [{"n": rows + 1}]


def set_sizes(monkeypatch: pytest.MonkeyPatch, *, least: int, most: int, cut: str) -> None:
    monkeypatch.setattr(write, "LEAST_ROWS", least)
    monkeypatch.setattr(write, "MOST_ROWS", most)
    monkeypatch.setattr(write, "CUT", cut)


def test_a_row_that_comes_changes_one_part_and_the_others_stay_the_same_files(
    tmp_path: Path, table_recipe: Callable[..., Path], made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_sizes(monkeypatch, least=2, most=1000, cut="a")
    rows = [(f"{n:04d}", f"Na{n + 1}Cl", 1.5) for n in range(600)]
    old = made(table_recipe({"a": rows, "b": [("x", "ZnS", 2.0)]}), tmp_path / "store").dataset
    late = [*rows, ("0002a", "KCl", 1.5)]
    new = made(table_recipe({"a": late, "b": [("x", "ZnS", 2.0)]}), tmp_path / "store", update=True).dataset
    hashes = [{p.sha256: p.path for p in parts_of(d.manifest, "materials")} for d in (old, new)]
    assert len(hashes[0]) > 8
    assert len(hashes[1].keys() - hashes[0].keys()) in {1, 2}  # the new row may end a part itself
    shared = hashes[0].keys() & hashes[1].keys()
    assert all((old.folder / hashes[0][h]).samefile(new.folder / hashes[1][h]) for h in shared)


def test_a_table_without_rows_has_one_empty_part(first_version: Path) -> None:
    dataset = open_dataset(first_version / "store")
    (part,) = parts_of(dataset.manifest, "structures")
    assert (part.path, part.rows) == ("structures/none-0000.parquet", 0)
    assert dataset.sql("SELECT * FROM structures").rows() == []


class Uneven:
    """Answers in batches of its own sizes, as another version of the database may."""

    def __init__(self, last: set[int]) -> None:
        self.last = last

    def batches(self, sql: str, rows: int) -> Iterator[pa.RecordBatch]:
        del sql, rows
        start = 0
        for size in (3, 9, 1, 20, 7):
            numbers = list(range(start, start + size))
            yield pa.RecordBatch.from_pydict({"n": numbers, "is_last": [n in self.last for n in numbers]})
            start += size


@pytest.mark.parametrize(
    ("last", "lengths"),
    [
        (set(), [7, 7, 7, 7, 7, 5]),
        ({4}, [5, 7, 7, 7, 7, 7]),
        ({1, 8}, [7, 7, 7, 7, 7, 5]),
        ({9, 12}, [7, 3, 3, 7, 7, 7, 6]),
    ],
)
def test_batches_of_any_size_are_cut_at_the_same_rows(
    monkeypatch: pytest.MonkeyPatch, last: set[int], lengths: list[int]
) -> None:
    set_sizes(monkeypatch, least=3, most=7, cut="")
    chunks = list(write._chunks(Uneven(last), "", pa.schema([("n", pa.int64())])))  # type: ignore[arg-type]
    assert [chunk.num_rows for chunk in chunks] == lengths
    assert [n for chunk in chunks for n in chunk["n"].to_pylist()] == list(range(40))
