from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest

from curation import Dataset, open_dataset
from curation.datasets.layout import parts_of
from curation.datasets.tables import TABLES
from curation.errors import QueryRefusedError, UnknownDatasetError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Hashes = Callable[..., dict[str, str]]

# {inside} is the folder of the version, {outside} a folder beside it.
HOSTILE = [
    "COPY materials TO '{inside}/materials/all-0000.parquet'",
    "COPY (SELECT 1) TO '{outside}/x.csv'",
    "COPY materials FROM '{outside}/secret.txt'",
    "ATTACH '{inside}/small.duckdb' AS other",
    "ATTACH '{outside}/new.duckdb'",
    "DETACH memory",
    "USE memory",
    "INSTALL httpfs",
    "LOAD httpfs",
    "FORCE INSTALL sqlite",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET allowed_directories = ['/']",
    "SET threads = 64",
    "RESET enable_external_access",
    "PRAGMA enable_external_access",
    "PRAGMA database_list",
    "PRAGMA memory_limit='1TB'",
    "CREATE TABLE t AS SELECT 1",
    "CREATE OR REPLACE VIEW materials AS SELECT 1",
    "CREATE TEMP TABLE t (a INT)",
    "CREATE MACRO f(x) AS x",
    "CREATE SECRET s (TYPE s3, KEY_ID 'a', SECRET 'b')",
    "CREATE SEQUENCE s",
    "CREATE SCHEMA s",
    "DROP VIEW materials",
    "DROP SCHEMA main CASCADE",
    "ALTER VIEW materials RENAME TO x",
    "INSERT INTO materials VALUES (1)",
    "DELETE FROM materials",
    "UPDATE materials SET formula = 'X'",
    "TRUNCATE materials",
    "MERGE INTO materials USING entries ON true WHEN MATCHED THEN DELETE",
    "EXPORT DATABASE '{inside}/export'",
    "IMPORT DATABASE '{outside}'",
    "CALL pragma_version()",
    "CHECKPOINT",
    "VACUUM",
    "ANALYZE",
    "BEGIN TRANSACTION",
    "COMMIT",
    "PREPARE p AS SELECT 1",
    "EXECUTE p",
    "COMMENT ON VIEW materials IS 'x'",
    "SELECT * FROM read_csv('{outside}/secret.txt')",
    "SELECT * FROM read_text('{outside}/secret.txt')",
    "SELECT * FROM read_blob('{outside}/secret.txt')",
    "SELECT * FROM read_text('{inside}/../../../../secret.txt')",
    "SELECT * FROM read_text('file://{outside}/secret.txt')",
    "SELECT * FROM '{outside}/secret.csv'",
    "SELECT * FROM glob('{outside}/*')",
    "SELECT * FROM read_parquet('https://example.org/x.parquet')",
    "SELECT * FROM read_parquet('s3://bucket/x.parquet')",
    "SELECT * FROM parquet_metadata('{outside}/x.parquet')",
    "SELECT * FROM read_duckdb('{outside}/x.duckdb')",
    "SELECT * FROM enable_logging(storage='file', storage_path='{outside}')",
    "SELECT * FROM enable_logging(storage='file', storage_path='{inside}')",
    "SELECT * FROM enable_profiling(save_location='{inside}/p.json')",
    "SELECT * FROM sqlite_scan('{outside}/x.db', 't')",
    "FROM query('DROP VIEW materials')",
    "FROM query('COPY (SELECT 1) TO ''{outside}/x.csv''')",
    "SELECT getenv('HOME')",
    "SELECT * FROM secret_frame",
    "WITH x AS (INSERT INTO materials VALUES (1) RETURNING *) SELECT * FROM x",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP VIEW materials",
    "",
    ";",
    "-- nothing",
    "SELEC 1",
    "SELECT * FROM no_such_table",
    "SELECT no_such_column FROM materials",
    "EXPLAIN ANALYZE SET threads = 1",
    "EXPLAIN ANALYZE INSERT INTO materials VALUES (1)",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{outside}/x.csv'",
]
WRITING = [
    "EXPLAIN ANALYZE COPY (SELECT 1 AS a) TO '{inside}/materials/all-0000.parquet'",
    "EXPLAIN (ANALYZE) COPY (SELECT 1 AS a) TO '{inside}/new.csv'",
    "EXPLAIN ANALYZE CREATE TABLE t AS SELECT 1 AS a",
    "EXPLAIN ANALYZE DROP VIEW materials",
    "EXPLAIN ANALYZE CREATE OR REPLACE VIEW materials AS SELECT 1 AS a",
]


@pytest.fixture(scope="module")
def victim(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Path]:
    room = tmp_path_factory.mktemp("victim")
    (room / "secret.txt").write_text("a,b\n1,2\n", encoding="utf-8")
    (room / "secret.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    shutil.copytree(dataset.folder, room / "store" / "datasets" / "small" / "1.0.0")
    return open_dataset(room / "store"), room


@pytest.mark.parametrize("statement", HOSTILE)
def test_hostile_statements_are_refused_and_change_nothing(
    victim: tuple[Dataset, Path], hashes: Hashes, statement: str
) -> None:
    import pandas as pd

    opened, room = victim
    secret_frame = pd.DataFrame({"secret": [1]})
    before = hashes(room)
    with pytest.raises(QueryRefusedError) as caught:
        opened.sql(statement.format(inside=opened.folder, outside=room)).rows()
    assert caught.value.exit_code == 2
    assert hashes(room) == before
    assert opened.sql("SELECT count(*) > 0 AS yes FROM materials").rows() == [{"yes": True}]
    assert len(secret_frame) == 1


@pytest.mark.parametrize("statement", WRITING)
def test_explain_runs_no_statement_that_writes(
    dataset: Dataset, tmp_path: Path, hashes: Hashes, statement: str
) -> None:
    shutil.copytree(dataset.folder, tmp_path / "version")
    opened = Dataset(tmp_path / "version")
    before = hashes(tmp_path)
    with pytest.raises(QueryRefusedError):
        opened.sql(statement.format(inside=opened.folder)).rows()
    assert hashes(tmp_path) == before


@pytest.mark.parametrize(
    "question",
    [
        "SELECT CAST(formula AS INTEGER) AS n FROM materials",
        "SELECT error('no')",
        "SELECT * FROM sniff_csv('/etc/hostname')",
    ],
)
def test_a_question_that_fails_while_it_runs_is_refused_too(dataset: Dataset, question: str) -> None:
    with pytest.raises(QueryRefusedError):
        dataset.sql(question).rows()


@pytest.mark.parametrize(
    "question",
    [
        "SELECT 1 AS a",
        "select count(*) from materials;",
        "-- a comment\nSELECT 1 AS a",
        "WITH x AS (SELECT 1 AS a) SELECT * FROM x",
        "FROM materials LIMIT 1",
        "VALUES (1)",
        "TABLE conflicts",
        "DESCRIBE materials",
        "SUMMARIZE materials",
        "EXPLAIN SELECT * FROM materials",
        "SHOW TABLES",
    ],
)
def test_questions_are_answered(dataset: Dataset, question: str) -> None:
    assert dataset.sql(question).arrow().num_columns > 0


def test_every_form_of_an_answer_says_the_same(dataset: Dataset) -> None:
    answer = dataset.sql(
        "SELECT property_id, property, value, unit, uncertainty FROM properties ORDER BY property_id LIMIT 50"
    )
    rows = answer.rows()
    assert len(rows) == 50
    assert answer.arrow().to_pylist() == rows
    assert answer.pl().to_dicts() == rows
    frame = answer.df()
    assert list(frame.columns) == list(rows[0])
    assert frame["property_id"].tolist() == [row["property_id"] for row in rows]
    assert frame["value"].tolist() == [row["value"] for row in rows]
    assert frame["uncertainty"].isna().tolist() == [row["uncertainty"] is None for row in rows]


def test_every_table_has_the_rows_of_its_parts(dataset: Dataset) -> None:
    for table in TABLES:
        rows = sum(part.rows for part in parts_of(dataset.manifest, table.name))
        assert dataset.sql(f"FROM {table.name}").arrow().num_rows == rows


def test_representations_are_arrays_that_can_be_compared(dataset: Dataset) -> None:
    (kind,) = dataset.sql("SELECT DISTINCT typeof(vector) AS kind FROM fraction").rows()
    table = dataset.sql("SELECT material_id, vector FROM fraction ORDER BY material_id").arrow()
    vectors = np.array(table["vector"].to_pylist())
    assert kind["kind"] == f"FLOAT[{vectors.shape[1]}]"
    assert table["material_id"].to_pylist() == [
        row["material_id"] for row in dataset.sql("SELECT material_id FROM materials ORDER BY material_id").rows()
    ]
    (salt,) = dataset.sql("SELECT material_id FROM materials WHERE formula = 'NaCl' AND kind = 'structure'").rows()
    chosen = table["material_id"].to_pylist().index(salt["material_id"])
    nearest = dataset.sql(
        "SELECT b.material_id, array_cosine_similarity(a.vector, b.vector) AS likeness FROM fraction a "
        "JOIN materials m USING (material_id), fraction b WHERE m.formula = 'NaCl' AND m.kind = 'structure' "
        "ORDER BY likeness DESC, b.material_id LIMIT 20"
    ).rows()
    lengths = np.linalg.norm(vectors, axis=1)
    likeness = vectors @ vectors[chosen] / lengths / lengths[chosen]
    assert [row["likeness"] for row in nearest] == pytest.approx(np.sort(likeness)[::-1][:20], abs=1e-5)
    same = dataset.sql("SELECT material_id FROM materials WHERE formula = 'NaCl'").rows()
    assert {row["material_id"] for row in same} == {row["material_id"] for row in nearest[: len(same)]}


def test_every_value_joins_its_entry_its_material_and_its_provenance(dataset: Dataset) -> None:
    rows = dataset.sql(
        "SELECT count(*) AS n, count(DISTINCT p.property_id) AS different, count(v.uri) AS traced FROM properties p "
        "JOIN entries e USING (entry_id) JOIN materials m ON m.material_id = p.material_id "
        "AND m.material_id = e.material_id JOIN provenance v ON v.raw_sha256 = p.raw_sha256 AND v.source = p.source"
    ).rows()
    (values,) = dataset.sql("SELECT count(*) AS n FROM properties").rows()
    assert rows == [{"n": values["n"], "different": values["n"], "traced": values["n"]}]
    (view,) = dataset.sql("SELECT count(*) AS n, count(uri) AS traced FROM traced_values").rows()
    assert view == {"n": values["n"], "traced": values["n"]}


def test_datasets_are_opened_by_name_and_version(second_version: Path) -> None:
    assert open_dataset(second_version).id == open_dataset(str(second_version), "small").id == "small@1.1.0"
    assert open_dataset(second_version, "small@1.0.0").id == "small@1.0.0"
    for reference, said in (
        ("large", "no dataset 'large' .* there are: small"),
        ("small@2.0.0", r"no version 2\.0\.0 of small .* there are: 1\.0\.0, 1\.1\.0"),
        ("small@latest", "no version latest"),
        ("../small", "no dataset"),
    ):
        with pytest.raises(UnknownDatasetError, match=said):
            open_dataset(second_version, reference)


def test_a_store_with_no_dataset_or_two_asks_for_a_name(begun: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownDatasetError, match="holds no dataset; `matgranary run RECIPE` makes one"):
        open_dataset(tmp_path / "nothing")
    shutil.copytree(begun / "datasets" / "small", begun / "datasets" / "twin")
    with pytest.raises(UnknownDatasetError, match="holds 2 datasets, small, twin; name one"):
        open_dataset(begun)
