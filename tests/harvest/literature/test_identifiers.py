"""Identifiers: one spelling, however they are written."""

from __future__ import annotations

import pytest

from harvest.literature.identifiers import arxiv_id_of, doi_of, pmcid_of


@pytest.mark.parametrize(
    "written",
    [
        "10.1038/SREP16696",
        " https://doi.org/10.1038/srep16696",
        "doi:10.1038/srep16696",
        "http://dx.doi.org/10.1038%2Fsrep16696",
    ],
)
def test_a_doi_has_one_spelling(written: str) -> None:
    assert doi_of(written) == "10.1038/srep16696"


@pytest.mark.parametrize(
    "written", ["article.xml", "10.1038", "papers/10.1038/x.xml", "", None, 7, "10.1/x", "10.1038/" + "x" * 600]
)
def test_what_is_no_doi_is_none(written: object) -> None:
    assert doi_of(written) is None


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("arXiv:2101.00001v2", "2101.00001v2"),
        ("http://arxiv.org/abs/cond-mat/0211034v1", "cond-mat/0211034v1"),
        ("10.48550/arXiv.2101.00001", "2101.00001"),
        ("https://arxiv.org/pdf/2101.00001.pdf", "2101.00001"),
        ("http://arxiv.org/api/errors#x", None),
        ("10.1038/srep16696", None),
        (None, None),
    ],
)
def test_an_arxiv_id_keeps_its_version(written: object, expected: str | None) -> None:
    assert arxiv_id_of(written) == expected


def test_a_pmc_id_is_read_from_an_address() -> None:
    assert pmcid_of("https://www.ncbi.nlm.nih.gov/pmc/articles/PMC123") == "PMC123"
    assert pmcid_of("pmc123") == "PMC123"
    assert pmcid_of("123") is None
