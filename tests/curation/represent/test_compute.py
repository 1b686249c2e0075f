from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest

from curation.represent import CompositionTransformer, UnknownRepresentationError, represent
from curation.represent.manifest import RepresentationManifest
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FIRST = ["Fe2O3", "Al2O3", "Cr2O3", "NaCl"]
SECOND = ["HeH", "KBr"]
NAMES = ["fraction", "magpie", "mat2vec", "one_hot"]


def test_each_name_becomes_a_folder_aligned_part_by_part(make_version: Callable[..., Path]) -> None:
    version = make_version("1.0.0", FIRST, SECOND)
    results = represent(version, NAMES)
    assert [result.name for result in results] == NAMES
    for result in results:
        assert result.path == version / "representations" / result.name
        for part in ("part-0000.parquet", "part-0001.parquet"):
            ids = pq.read_table(version / "materials" / part)["material_id"]
            assert pq.read_table(result.path / part)["material_id"].equals(ids)


def test_the_manifest_tells_files_rows_and_origin(make_version: Callable[..., Path]) -> None:
    version = make_version("1.0.0", FIRST, SECOND)
    (result,) = represent(version, ["magpie"])
    manifest = RepresentationManifest.model_validate_json((result.path / "representation.json").read_bytes())
    assert (manifest.dataset, manifest.version, manifest.rows, manifest.failures) == ("oxides", "1.0.0", 6, 1)
    assert set(manifest.libraries) == {"numba", "numpy", "pyarrow"}
    assert [part.rows for part in manifest.parts] == [4, 2]
    for part in manifest.parts:
        assert sha256_of_file(result.path / part.path) == part.sha256
        assert (result.path / part.path).stat().st_size == part.bytes
        assert sha256_of_file(version / part.materials_path) == part.materials_sha256


def test_the_vectors_are_those_of_the_transformer(make_version: Callable[..., Path]) -> None:
    for result in represent(make_version("1.0.0", FIRST), NAMES):
        column = pq.read_table(result.path / "part-0000.parquet")["vector"].combine_chunks()
        vectors = column.flatten().to_numpy().reshape(len(FIRST), -1)
        assert np.array_equal(vectors, CompositionTransformer(result.name).transform(FIRST))


def test_progress_counts_rows(make_version: Callable[..., Path]) -> None:
    told: list[tuple[str, int, int]] = []
    version = make_version("1.0.0", FIRST, SECOND)
    represent(version, ["fraction"], progress=lambda *line: told.append(line))
    assert told == [("fraction", 4, 6), ("fraction", 6, 6)]


def test_a_name_given_twice_counts_once(make_version: Callable[..., Path]) -> None:
    assert len(represent(make_version("1.0.0", FIRST), ["fraction", "fraction"])) == 1


def test_an_unknown_name_stops_before_anything_is_computed(make_version: Callable[..., Path]) -> None:
    version = make_version("1.0.0", FIRST)
    with pytest.raises(UnknownRepresentationError):
        represent(version, ["fraction", "fractoin"])
    assert not (version / "representations").exists()


@pytest.mark.parametrize("parts", [(), ([],), (["TiO2"], [])], ids=["no parts", "empty part", "one empty part"])
def test_a_dataset_without_rows_has_representations_too(
    make_version: Callable[..., Path], parts: tuple[list[str], ...]
) -> None:
    (result,) = represent(make_version("1.0.0", *parts), ["magpie"])
    assert result.rows == sum(len(part) for part in parts)
    assert (result.path / "representation.json").exists()


def test_nearest_materials_in_sql(make_version: Callable[..., Path]) -> None:
    (result,) = represent(make_version("1.0.0", FIRST, SECOND), ["magpie"])
    query = """
        WITH vectors AS (
            SELECT material_id, vector::FLOAT[22] AS vector FROM read_parquet($files) WHERE failure IS NULL
        )
        SELECT b.material_id, array_cosine_similarity(a.vector, b.vector) AS similarity
        FROM vectors a, vectors b
        WHERE a.material_id = 'm000000-Fe2O3'
        ORDER BY array_cosine_similarity(a.vector, b.vector) DESC
        LIMIT 5
    """
    found = duckdb.execute(query, {"files": str(result.path / "*.parquet")}).fetchall()
    assert [row[0].split("-")[1] for row in found] == expected_order([*FIRST, "KBr"])
    assert found[0][1] == pytest.approx(1.0, abs=1e-6)


def expected_order(formulas: list[str]) -> list[str]:
    vectors = CompositionTransformer("magpie").transform(formulas).astype(np.float64)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return [formulas[index] for index in np.argsort(-(unit @ unit[0]), kind="stable")]
