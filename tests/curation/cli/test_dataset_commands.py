from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.datasets.open import Dataset

    Command = Callable[..., tuple[int, str, str]]

QUESTION = "SELECT formula, n_entries, density_g_per_cm3, elements FROM materials ORDER BY material_id LIMIT 7"


@pytest.mark.parametrize("form", ["table", "csv", "json", "parquet"])
def test_an_answer_is_written_in_every_format(
    store: Path, dataset: Dataset, tmp_path: Path, command: Command, form: str
) -> None:
    rows: Any = dataset.sql(QUESTION).rows()
    out = tmp_path / f"answer.{form}"
    more = ("--out", out) if form == "parquet" else ()
    code, said, complaint = command("query", QUESTION, "--store", store, "--format", form, *more)
    assert (code, complaint) == (0, "")
    if form == "parquet":
        assert (pq.read_table(out).to_pylist(), said) == (rows, "")
    elif form == "json":
        assert json.loads(said) == rows
    elif form == "csv":
        read = list(csv.DictReader(io.StringIO(said)))
        assert [row["formula"] for row in read] == [row["formula"] for row in rows]
        assert [json.loads(row["elements"]) for row in read] == [row["elements"] for row in rows]
    else:
        assert len(said.splitlines()) == 8
        assert all(row["formula"] in said for row in rows)


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_answer_goes_into_a_file(store: Path, tmp_path: Path, command: Command, form: str) -> None:
    said = command("query", QUESTION, "--store", store, "--format", form)[1]
    code, printed, _ = command("query", QUESTION, "--store", store, "--format", form, "--out", tmp_path / "answer")
    assert (code, printed) == (0, "")
    assert (tmp_path / "answer").read_text(encoding="utf-8") == said


def test_a_long_table_says_how_many_rows_it_leaves_out(store: Path, command: Command) -> None:
    question = "SELECT range AS n FROM range(1234)"
    code, said, _ = command("query", question, "--store", store)
    assert (code, said.splitlines()[-1][:16]) == (0, "… 1,034 more row")


def test_text_that_a_spreadsheet_would_run_is_text_in_csv(store: Path, command: Command) -> None:
    question = "SELECT '=1+1' AS a, -1.5 AS b, '-x' AS c, '=' AS d, '-5.42' AS e"
    said = command("query", question, "--store", store, "--format", "csv")[1]
    assert said == "a,b,c,d,e\n'=1+1,-1.5,'-x,=,-5.42\n"


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_the_suffix_of_the_file_says_its_format(store: Path, tmp_path: Path, command: Command, form: str) -> None:
    for name, more in ((f"a.{form}", ()), ("b", ("--format", form))):
        assert command("query", QUESTION, "--store", store, "--out", tmp_path / name, *more) == (0, "", "")
    assert (tmp_path / f"a.{form}").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_file_whose_format_nothing_says_is_refused(store: Path, tmp_path: Path, command: Command) -> None:
    for name, more in (("a", ()), ("a.xlsx", ()), ("a.csv", ("--format", "table"))):
        code, _, complaint = command("query", QUESTION, "--store", store, "--out", tmp_path / name, *more)
        assert (code, "csv, json, parquet" in " ".join(complaint.split())) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_what_json_has_no_number_for_is_null(store: Path, command: Command) -> None:
    question = "SELECT 'nan'::DOUBLE AS a, ['inf'::DOUBLE, 1.0] AS b, {'c': '-inf'::FLOAT} AS c"
    said = command("query", question, "--store", store, "--json")[1]
    assert json.loads(said, parse_constant=pytest.fail) == [{"a": None, "b": [None, 1.0], "c": {"c": None}}]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("query", "DROP VIEW materials"), 2, "one SELECT or EXPLAIN is expected"),
        (("query", "SELECT nothing FROM materials"), 2, "nothing"),
        (("query", "SELECT 1", "--format", "parquet"), 2, "--format parquet needs --out FILE"),
        (("query", "SELECT 1", "--format", "xml"), 2, "xml"),
        (("query", "SELECT 1", "--dataset", "large"), 2, "no dataset 'large'"),
        (("query",), 2, "Missing argument"),
        (("lineage", "p-zzzz"), 2, "nothing in small@1.0.0 has the id 'p-zzzz'"),
        (("lineage", "hello"), 2, "an id begins with p-"),
        (("diff", "small@1.0.0", "small@7.0.0"), 2, "no version 7.0.0"),
        (("nothing",), 2, "nothing"),
    ],
)
def test_wrong_use_exits_with_2_and_says_why(
    store: Path, command: Command, arguments: tuple[str, ...], code: int, said: str
) -> None:
    store_option = () if arguments == ("nothing",) else ("--store", str(store))
    found, printed, complaint = command(*arguments, *store_option)
    assert (found, printed) == (code, "")
    assert said in " ".join(complaint.split())


def test_errors_are_json_where_json_is_asked_for(store: Path, command: Command) -> None:
    code, text, complaint = command("query", "DROP VIEW materials", "--store", store, "--json")
    answer = json.loads(text)
    assert (code, answer["error"], answer["exit_code"], complaint) == (2, "QueryRefusedError", 2, "")


def test_a_question_that_fails_while_it_runs_exits_with_2(store: Path, command: Command) -> None:
    assert command("query", "SELECT CAST(formula AS INTEGER) FROM materials", "--store", store)[0] == 2


def test_two_versions_are_compared(second_version: Path, command: Command) -> None:
    code, said, _ = command("diff", "small@1.0.0", "small", "--store", second_version)
    assert code == 0
    assert "value: 1.5 -> 1.544" in said
    assert any(line.split()[:4] == ["properties", "1", "1", "1"] for line in said.splitlines())
    assert any(line.startswith("properties: removed p-") for line in said.splitlines())
    code, text, _ = command("diff", "small@1.0.0", "small@1.1.0", "--store", second_version, "--json")
    tables = {table["table"]: table for table in json.loads(text)}
    assert (tables["entries"]["removed"], tables["materials"]["added"]) == (1, 1)


def test_datasets_are_listed(store: Path, dataset: Dataset, tmp_path: Path, command: Command) -> None:
    (count,) = dataset.sql("SELECT count(*) AS n FROM materials").rows()
    code, text, _ = command("datasets", "--store", store, "--json")
    assert code == 0
    assert json.loads(text) == [
        {"dataset": "small@1.0.0", "materials": count["n"], "licence": "CC-BY-4.0", "title": "A small dataset"}
    ]
    assert "small@1.0.0" in command("datasets", "--store", store)[1]
    assert json.loads(command("datasets", "--store", tmp_path / "none", "--json")[1]) == []


def test_properties_are_searched(command: Command) -> None:
    code, said, _ = command("properties", "refractive")
    assert code == 0
    assert any(line.split()[:2] == ["refractive_index", "1"] for line in said.splitlines())
    found = json.loads(command("properties", "refractive", "--json")[1])
    everything = json.loads(command("properties", "--json")[1])
    assert 1 <= len(found) < len(everything)
    assert json.loads(command("properties", "no such word", "--json")[1]) == []
