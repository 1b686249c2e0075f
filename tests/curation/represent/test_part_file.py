from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from curation.represent import part_file
from curation.represent.errors import BrokenRepresenterError
from curation.represent.part_file import count_rows, write_part
from curation.represent.registry import load_representer
from curation.represent.representer import Features
from curation.represent.rows import COMPOSITION_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

    from curation.represent.representer import Representer
    from schemas.representation import RepresentationSpec

FORMULAS = ["Fe2O3", "SiO2", "HeH", "NaCl", "BkO2"]


def ignore(rows: int) -> None:
    del rows


@pytest.fixture
def materials(make_version: Callable[..., Path]) -> pa.Table:
    path = make_version("1.0.0", FORMULAS) / "materials" / "part-0000.parquet"
    return pq.read_table(path, columns=["material_id", *COMPOSITION_COLUMNS])


class Broken:
    """A representer that breaks its promise in the way that it is told."""

    def __init__(self, vectors: np.ndarray[tuple[int, ...], np.dtype[np.generic]]) -> None:
        self._vectors = vectors

    @property
    def spec(self) -> RepresentationSpec:
        return load_representer("magpie").spec

    def compute(self, part: pa.Table) -> Features:
        del part
        return Features(self._vectors, {})  # type: ignore[arg-type] # the wrong type is the point


class Counting:
    """A representer that notes how many rows it is handed at a time."""

    def __init__(self, inner: Representer) -> None:
        self._inner = inner
        self.seen: list[int] = []

    @property
    def spec(self) -> RepresentationSpec:
        return self._inner.spec

    def compute(self, part: pa.Table) -> Features:
        self.seen.append(part.num_rows)
        return self._inner.compute(part)


def test_rows_stand_in_the_order_of_the_materials(materials: pa.Table, tmp_path: Path) -> None:
    write_part(load_representer("magpie"), materials, tmp_path / "x.parquet", on_rows=ignore)
    table = pq.read_table(tmp_path / "x.parquet")
    assert table["material_id"].equals(materials["material_id"])
    assert [reason is None for reason in table["failure"].to_pylist()] == [True, True, False, True, False]
    assert [vector is None for vector in table["vector"].to_pylist()] == [False, False, True, False, True]
    assert table["failure"][2].as_py() == "the table has no MeltingT or Electronegativity for He"
    assert count_rows(tmp_path / "x.parquet") == (5, 2)


def test_the_file_says_what_it_holds(materials: pa.Table, tmp_path: Path) -> None:
    magpie = load_representer("magpie")
    write_part(magpie, materials, tmp_path / "x.parquet", on_rows=ignore)
    schema = pq.read_schema(tmp_path / "x.parquet")
    assert schema.names == ["material_id", "vector", "failure", "fingerprint"]
    assert str(schema.field("vector").type) == "fixed_size_list<element: float not null>[22]"
    assert json.loads(schema.metadata[b"representation"]) == magpie.spec.model_dump(mode="json")
    assert b"pandas" not in schema.metadata


def test_the_same_rows_give_the_same_bytes(materials: pa.Table, tmp_path: Path) -> None:
    for name in ("fraction", "magpie", "mat2vec", "one_hot"):
        files = [tmp_path / f"{name}-{run}.parquet" for run in (1, 2)]
        for file in files:
            write_part(load_representer(name), materials, file, on_rows=ignore)
        assert files[0].read_bytes() == files[1].read_bytes()


def test_rows_are_handed_over_by_the_row_group(
    materials: pa.Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tmp_path / "whole.parquet"
    write_part(load_representer("magpie"), materials, whole, on_rows=ignore)
    monkeypatch.setattr(part_file, "ROW_GROUP", 2)
    representer, told = Counting(load_representer("magpie")), list[int]()
    write_part(representer, materials, tmp_path / "x.parquet", on_rows=told.append)
    assert representer.seen == told == [2, 2, 1]
    file = pq.ParquetFile(tmp_path / "x.parquet")
    assert [file.metadata.row_group(index).num_rows for index in range(file.num_row_groups)] == [2, 2, 1]
    assert file.read().equals(pq.read_table(whole))


@pytest.mark.parametrize(
    "vectors",
    [np.zeros((5, 22), np.int64), np.zeros((4, 22), np.float32), np.zeros((5, 21), np.float32)],
    ids=["type", "rows", "width"],
)
def test_a_broken_promise_is_refused(
    materials: pa.Table, tmp_path: Path, vectors: np.ndarray[tuple[int, ...], np.dtype[np.generic]]
) -> None:
    with pytest.raises(BrokenRepresenterError, match=r"expected float32 or float64 \(5, 22\)"):
        write_part(Broken(vectors), materials, tmp_path / "x.parquet", on_rows=ignore)
    assert not (tmp_path / "x.parquet").exists()


def test_nan_without_a_reason_is_refused(materials: pa.Table, tmp_path: Path) -> None:
    vectors = np.zeros((5, 22), np.float32)
    vectors[3, 7] = np.nan
    with pytest.raises(BrokenRepresenterError, match="for 1 rows, first 3"):
        write_part(Broken(vectors), materials, tmp_path / "x.parquet", on_rows=ignore)
    assert not (tmp_path / "x.parquet").exists()
