"""Records: every record is written once, every other one is accounted for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from harvest.door import SeenObject
from harvest.records.identifiers import short_id
from harvest.records.writer import TABLES, RecordWriter
from harvest.source import About, Plan, RawObject, Rejected
from schemas.arrow import arrow_schema
from schemas.material import MaterialRecord
from schemas.measurement import Condition, PropertyValue
from schemas.provenance import Pointer
from schemas.quantity import Model

if TYPE_CHECKING:
    from collections.abc import Callable

RAW = RawObject("0" * 64, b"", "text/csv", "file:a.csv", "READ file:a.csv")


class Query(Model):
    path: str = "a.csv"


def record(identity: str, *values: float, line: int = 1, **changes: Any) -> MaterialRecord:  # noqa: ANN401 — any field
    here = Pointer.of(line=line)
    properties = tuple(PropertyValue(property="band_gap", value=v, unit="eV", pointer=here) for v in values)
    return MaterialRecord(source_id=identity, formula="SiO2", properties=properties, pointer=here, **changes)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., tuple[RecordWriter, dict[str, list[dict[str, Any]]]]]:
    """Return a function that writes items as one page and reads the tables back."""
    about = About(title="t", licence="CC0-1.0", attribution="", origin="o")
    plan = Plan(key="k", source="files", query=Query(), about=about, folder=Path())

    def run(*items: MaterialRecord | Rejected) -> tuple[RecordWriter, dict[str, list[dict[str, Any]]]]:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        with RecordWriter(folder, plan) as writer:
            for item in items:
                writer.add(item, RAW)
            files = writer.finish([SeenObject(RAW.sha256, RAW.request_key, RAW.uri, RAW.media_type, 0)])
        tables = {file.table: pq.read_table(folder / file.path) for file in files}
        assert {file.table: file.rows for file in files} == {name: table.num_rows for name, table in tables.items()}
        return writer, {name: table.to_pylist() for name, table in tables.items()}

    return run


def test_tables_have_the_schemas_of_their_models(write: Callable[..., Any], tmp_path: Path) -> None:
    write(record("1", 1.0))
    for table, model in TABLES.items():
        assert pq.read_schema(next(tmp_path.glob(f"*/{table}.parquet"))).equals(arrow_schema(model))


def test_a_record_is_written_with_its_values(write: Callable[..., Any]) -> None:
    writer, tables = write(record("1", 1.0, 2.0, licence="MIT", labels={"a": "b"}))
    (entry,) = tables["entries"]
    assert (entry["source_id"], entry["elements"], entry["amounts"]) == ("1", ["O", "Si"], [2.0, 1.0])
    assert (entry["licence"], dict(entry["labels"]), entry["pointer"]) == ("MIT", {"a": "b"}, "line=1")
    assert [value["value"] for value in tables["properties"]] == [1.0, 2.0]
    assert {value["entry_id"] for value in tables["properties"]} == {entry["entry_id"]}
    assert len({value["property_id"] for value in tables["properties"]}) == 2
    assert list(writer.records) == ["1"]
    assert tables["raw_objects"][0]["uri"] == "file:a.csv"


def test_the_same_record_again_is_counted_not_written(write: Callable[..., Any]) -> None:
    writer, tables = write(record("1", 1.0), record("1", 1.0, line=2, last_modified="2026-01-01"))
    assert len(tables["entries"]) == 1
    assert writer.delivered_twice == 1
    assert len(writer.records) == 1


def test_another_record_of_the_same_id_is_rejected_not_lost(write: Callable[..., Any]) -> None:
    writer, tables = write(record("1", 1.0), record("1", 2.0, line=2))
    assert [value["value"] for value in tables["properties"]] == [1.0]
    (rejected,) = tables["rejected"]
    assert (rejected["source_id"], rejected["pointer"]) == ("1", "line=2")
    assert rejected["reasons"][0].startswith("duplicate_id: 1 was delivered before")
    assert '"value": 2.0' in rejected["row"]
    assert len(writer.records) == 2


def test_a_row_that_could_not_be_read_counts_once(write: Callable[..., Any]) -> None:
    bad = Rejected(Pointer.of(line=3), ("unreadable: why",), {"b": 1, "a": float("nan")}, None)
    writer, tables = write(bad, bad)
    assert [(row["reasons"], row["source_id"]) for row in tables["rejected"]] == [(["unreadable: why"], None)]
    assert (len(writer.records), writer.delivered_twice) == (1, 1)


@pytest.mark.parametrize("changes", [{"phase": "\ud800"}, {"last_modified": "\ud800"}, {"labels": {"a": "\ud800"}}])
def test_a_record_with_a_text_of_no_unicode_is_rejected_and_its_neighbours_pass(
    write: Callable[..., Any], changes: dict[str, Any]
) -> None:
    writer, tables = write(record("1", 1.0), record("2", 2.0, **changes), record("3", 3.0))
    assert [entry["source_id"] for entry in tables["entries"]] == ["1", "3"]
    (rejected,) = tables["rejected"]
    assert (rejected["source_id"], rejected["reasons"][0][:36]) == ("2", "does_not_fit: a text is no Unicode (")
    assert len(writer.records) == 3


def test_ids_hold_what_a_value_is_of_not_where_it_stands(write: Callable[..., Any]) -> None:
    here, there = (write(record("1", 1.0, line=line))[1] for line in (1, 9))
    assert here["entries"][0]["entry_id"] == there["entries"][0]["entry_id"]
    assert here["entries"][0]["record_sha256"] == there["entries"][0]["record_sha256"]
    assert here["properties"][0]["property_id"] == there["properties"][0]["property_id"]
    assert write(record("2", 1.0))[1]["entries"][0]["entry_id"] != here["entries"][0]["entry_id"]


def test_values_under_different_conditions_have_different_ids(write: Callable[..., Any]) -> None:
    values = [
        PropertyValue(
            property="band_gap",
            value=1.0,
            unit="eV",
            conditions=(Condition(name="temperature", value=kelvin, unit="K"),),
            pointer=Pointer.of(line=1),
        )
        for kelvin in (4.0, 300.0)
    ]
    _, both = write(MaterialRecord(source_id="1", formula="Si", properties=tuple(values), pointer=Pointer.of(line=1)))
    _, one = write(MaterialRecord(source_id="1", formula="Si", properties=(values[1],), pointer=Pointer.of(line=1)))
    assert both["properties"][0]["property_id"] != both["properties"][1]["property_id"]
    assert one["properties"][0]["property_id"] == both["properties"][1]["property_id"]
    assert both["properties"][0]["conditions"] == [{"name": "temperature", "value": 4.0, "unit": "K", "text": None}]


def test_text_that_is_no_unicode_is_written_as_its_code(write: Callable[..., Any]) -> None:
    _, tables = write(Rejected(Pointer.of(line=1), ("got \ud800",), {"id": "\ud800"}, "\ud800"))
    assert (tables["rejected"][0]["source_id"], tables["rejected"][0]["reasons"]) == (r"\ud800", [r"got \ud800"])


def test_more_records_than_a_batch_are_all_written(write: Callable[..., Any]) -> None:
    _, tables = write(*(record(str(number)) for number in range(4_100)))
    assert [row["source_id"] for row in tables["entries"]] == [str(number) for number in range(4_100)]


def test_an_identifier_depends_on_where_its_parts_end() -> None:
    assert short_id("e", "ab", "c") != short_id("e", "a", "bc")
    assert short_id("e", "a").startswith("e-")
    assert len(short_id("e", "a")) == 18
