"""Broken and hostile articles: each has a clear reason, none hangs, and neighbours are unharmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pypdfium2
import pytest

from harvest.papers.document import DocumentError
from harvest.papers.many import Extracted, article_files, extract_file, extract_many
from harvest.papers.pipeline import extract
from harvest.papers.readers.formats import Format, format_of

if TYPE_CHECKING:
    from pathlib import Path

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BILLION_LAUGHS = (
    f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><article><body><p>&l9;</p></body></article>'
)
EXTERNAL = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<article><body><p>&x;</p></body></article>"
)
GOOD = (
    b"<article><body><table-wrap><table><tr><th>Compound</th><th>Band gap (eV)</th></tr>"
    b"<tr><td>ZnO</td><td>3.37</td></tr></table></table-wrap></body></article>"
)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "the file is empty"),
        (b"  \n ", "the file is empty"),
        (GOOD[:-40], "not well-formed XML"),
        (BILLION_LAUGHS.encode(), "entity amplification"),
        (EXTERNAL.encode(), "own entities are not expanded"),
        (
            b'<?xml version="1.0" encoding="utf-8"?><article><body><p>caf\xe9</p></body></article>',
            "not well-formed XML",
        ),
        (b"<records><record>1</record></records>", "the XML holds no <article>"),
        (b"<full-text-retrieval-response><coredata/></full-text-retrieval-response>", "holds no <ja:body>"),
        (b"<html><body></body></html>", "has no text"),
        (b"%PDF-1.7\n%broken", "cannot be opened"),
        (bytes(range(32)) * 40, "control characters"),
        (b"<article>" + b"<sec>" * 5000, "not well-formed XML"),
    ],
    ids=[
        *("empty", "blank", "truncated", "laughs", "external", "encoding"),
        *("list", "abstract", "silent", "broken", "binary", "deep"),
    ],
)
def test_what_cannot_be_read_says_why(payload: bytes, said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        extract(payload, document="broken")


def test_no_entity_reads_a_file() -> None:
    with pytest.raises(DocumentError) as caught:
        extract(EXTERNAL.encode(), document="x")
    assert "root:" not in str(caught.value)


def test_a_cell_of_a_hundred_megabytes_is_refused_and_not_read() -> None:
    huge = GOOD.replace(b"3.37", b"9" * 100_000_000)
    with pytest.raises(DocumentError, match="not well-formed XML"):
        extract(huge, document="huge")


@pytest.mark.parametrize(
    "soup",
    [
        b"<html><table><tr><td>Compound<td>Band gap (eV)<tr><td>ZnO<td>3.37</table><p>unclosed",
        b"<html><body><div><table><tr><th>Compound</th><th>Band gap (eV)</b></th></tr><tr><td>ZnO</td><td>3.37</td>",
        b"<html><head><meta charset='windows-1252'></head>caf\xe9<table><tr><th>Compound<th>Eg (eV)<tr><td>ZnO<td>3.37",
    ],
)
def test_soup_is_read_as_browsers_read_it(soup: bytes) -> None:
    (reading,) = extract(soup, document="soup").readings
    assert (reading.material.printed, reading.property, reading.quantity.value) == ("ZnO", "band_gap", 3.37)


def encrypted_pdf(path: Path) -> Path:
    """Write a PDF whose trailer asks for a password that nobody knows."""
    pdf = pypdfium2.PdfDocument.new()
    pdf.new_page(200, 200)
    pdf.save(path)
    pdf.close()
    plain = path.read_bytes()
    asks = b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -44 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >> "
    for start in (b"trailer\r\n<<", b"trailer\n<<"):
        plain = plain.replace(start, start + b" " + asks)
    path.write_bytes(plain)
    return path


def test_an_encrypted_pdf_is_named_as_one(tmp_path: Path) -> None:
    assert "needs a password" in extract_file(encrypted_pdf(tmp_path / "secret.pdf")).reason


def test_a_pdf_that_begins_behind_other_bytes_is_read_as_one() -> None:
    assert format_of(b"HTTP/1.1 200 OK\r\n\r\n%PDF-1.7\n") is Format.PDF
    assert format_of(b"A text." + b" " * 2000 + b"%PDF-1.7") is Format.TEXT


def test_neighbours_of_broken_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(GOOD)
    (tmp_path / "b.xml").write_bytes(BILLION_LAUGHS.encode())
    (tmp_path / "c.xml").write_bytes(GOOD)
    found = list(extract_many(article_files([tmp_path])))
    assert [(item.path.name, len(item.rows), bool(item.reason)) for item in found] == [
        ("a.xml", 1, False),
        ("b.xml", 0, True),
        ("c.xml", 1, False),
    ]


@pytest.mark.slow
def test_a_pool_gives_the_same_in_the_same_order(tmp_path: Path) -> None:
    for number in range(14):
        (tmp_path / f"{number:02}.xml").write_bytes(GOOD if number % 5 else GOOD[:-20])
    files = article_files([tmp_path])
    alone: list[Extracted] = list(extract_many(files, workers=1))
    assert list(extract_many(files, workers=2)) == alone
    assert [bool(item.reason) for item in alone] == [number % 5 == 0 for number in range(14)]


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        article_files([tmp_path / "nowhere"])


def test_a_file_that_may_not_be_read_is_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "folder.xml"
    path.mkdir()
    assert extract_file(path).reason
