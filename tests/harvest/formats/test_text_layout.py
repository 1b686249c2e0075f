"""Text layouts: no byte is replaced in silence, and how a file is written is said in its card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from harvest.errors import CardError, ContractError
from harvest.formats.file_card import read_file_card
from harvest.formats.places import table_text
from harvest.formats.row_columns import parts_of_rows
from harvest.formats.row_records import records_of
from harvest.formats.rows import rows_of
from harvest.records.columns import RecordColumns
from harvest.records.rows import records_of as records_of_columns
from harvest.source import Rejected
from harvest.sources.files import FilesSource
from schemas.recipe import RecipeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harvest.formats.file_card import FileCard

CARD = """\
[card]
title = "t"
licence = "CC0-1.0"
origin = "o"
attribution = "a"

[rows]
id = "id"
formula = "formula"
phase = "phase"

[[properties]]
field = "gap"
property = "band_gap"
unit = "eV"
method = "experiment"
"""
TABLE = "id,formula,phase,gap\na,SiO2,µ-phase,1.5\nb,SiO2,é-phase,2.5\n"


@pytest.fixture
def card(tmp_path: Path) -> Callable[..., FileCard]:
    """Return a function that reads the card with some keys more in [rows]."""

    def read(*keys: str) -> FileCard:
        path = tmp_path / "card.toml"
        path.write_text(CARD.replace("[rows]", "\n".join(["[rows]", *keys])), encoding="utf-8")
        return read_file_card(path)

    return read


def both_ways(payload: bytes, card: FileCard, row_format: str = "csv") -> list[Any]:
    """Return what comes row by row, proven to be what comes in columns."""
    columnar: list[Any] = []
    for part in parts_of_rows(payload, card, row_format):
        columnar.extend(records_of_columns(part) if isinstance(part, RecordColumns) else [part])
    items = list(records_of(payload, card, row_format))
    assert items == columnar
    return items


def phases(items: Sequence[Any]) -> list[str | None]:
    return [item.phase for item in items]


def reasons(items: Sequence[Any]) -> list[str]:
    return [item.reasons[0] for item in items if isinstance(item, Rejected)]


def test_bytes_that_are_not_utf8_are_rejected_with_their_line_and_what_to_say(card: Callable[..., Any]) -> None:
    payload = f"{TABLE}c,MgO,,3\n".encode("latin-1")
    items = both_ways(payload, card())
    say = 'say in [rows] of the card how the file is written, for example encoding = "cp1252"'
    assert reasons(items) == [
        f"unreadable: line 2: column 'phase': byte 0xB5 is not UTF-8; {say}",
        f"unreadable: line 3: column 'phase': byte 0xE9 is not UTF-8; {say}",
    ]
    assert [item.source_id for item in items if not isinstance(item, Rejected)] == ["c"]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8", "utf-16", "utf-16-le"])
def test_the_encoding_of_the_card_is_read(card: Callable[..., Any], encoding: str) -> None:
    items = both_ways(TABLE.encode(encoding), card(f'encoding = "{encoding}"'))
    assert phases(items) == ["µ-phase", "é-phase"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_mark_at_the_beginning_tells_the_encoding(card: Callable[..., Any], encoding: str) -> None:
    payload = TABLE.encode(encoding)
    items = both_ways(payload, card())
    assert phases(items) == ["µ-phase", "é-phase"]


@pytest.mark.parametrize("row_format", ["json", "jsonl"])
def test_json_that_is_not_utf8_is_rejected_row_by_row(card: Callable[..., Any], row_format: str) -> None:
    rows = [{"id": name, "formula": "SiO2", "phase": phase, "gap": 1.5} for name, phase in ("aµ", "b-", "cé")]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    text = "\n".join(lines) if row_format == "jsonl" else f"[{',\n'.join(lines)}]"
    items = both_ways(text.encode("latin-1"), card(), row_format)
    assert [isinstance(item, Rejected) for item in items] == [True, False, True]
    assert all("not UTF-8; say in [rows] of the card how the file is written" in reason for reason in reasons(items))
    assert phases(both_ways(text.encode("latin-1"), card('encoding = "latin-1"'), row_format)) == ["µ", "-", "é"]


def test_a_lone_surrogate_that_json_spells_out_is_no_byte_of_another_encoding() -> None:
    (_, row), *_ = rows_of(b'[{"id": "\\udcb5"}]', "json")
    assert row == {"id": "\udcb5"}


def test_a_header_that_is_not_of_the_encoding_and_a_file_that_ends_within_a_sign_are_told() -> None:
    with pytest.raises(ContractError, match=r"the header, line 1, cannot be read: byte 0xB5 is not UTF-8; say in"):
        list(rows_of("id,µ\n1,2\n".encode("latin-1"), "csv"))
    for row_format in ("csv", "jsonl", "json"):
        with pytest.raises(ContractError, match="is not"):
            list(rows_of('{"a": 1}\n'.encode("utf-16")[:-1], row_format))
    with pytest.raises(ContractError, match='say encoding = "utf-16"'):
        list(rows_of("id,gap\n1,2\n".encode("utf-16-le"), "csv"))


def test_a_comment_of_a_poscar_that_is_not_utf8_is_not_replaced_by_one_that_is() -> None:
    ((_, row),) = rows_of("µ-phase\n1.0\n".encode("latin-1"), "poscar")
    assert isinstance(row, dict)
    assert row["comment"] == "\udcb5-phase"  # which no table can hold, so that a record with it is rejected


def test_a_tag_of_a_cif_that_is_not_utf8_is_told_and_others_are_read() -> None:
    text = "data_x\n_cell_length_a 5\n_phase 'µ'\n_more 'is \N{REPLACEMENT CHARACTER}'\n"
    ((_, row),) = rows_of(text.replace("µ", "m").encode(), "cif")
    assert isinstance(row, dict)
    assert row["_more"] == "is \N{REPLACEMENT CHARACTER}"
    ((_, row),) = rows_of(text.partition("_more")[0].encode("latin-1"), "cif")
    assert isinstance(row, dict)
    assert (row["_phase"], row["_cell_length_a"]) == ("\udcff", "5")


GERMAN = (
    "Messung 7; Raum 3\nsep\n# Geräte: 2\nid; formula ;phase;gap\n# wieder\na;SiO2;µ;1,5\n#b;MgO;;9\nc;TiO2;;3,25(2)\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_a_file_that_needs_every_key_is_read_and_every_cell_found_again(
    card: Callable[..., Any], encoding: str
) -> None:
    keys = ('delimiter = ";"', 'decimal = ","', 'comment = "#"', "skip_rows = 2", f'encoding = "{encoding}"')
    payload = GERMAN.encode(encoding)
    items = both_ways(payload, card(*keys))
    assert [(item.source_id, item.phase) for item in items] == [("a", "µ"), ("c", None)]
    values = [item.properties[0] for item in items]
    assert [(value.value, value.uncertainty) for value in values] == [(1.5, None), (3.25, 0.02)]
    assert [table_text(payload, value.pointer) for value in values] == ["1,5", "3,25(2)"]


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_a_cell_is_found_again_whatever_parts_the_columns(delimiter: str) -> None:
    payload = "\n".join(delimiter.join(row) for row in (["id", "gap"], ["a", "1"], ["b", "2"])).encode()
    from schemas.provenance import Pointer

    assert table_text(payload, Pointer.of(row=2, column="gap")) == "2"
    assert json.loads(table_text(payload, Pointer.of(row=2))) == {"id": "b", "gap": "2"}


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ('encoding = "utf-9"', "no encoding 'utf-9' is known; for example utf-8, cp1252"),
        ('encoding = "base64"', "no encoding 'base64' is known"),
        ('delimiter = ""', "a delimiter is one sign"),
        ('delimiter = "ab"', "a delimiter is one sign"),
        ('delimiter = "x"', "a delimiter is one sign"),
        ("delimiter = '\"'", "a delimiter is one sign"),
        ('decimal = ";"', "Input should be '.' or ','"),
        ('comment = ""', "at least 1 character"),
        ("skip_rows = -1", "greater than or equal to 0"),
        ('delimiter = ","\ndecimal = ","', "a comma cannot be both"),
        ('format = "xlsx"\ndelimiter = ";"', "`delimiter` cannot be said of xlsx files"),
        ('format = "json"\nskip_rows = 1', "`skip_rows` cannot be said of json files"),
        ('format = "parquet"\nencoding = "cp1252"', "`encoding` cannot be said of parquet files"),
    ],
)
def test_a_key_that_cannot_be_is_refused(card: Callable[..., Any], key: str, says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        card(key)


def test_a_key_for_texts_is_refused_where_the_name_says_another_format(
    card: Callable[..., Any], tmp_path: Path
) -> None:
    card('delimiter = ";"')
    (tmp_path / "rows.xlsx").write_bytes(b"")
    with pytest.raises(CardError, match="`delimiter` cannot be said of xlsx files"):
        FilesSource().plan("k", {"path": "rows.xlsx", "card": "card.toml"}, tmp_path)
    (tmp_path / "rows.json").write_bytes(b"[]")
    card('encoding = "cp1252"')
    FilesSource().plan("k", {"path": "rows.json", "card": "card.toml"}, tmp_path)
