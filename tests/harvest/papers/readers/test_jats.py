from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.papers.document import DocumentError
from harvest.papers.readers.jats import read_jats

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import WriteArticle

LAUGHS = b"""<!DOCTYPE article [<!ENTITY a0 "lol">%s]>
<article><front><article-meta/></front><body><p>&a9;</p></body></article>""" % b"".join(
    b'<!ENTITY a%d "%s">' % (n, (b"&a%d;" % (n - 1)) * 10) for n in range(1, 10)
)


def test_the_sample_article(sample: bytes) -> None:
    document = read_jats(sample, document="review")
    assert (document.id, document.doi, document.pmcid, document.licence) == ("review", None, None, "CC-BY-4.0")
    assert [table.id for table in document.tables] == ["T1", "T2"]
    assert [table.label for table in document.tables] == ["Table 1", "Table 2"]
    assert [section.title for section in document.sections] == [
        "abstract", "What was collected", "Optical properties", "Enthalpies of formation",
    ]  # fmt: skip
    assert len(document.references) == 11
    assert document.references[2].doi == "10.1063/1.1703106"
    assert document.tables[0].footnotes[0].text == "Ordinary ray of a uniaxial crystal."


def test_paragraphs_are_found_by_their_offsets(sample: bytes) -> None:
    document = read_jats(sample, document="review")
    passages = [document.passage(paragraph) for section in document.sections for paragraph in section.paragraphs]
    assert "\n".join(passages) == document.text
    assert passages[2].startswith("Wide gaps go with small indices")


def test_addresses_of_authors_stay_outside(sample: bytes) -> None:
    assert b"@" in sample
    assert "@" not in repr(read_jats(sample, document="review"))


@pytest.mark.parametrize("payload", [b"", b"<article><body></article>", b"not XML", b"<article>\x00</article>"])
def test_broken_xml_is_refused(payload: bytes) -> None:
    with pytest.raises(DocumentError, match="not well-formed XML"):
        read_jats(payload, document="x")


def test_xml_that_is_no_article_is_refused() -> None:
    with pytest.raises(DocumentError, match="its root is <html>"):
        read_jats(b"<html><body/></html>", document="x")


def test_entities_that_grow_without_end_are_refused() -> None:
    with pytest.raises(DocumentError):
        read_jats(LAUGHS, document="x")


def test_entities_of_the_article_itself_are_not_expanded() -> None:
    payload = b'<!DOCTYPE article [<!ENTITY x "3.5">]><article><front/><body><p>&x;</p></body></article>'
    with pytest.raises(DocumentError, match="own entities are not expanded"):
        read_jats(payload, document="x")


def test_a_file_is_not_read_into_an_article(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", encoding="utf-8")
    payload = f"""<!DOCTYPE article [<!ENTITY x SYSTEM "{secret.as_uri()}">]>
    <article><front><article-meta/></front><body><p>&x;</p></body></article>"""
    with pytest.raises(DocumentError, match="own entities"):
        read_jats(payload.encode(), document="x")


def test_named_characters_of_the_standard_sets_are_read() -> None:
    payload = b"""<!DOCTYPE article PUBLIC "-//NLM//DTD JATS" "JATS-archivearticle1.dtd">
    <article><front><article-meta/></front><body><p>5&nbsp;&mu;m</p></body></article>"""
    assert read_jats(payload, document="x").text == "5\N{NO-BREAK SPACE}μm"


def test_namespaces_and_wrappers_do_not_hide_an_article() -> None:
    payload = b"""<records xmlns="http://example.org/oai"><article xmlns="http://jats.nlm.nih.gov"><front>
    <article-meta><article-id pub-id-type="pmc">123</article-id></article-meta></front><body/></article></records>"""
    assert read_jats(payload, document="x").pmcid == "PMC123"


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ('<license xlink:href="http://creativecommons.org/licenses/by/3.0/"/>', "CC-BY-3.0"),
        ("<license><p>See https://creativecommons.org/licenses/by-nc-nd/4.0/.</p></license>", "CC-BY-NC-ND-4.0"),
        ("<license><p>https://creativecommons.org/publicdomain/zero/1.0/</p></license>", "CC0-1.0"),
        ("<license><p>Open access under CC-BY.</p></license>", "NOASSERTION"),
        ('<license xlink:href="http://creativecommons.org/licenses/by/3.0/us/"/>', "NOASSERTION"),
        (
            """<license xlink:href="https://creativecommons.org/licenses/by/4.0/">
            <p>https://creativecommons.org/licenses/by-nc/4.0/</p></license>""",
            "NOASSERTION",
        ),
        ("", "NOASSERTION"),
    ],
)
def test_licences(licence: str, expected: str) -> None:
    payload = f"""<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>
    <permissions>{licence}</permissions></article-meta></front></article>"""
    assert read_jats(payload.encode(), document="x").licence == expected


def test_footnote_marks_leave_the_name_and_are_remembered(write_article: WriteArticle) -> None:
    foot = '<fn id="fa"><label>a</label><p>Annealed.</p></fn><fn><p>* Cast.</p></fn>'
    body = """<tr><td>NaCl<xref ref-type="table-fn" rid="fa"><sup>a</sup></xref></td><td>1.5<sup>a</sup></td></tr>
    <tr><td>KCl *</td><td>10<sup>-4</sup></td></tr>"""
    table = read_jats(write_article("<tr><th>A</th><th>B</th></tr>", body, foot=foot), document="x").tables[0]
    cells = [table.grid.at(row, column) for row in (1, 2) for column in (0, 1)]
    assert [cell.body.markup for cell in cells] == ["NaCl", "1.5", "KCl", "10^{-4}"]
    assert [cell.printed for cell in cells] == ["NaCla", "1.5a", "KCl *", "10-4"]
    assert [bool(cell.marks) for cell in cells] == [True, True, True, False]
    assert [note.mark for note in table.footnotes] == ["a", "*"]


def test_citations_leave_the_name_and_are_remembered(write_article: WriteArticle) -> None:
    body = '<tr><td>NaCl [<xref ref-type="bibr" rid="B1">1</xref>]</td><td>1</td></tr>'
    cell = read_jats(write_article("<tr><th>A</th><th>B</th></tr>", body), document="x").tables[0].grid.at(1, 0)
    assert (cell.body.text, cell.printed, cell.citations) == ("NaCl", "NaCl [1]", ("B1",))


def test_math_is_read_once_with_its_scripts(write_article: WriteArticle) -> None:
    body = """<tr><td xmlns:m="http://www.w3.org/1998/Math/MathML"><inline-formula><alternatives>
    <tex-math>$10^{-4}$</tex-math><m:math><m:msup><m:mn>10</m:mn><m:mrow><m:mo>−</m:mo><m:mn>4</m:mn></m:mrow></m:msup>
    </m:math></alternatives></inline-formula></td></tr>"""
    table = read_jats(write_article("<tr><th>A</th></tr>", body), document="x").tables[0]
    assert table.grid.at(1, 0).body.markup == "10^{−4}"


def test_tables_without_an_id_are_called_by_their_place() -> None:
    table = "<table-wrap><table><tr><th>A</th></tr><tr><td>1</td></tr></table></table-wrap>"
    payload = f"<article><front/><body>{table}{table}</body></article>"
    document = read_jats(payload.encode(), document="x")
    assert [(found.id, found.grid.header_rows) for found in document.tables] == [("T1", 1), ("T2", 1)]
