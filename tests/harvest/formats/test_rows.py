"""Row formats: every row of a text comes with the pointer that finds it again, or with what is wrong with it."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.errors import ContractError
from harvest.formats.rows import format_of, pointer_to, rows_of, value_at
from harvest.locate import text_at

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=5)
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), min_size=1, max_size=8)
COLUMNS = st.lists(NAMES.filter(lambda name: name == name.strip()), min_size=1, max_size=4, unique=True)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a.csv", "csv"),
        ("a/b.JSON", "json"),
        ("a.jsonl.gz", "jsonl"),
        ("a.csv.gz", "csv"),
        ("a.dat", None),
        ("csv", None),
    ],
)
def test_the_format_that_a_name_says(path: str, name: str | None) -> None:
    assert format_of(path) in ({name} if path != "csv" else {None, "csv"})


@given(COLUMNS.flatmap(lambda c: st.tuples(st.just(c), st.lists(st.tuples(*[CELLS] * len(c)), min_size=1, max_size=4))))
def test_cells_of_a_table_are_read_and_found_again(table: tuple[list[str], list[tuple[str, ...]]]) -> None:
    columns, cells = table
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL)
    writer.writerows([columns, *cells])
    payload = b"\xef\xbb\xbf" + written.getvalue().encode()
    rows = list(rows_of(payload, "csv"))
    assert [row for _, row in rows] == [dict(zip(columns, line, strict=True)) for line in cells]
    for pointer, row in rows:
        assert isinstance(row, dict)
        for name in columns:
            assert text_at(payload, pointer_to(pointer, name)) == row[name]


@given(st.lists(st.dictionaries(NAMES, st.one_of(st.none(), st.booleans(), CELLS)), min_size=1, max_size=4))
def test_rows_of_json_are_read_and_found_again(rows: list[dict[str, object]]) -> None:
    for row_format, text in (("json", json.dumps(rows)), ("jsonl", "\n".join(map(json.dumps, rows)))):
        payload = gzip.compress(text.encode())
        read = list(rows_of(payload, row_format))
        assert [row for _, row in read] == rows
        for pointer, row in read:
            assert json.loads(text_at(payload, pointer)) == row


def test_a_row_that_does_not_fit_comes_with_its_error_and_its_neighbours_pass() -> None:
    rows = [row for _, row in rows_of(b"a,b\n1,2\n1\n1,2,3\n3,\n", "csv")]
    assert rows[0] == {"a": "1", "b": "2"}
    assert [str(row) for row in rows[1:3]] == ["2 columns expected, the row has another number"] * 2
    assert rows[3] == {"a": "3", "b": None}
    lines = [row for _, row in rows_of(b'{"a": 1}\nnonsense\n[1]\n{"a": NaN}\n', "jsonl")]
    assert (lines[0], lines[3]) == ({"a": 1}, {"a": None})
    assert [type(line) for line in lines[1:3]] == [ValueError, ValueError]


def test_a_table_with_a_column_without_name_is_read() -> None:
    assert [row for _, row in rows_of(b",formula\n0,Si\n1,Ge\n", "csv")] == [
        {"": "0", "formula": "Si"},
        {"": "1", "formula": "Ge"},
    ]


@pytest.mark.parametrize("row_format", ["csv", "json", "jsonl"])
def test_a_cut_gzip_file_is_refused(row_format: str) -> None:
    payload = gzip.compress(b'[{"a": 1}]\n' * 1000)
    with pytest.raises(ContractError):
        list(rows_of(payload[:-9], row_format))


@pytest.mark.parametrize("payload", [b"", b"{", b'[{"a": 1}', b"[" * 100_000, b'[{"a": 1}] x'])
def test_a_file_that_is_no_json_is_refused(payload: bytes) -> None:
    with pytest.raises(ContractError):
        list(rows_of(payload, "json"))


@pytest.mark.parametrize("row_format", ["json", "jsonl"])
def test_a_number_without_end_does_not_stop_the_neighbours(row_format: str) -> None:
    line = '{"a": ' + "1" * 5_000 + "}"
    text = f'[{{"a": 1}}, {line}]' if row_format == "json" else f'{{"a": 1}}\n{line}\n{{"a": 2}}\n'
    try:
        rows = [row for _, row in rows_of(text.encode(), row_format)]
    except ContractError:
        assert row_format == "json"
        return
    assert rows[0] == {"a": 1}


def test_a_nested_field_is_named_with_dots() -> None:
    row = {"a": {"b": 1}, "a.b": 2, "c": None}
    assert value_at(row, "a.b") == 2
    assert value_at({"a": {"b": 1}}, "a.b") == 1
    assert value_at(row, "c") is None
    for absent in ("d", "a.c", "c.d"):
        with pytest.raises(KeyError, match=absent):
            value_at(row, absent)
