"""Columns of rows: what is written of many rows at once is, byte for byte, what is written of them one by one."""

from __future__ import annotations

import copy
import gzip
import json
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harvest.formats.row_columns import parts_of_rows
from harvest.formats.row_records import records_of
from harvest.records.columns import RecordColumns, parts_of
from harvest.records.rows import records_of as records_of_columns
from harvest.records.writer import RecordWriter
from harvest.source import RawObject, Rejected
from harvest.sources.files import FilesSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harvest.formats.file_card import FileCard
    from harvest.source import Plan

SAMPLES = Path(__file__).parents[3] / "data" / "samples"
NAMES = ("matbench_dielectric", "experimental_formation_energies", "aflow_prototypes")
N_ROWS = 700
CARD = """\
[card]
title = "t"
licence = "CC0-1.0"
origin = "o"
attribution = "a"

[rows]
id = "id"
structure = { field = "structure", format = "pymatgen" }
phase = "phase"
no_value = ["na"]
labels = { made_by = "lab" }
constant_labels = { kind = "sample" }

[[properties]]
field = "n"
property = "refractive_index"
unit = "1"
uncertainty = "error"
method = "experiment"
conditions = [{ name = "temperature", value = 300.0, unit = "K" }]

[[properties]]
field = "more.gap"
property = "band_gap"
unit = "eV"
method = "dft"
optional = true
"""
SITE = {"species": [{"element": "Na", "occu": 1}], "abc": [0, 0.5, 0.25]}
MIXED = {"species": [{"element": "K", "occu": 0.25}, {"element": "Br", "occu": 0.75}], "abc": [0.1, 0.2, 0.3]}
ROW: dict[str, Any] = {
    "id": "a",
    "structure": {"lattice": {"matrix": [[4, 0, 0], [0, 4.5, 0], [0, 0, 5.25]]}, "sites": [SITE, MIXED, SITE]},
    "phase": "rock salt",
    "lab": 7,
    "n": 1.50,
    "error": None,
    "more": {"gap": 2},
}

type Change = Callable[[dict[str, Any]], object]
ODD: dict[str, Change] = {
    "a number of many digits": lambda row: row.update(n=12345678901234567890123, lab=12345678901234567890123),
    "not a number": lambda row: row.update(n=float("nan")),
    "a field that is named in a text": lambda row: row.update(lab='"n": 1.0'),
    "digits in a field of a field": lambda row: row.update(more={"gap": 2.0}),
    "a field that is in another": lambda row: row.update(more={"n": 2.0, "gap": 1.0}),
    "a field that is a list": lambda row: row.update(lab=[1.0, 2e-7]),
    "nothing": lambda _: None,
    "a number as an identifier": lambda row: row.update(id=17),
    "an identifier of no Unicode": lambda row: row.update(id="\ud800"),
    "a label of no Unicode": lambda row: row.update(lab="\ud800"),
    "a phase of no Unicode": lambda row: row.update(phase="\ud800"),
    "no identifier": lambda row: row.pop("id"),
    "null as an identifier": lambda row: row.update(id=None),
    "an empty identifier": lambda row: row.update(id=""),
    "blanks as an identifier": lambda row: row.update(id=" \t"),
    "a word for no value as an identifier": lambda row: row.update(id="na"),
    "a range": lambda row: row.update(n="1.4-1.6"),
    "a range without end": lambda row: row.update(n="1.4-1e999"),
    "a bound": lambda row: row.update(n="<1.6"),
    "about a number": lambda row: row.update(n="~1.6"),
    "a number with its unit": lambda row: row.update(more={"gap": "1420 meV"}),
    "a number in another unit": lambda row: row.update(more={"gap": "1.4 GPa"}),
    "digits with an underscore": lambda row: row.update(n="1_0"),
    "blanks around no value": lambda row: row.update(n=" na "),
    "a blank value": lambda row: row.update(n=" "),
    "no value": lambda row: row.update(n="na"),
    "a value that is no number": lambda row: row.update(n="much"),
    "a value with its uncertainty": lambda row: row.update(n="1.50(2)"),
    "an uncertainty": lambda row: row.update(error="0.02"),
    "an uncertainty that is no number": lambda row: row.update(error=[1]),
    "infinite": lambda row: row.update(n="inf"),
    "a truth": lambda row: row.update(n=True),
    "an optional field that is absent": lambda row: row.pop("more"),
    "another unit": lambda row: row.update({"n@units": "eV"}),
    "no sites": lambda row: row["structure"].update(sites=[]),
    "no structure": lambda row: row.update(structure=None),
    "an unknown element": lambda row: row["structure"]["sites"][0].update(species=[{"element": "Qq", "occu": 1}]),
    "a share above one": lambda row: row["structure"]["sites"][0].update(species=[{"element": "Na", "occu": 1.5}]),
    "shares that are written alike": lambda row: row["structure"]["sites"][0].update(
        species=[{"element": "K", "occu": 0.2500000001}, {"element": "Br", "occu": 0.75}]
    ),
    "two numbers of a site": lambda row: row["structure"]["sites"][0].update(abc=[0, 0]),
    "a cell in words": lambda row: row["structure"]["lattice"].update(matrix=[["4", 0, 0], [0, "4", 0], [0, 0, "4"]]),
}


def files_of(plan: Plan, raw: RawObject, folder: Path, *, at_once: bool) -> tuple[list[str], dict[str, str], int]:
    """Return the hashes of the files that are written and of the records, and how many of these were columns."""
    folder.mkdir()
    n_at_once = 0
    with RecordWriter(folder, plan) as writer:
        for part in parts_of(FilesSource(), plan, raw) if at_once else FilesSource().parse(plan, raw):
            if isinstance(part, RecordColumns):
                writer.add_columns(part, raw)
                n_at_once += len(part)
            else:
                writer.add(part, raw)
        return [file.sha256 for file in writer.finish([])], writer.records, n_at_once


def both_ways(plan: Plan, payload: bytes, folder: Path) -> int:
    """Prove that both ways write the same; return how many records came as columns."""
    raw = RawObject("0" * 64, payload, "application/jsonl", "file:rows.jsonl", "k")
    at_once, one_by_one = (files_of(plan, raw, folder / str(way), at_once=way) for way in (True, False))
    assert at_once[:2] == one_by_one[:2]
    return at_once[2]


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    (tmp_path / "card.toml").write_text(CARD, encoding="utf-8")
    (tmp_path / "rows.jsonl").write_bytes(b"{}")
    return FilesSource().plan("k", {"path": "rows.jsonl", "card": "card.toml"}, tmp_path)


def lines(rows: Sequence[object]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


@pytest.mark.parametrize("name", NAMES)
def test_the_samples_are_written_the_same_both_ways(name: str, tmp_path: Path) -> None:
    plan = FilesSource().plan("k", {"path": f"{name}.jsonl.gz", "card": f"{name}.toml"}, SAMPLES)
    with gzip.open(SAMPLES / f"{name}.jsonl.gz") as rows:
        payload = b"".join(islice(rows, N_ROWS))
    n_at_once = both_ways(plan, payload, tmp_path)
    assert n_at_once == min(N_ROWS, payload.count(b"\n"))


@pytest.mark.parametrize("what", ODD)
def test_an_odd_row_among_plain_ones_is_written_the_same_both_ways(plan: Plan, tmp_path: Path, what: str) -> None:
    rows = [{**copy.deepcopy(ROW), "id": name} for name in "abc"]
    ODD[what](rows[1])
    both_ways(plan, lines(rows), tmp_path)


@pytest.mark.parametrize("given", [None, "", " ", "na"])
def test_a_row_without_an_identifier_is_rejected_and_says_so(plan: Plan, given: str | None) -> None:
    card: FileCard = plan.query.card  # type: ignore[attr-defined]
    payload = lines([{**ROW, "id": given}, {**ROW, "id": "b"}, {**ROW, "id": given}])
    items = list(parts(payload, card, "jsonl"))
    assert items == list(records_of(payload, card, "jsonl"))
    first, _, last = items
    assert isinstance(first, Rejected)
    assert isinstance(last, Rejected)
    for row in (first, last):
        assert row.reasons == (
            f"does_not_fit: the id is blank: 'id' holds {given!r}; give every row a name of its own",
        )


def test_a_torn_line_and_rows_that_come_twice_are_written_the_same_both_ways(plan: Plan, tmp_path: Path) -> None:
    rows = [{**ROW, "id": str(number % 600)} for number in range(1100)]
    payload = lines(rows[:600]) + b'{"id": \n' + lines(rows[600:])
    assert both_ways(plan, payload, tmp_path) == 512 + 1101 - 1024  # the lot with the torn line: one by one


def test_values_keep_their_text_conditions_and_places(plan: Plan) -> None:
    card: FileCard = plan.query.card  # type: ignore[attr-defined]
    payload = lines([ROW]).replace(b'"n": 1.5', b'"n": 15.0e-1')
    assert b"15.0e-1" in payload
    (columns,) = parts_of_rows(payload, card, "jsonl")
    assert isinstance(columns, RecordColumns)
    (record,) = records_of_columns(columns)
    assert [record] == list(records_of(payload, card, "jsonl"))
    value = record.properties[0]
    assert (value.text, str(value.pointer), value.conditions[0].value) == ("15.0e-1", "line=1;json=/n", 300.0)


def parts(payload: bytes, card: FileCard, row_format: str) -> Iterator[object]:
    for part in parts_of_rows(payload, card, row_format):
        yield from records_of_columns(part) if isinstance(part, RecordColumns) else [part]


@pytest.mark.parametrize("row_format", ["csv", "tsv"])
def test_rows_of_tables_come_at_once_too(plan: Plan, row_format: str) -> None:
    query: Any = plan.query
    rows = query.card.rows.model_copy(update={"structure": None, "formula": "formula", "labels": {}})
    card = query.card.model_copy(update={"rows": rows, "properties": query.card.properties[:1]})
    header, *found = ["id,formula,phase,n,error", "a,NaCl,,1.50,0.02", "b,MgO,periclase,na,", "c,KBr,,1.56(1),"]
    text = "\n".join([header, *found])
    payload = (text if row_format == "csv" else text.replace(",", "\t")).encode()
    (columns,) = parts_of_rows(payload, card, row_format)
    assert isinstance(columns, RecordColumns)
    assert list(parts(payload, card, row_format)) == list(records_of(payload, card, row_format))
