"""The same article in every format that is read yields the same values."""

from __future__ import annotations

import pytest

from harvest.papers.pipeline import cell_text, extract
from harvest.papers.readers.formats import Format, format_of, read_document

ELSEVIER = """<full-text-retrieval-response xmlns="http://www.elsevier.com/xml/svapi/article/dtd"
  xmlns:ce="http://www.elsevier.com/xml/common/dtd" xmlns:ja="http://www.elsevier.com/xml/ja/dtd"
  xmlns:cals="http://www.elsevier.com/xml/common/cals/dtd" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/">
<coredata><prism:doi>10.5555/12345678</prism:doi><dc:title>Oxides</dc:title>
<openaccessUserLicense>http://creativecommons.org/licenses/by/4.0/</openaccessUserLicense></coredata>
<originalText><ja:article><ja:head><ce:title>Oxides</ce:title></ja:head><ja:body><ce:sections><ce:section>
<ce:section-title>Results</ce:section-title><ce:para>The band gap of ZnO is 3.3 eV.</ce:para></ce:section></ce:sections>
<ce:floats><ce:table id="t1"><ce:label>Table 1</ce:label><ce:caption><ce:simple-para>Gaps</ce:simple-para></ce:caption>
<cals:tgroup cols="3"><cals:colspec colname="c1"/><cals:colspec colname="c2"/><cals:colspec colname="c3"/>
<cals:thead><cals:row><ce:entry morerows="1">Compound</ce:entry><ce:entry namest="c2" nameend="c3">Measured</ce:entry>
</cals:row><cals:row><ce:entry>E<ce:inf>g</ce:inf> (eV)</ce:entry>
<ce:entry>Conductivity (10<ce:sup>−4</ce:sup> S/cm)</ce:entry></cals:row></cals:thead>
<cals:tbody><cals:row><ce:entry>TiO<ce:inf>2</ce:inf></ce:entry><ce:entry>3.0 ± 0.1</ce:entry><ce:entry>2.1</ce:entry>
</cals:row></cals:tbody></cals:tgroup></ce:table></ce:floats></ja:body></ja:article></originalText>
</full-text-retrieval-response>"""

HTML = """<!DOCTYPE html><html><head><title>x</title><meta name="citation_title" content="Oxides">
<meta name="citation_doi" content="10.5555/12345678"><link rel="license" href="https://creativecommons.org/licenses/by/4.0/">
</head><body><nav>menu</nav><h2>Results</h2><p>The band gap of ZnO is 3.3 eV.</p>
<div class="table_caption"><b>Table 1</b> Gaps</div><div><table><thead>
<tr><th rowspan="2">Compound</th><th colspan="2">Measured</th></tr>
<tr><th>E<sub>g</sub> (eV)</th><th>Conductivity (10<sup>−4</sup> S/cm)</th></tr></thead>
<tbody><tr><td>TiO<sub>2</sub></td><td>3.0 ± 0.1</td><td>2.1</td></tr></tbody></table></div></body></html>"""

LATEX = r"""\documentclass{article}
\title{Oxides}
\doi{10.5555/12345678}
\begin{document}
\section{Results}
The band gap of ZnO is \SI{3.3}{eV}. % a remark
Licence: https://creativecommons.org/licenses/by/4.0/

\begin{table}[h]\caption{Gaps}
\begin{tabular}{lcc} \toprule
\multirow{2}{*}{Compound} & \multicolumn{2}{c}{Measured} \\ \cmidrule{2-3}
 & $E_\mathrm{g}$ (eV) & Conductivity ($10^{-4}$ S/cm) \\ \midrule
\ce{TiO2} & 3.0 $\pm$ 0.1\footnote{by us} & $2.1$ \\ \bottomrule
\end{tabular}\end{table}
\end{document}
"""

TEXT = """Oxides

doi: 10.5555/12345678, https://creativecommons.org/licenses/by/4.0/

The band gap of ZnO is 3.3 eV.

Table 1. Gaps
Compound\tBand gap Eg (eV)\tConductivity (S/cm)
TiO2\t3.0 ± 0.1\t0.00021
"""

EVERY = {Format.XML: ELSEVIER, Format.HTML: HTML, Format.LATEX: LATEX, Format.TEXT: TEXT}


@pytest.mark.parametrize("kind", EVERY)
def test_the_format_is_told_by_the_first_bytes(kind: Format) -> None:
    assert format_of(EVERY[kind].encode()) is kind


@pytest.mark.parametrize("kind", EVERY)
def test_every_format_yields_the_same_values(kind: Format) -> None:
    gap, conductivity = extract(EVERY[kind].encode(), document="a").readings
    assert (gap.material.formula, gap.property, gap.quantity.value, gap.quantity.uncertainty) == (
        "TiO2",
        "band_gap",
        3.0,
        0.1,
    )
    assert (conductivity.quantity.value, conductivity.unit) == (pytest.approx(2.1e-4), "S/cm")


@pytest.mark.parametrize("kind", EVERY)
def test_every_format_says_who_and_under_which_licence(kind: Format) -> None:
    document = read_document(EVERY[kind].encode(), document="a")
    assert (document.title.text, document.doi, document.licence) == ("Oxides", "10.5555/12345678", "CC-BY-4.0")
    assert "The band gap of ZnO is 3.3 eV." in document.text


@pytest.mark.parametrize("kind", EVERY)
def test_the_text_at_each_place_is_the_text_that_was_read(kind: Format) -> None:
    payload = EVERY[kind].encode()
    for reading in extract(payload, document="a", sentences=True).readings:
        assert cell_text(payload, reading.place.pointer) == reading.text


@pytest.mark.parametrize("kind", EVERY)
def test_a_sentence_of_every_format_is_read(kind: Format) -> None:
    readings = extract(EVERY[kind].encode(), document="a", sentences=True).readings
    stated = [each for each in readings if "char" in dict(each.place.pointer.steps)]
    assert [(each.material.formula, each.property, each.quantity.value, each.unit) for each in stated] == [
        ("ZnO", "band_gap", 3.3, "eV")
    ]


def test_a_lost_superscript_of_latex_is_none() -> None:
    source = r"\begin{tabular}{ll} Alloy & Rate \\ \hline Al & $10^{-4}$ s$^{-1}$ \\ \end{tabular}"
    assert (
        read_document(rf"\section{{A}} a \begin{{table}}{source}\end{{table}}".encode(), document="a")
        .tables[0]
        .grid.at(1, 1)
        .body.markup
        == "10^{-4} s^{-1}"
    )
