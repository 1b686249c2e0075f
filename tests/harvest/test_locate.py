"""Locate: from archived bytes and a pointer to the text that stands there, in the digits of the source."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from harvest.errors import ContractError
from harvest.locate import text_at
from schemas.provenance import Pointer

ARTICLE = Path(__file__).parents[2] / "data/samples/papers/refractive-index-review.xml"
JSON = b'{"data": [{"a/b": 1.50, "m~n": null, "t": true, "e": 1E-5, "big": 123456789012345678901, "s": "x\\u00e9"}]}'
LINES = b'{"n": 1.544}\n\n{"n": {"low": 2.0}}\n'
TABLE = b'id,n,note\r\n1,1.50,"two\r\nlines"\r\n2,2.60,"a ""b"""\r\n'


@pytest.mark.parametrize(
    ("payload", "pointer", "text"),
    [
        (JSON, "json=/data/0/a~1b", "1.50"),
        (JSON, "json=/data/0/m~0n", "null"),
        (JSON, "json=/data/0/t", "true"),
        (JSON, "json=/data/0/e", "1E-5"),
        (JSON, "json=/data/0/big", "123456789012345678901"),
        (JSON, "json=/data/0/s", "xé"),
        (LINES, "line=1;json=/n", "1.544"),
        (LINES, "line=3;json=/n/low", "2.0"),
        (gzip.compress(LINES, mtime=0), "line=1", '{"n": 1.544}'),
        (TABLE, "row=1;column=n", "1.50"),
        (TABLE, "row=1;column=note", "two\r\nlines"),
        (TABLE, "row=2;column=note", 'a "b"'),
        (b"\xef\xbb\xbf" + TABLE, "row=2;column=id", "2"),
    ],
)
def test_the_text_that_stands_there(payload: bytes, pointer: str, text: str) -> None:
    assert text_at(payload, Pointer.parse(pointer)) == text


@pytest.mark.parametrize(
    ("payload", "pointer"),
    [
        (JSON, "json=/data/1"),
        (JSON, "json=/data/x"),
        (JSON, "json=/nothing"),
        (b"{", "json=/a"),
        (LINES, "line=9"),
        (TABLE, "row=3"),
        (TABLE, "row=1;column=absent"),
        (TABLE, "sheet=1"),
        (ARTICLE.read_bytes(), "table=T9;row=1;col=1"),
        (ARTICLE.read_bytes(), "table=T1;row=999;col=1"),
        (b"no article", "table=T1;row=1;col=1"),
    ],
)
def test_a_place_that_is_not_there_breaks_the_contract(payload: bytes, pointer: str) -> None:
    with pytest.raises(ContractError):
        text_at(payload, Pointer.parse(pointer))


@pytest.mark.parametrize(
    ("payload", "pointer"),
    [(LINES, "line=0"), (TABLE, "row=0;column=n"), (JSON, "json=/data/-1/t"), (JSON, "json=/data/0/m~0n/deeper")],
)
def test_no_text_is_returned_for_a_place_that_cannot_be(payload: bytes, pointer: str) -> None:
    with pytest.raises(ContractError):
        text_at(payload, Pointer.parse(pointer))


@pytest.mark.xfail(strict=True, reason="a record of an article points to its row, and only cells are found again")
def test_the_row_of_a_record_of_an_article_is_found() -> None:
    assert "Diamond" in text_at(ARTICLE.read_bytes(), Pointer.of(table="T1", row=2))
