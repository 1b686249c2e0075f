"""Runs over structures: joined row by row, reused row by row, resumed part by part."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from curation.represent import represent, run
from curation.represent.structure.structure_table import structure_table
from schemas.dataset import Manifest, Part
from schemas.disk import model_json, sha256_of_file

sys.path.insert(0, str(Path(__file__).parent))
from real_structures import Crystal, real_structures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@pytest.fixture
def make_structures(make_version: Callable[..., Path]) -> Callable[..., Path]:
    """A function that writes a version of materials with structures; none where it is given none."""

    def make(name: str, *parts: Sequence[tuple[str, Crystal | None]]) -> Path:
        version = make_version(name, *[["NaCl"] * len(part) for part in parts])
        rows: list[dict[str, Any]] = []
        for index, part in enumerate(parts):
            path = version / "materials" / f"part-{index:04d}.parquet"
            table = pq.read_table(path)
            for column in ("material_id", "representative_entry_id"):
                place = table.schema.get_field_index(column)
                table = table.set_column(place, table.schema.field(column), pa.array([key for key, _ in part]))
            pq.write_table(table, path)
            rows += [{"entry_id": key, **structure_table([one]).to_pylist()[0]} for key, one in part if one is not None]
        schema = structure_table([]).schema.insert(0, pa.field("entry_id", pa.string()))
        (version / "structures").mkdir()
        pq.write_table(pa.Table.from_pylist(rows[::-1], schema=schema), version / "structures" / "all.parquet")
        _seal(version)
        return version

    return make


def _seal(version: Path) -> None:
    manifest = Manifest.model_validate_json((version / "manifest.json").read_bytes())
    found = [
        Part(
            table=path.parent.name,
            path=str(path.relative_to(version)),
            sha256=sha256_of_file(path),
            bytes=path.stat().st_size,
            rows=pq.read_metadata(path).num_rows,
        )
        for table in ("materials", "structures")
        for path in sorted((version / table).glob("*.parquet"))
    ]
    (version / "manifest.json").write_bytes(model_json(manifest.model_copy(update={"parts": tuple(found)})))


def named(crystals: Sequence[Crystal], first: int = 0) -> list[tuple[str, Crystal | None]]:
    return [(f"e{first + place:05d}", one) for place, one in enumerate(crystals)]


def test_each_material_gets_the_structure_of_its_representative(make_structures: Callable[..., Path]) -> None:
    crystals = real_structures(5)
    version = make_structures("1.0.0", [*named(crystals[:2]), ("e9", None)], named(crystals[2:], 2))
    (result,) = represent(version, ["graph_knn12"])
    assert (result.rows, result.failures) == (6, 1)
    first = pq.read_table(result.path / "part-0000.parquet").to_pylist()
    assert first[2]["failure"] == "the material has no structure"
    assert first[2]["edge_first"] is None
    assert [row["node_number"] for row in first[:2]] == [one[2].tolist() for one in crystals[:2]]


def test_one_percent_more_rows_costs_one_percent(make_structures: Callable[..., Path]) -> None:
    crystals = real_structures(101)
    old = make_structures("1.0.0", named(crystals[:100]))
    new = make_structures("1.1.0", [*named(crystals[:50]), ("e00099x", crystals[100]), *named(crystals[50:100], 50)])
    represent(old, ["soap_mu2", "graph_knn12"])
    results = represent(new, ["soap_mu2", "graph_knn12"])
    assert [(r.rows_computed, r.rows) for r in results] == [(1, 101), (1, 101)]
    lent = {r.name: (r.path / "part-0000.parquet").read_bytes() for r in results}
    for path in old.glob("representations/*/representation.json"):
        path.unlink()
    for path in new.glob("representations/*/representation.json"):
        path.unlink()
    for again in represent(new, ["soap_mu2", "graph_knn12"]):
        assert again.rows_computed == 101
        assert pq.read_table(again.path / "part-0000.parquet").equals(pq.read_table(pa.BufferReader(lent[again.name])))


def test_a_structure_that_moved_is_computed_again(make_structures: Callable[..., Path]) -> None:
    crystals = list(real_structures(4))
    old = make_structures("1.0.0", named(crystals))
    represent(old, ["soap_mu2"])
    lattice, positions, numbers = crystals[2]
    crystals[2] = (lattice, positions + np.array([[0.01, 0.0, 0.0]] + [[0.0] * 3] * (len(positions) - 1)), numbers)
    (result,) = represent(make_structures("1.1.0", named(crystals)), ["soap_mu2"])
    assert (result.rows_computed, result.parts_reused) == (1, 0)


def test_a_killed_run_goes_on_with_the_part_that_it_was_at(
    make_structures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    crystals = real_structures(9)
    version = make_structures("1.0.0", named(crystals[:3]), named(crystals[3:6], 3), named(crystals[6:], 6))
    write_part, calls = run.write_part, iter(range(9))

    def killed_at_the_second(*args: Any, **kwargs: Any) -> int:  # noqa: ANN401 — handed on as received
        if next(calls) == 1:
            raise KeyboardInterrupt
        return write_part(*args, **kwargs)

    monkeypatch.setattr(run, "write_part", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        represent(version, ["soap_mu2"])
    monkeypatch.setattr(run, "write_part", write_part)
    (result,) = represent(version, ["soap_mu2"])
    assert (result.parts_computed, result.parts_reused, result.rows_computed) == (2, 1, 6)


def test_the_manifest_names_libraries_and_structures(make_structures: Callable[..., Path]) -> None:
    version = make_structures("1.0.0", named(real_structures(2)))
    (result,) = represent(version, ["symmetry"])
    said = json.loads((result.path / "representation.json").read_bytes())
    assert set(said["libraries"]) == {"moyopy", "numba", "numpy", "pyarrow"}
    assert len(said["structures_sha256"]) == 64
