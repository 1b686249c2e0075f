"""Europe PMC: the search is walked to its end, each open article is asked for once, and its tables become records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harvest.errors import ContractError, TransportError
from harvest.literature.europe_pmc import answer_of, check_article, pmcid_for, read_page
from harvest.source import RawObject, Rejected
from harvest.sources.europe_pmc import EuropePmcSource
from harvest.testing import SourceContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Article, Harvested, WebService


class TestContract(SourceContract):
    source = EuropePmcSource


def test_only_open_articles_are_asked_for_in_the_order_of_their_ids(
    search: Callable[..., Harvested], article: type[Article], web_service: WebService
) -> None:
    done = search("europe_pmc", article("10.5555/1", "3.1", "PMC1"), article("10.5555/2", "3.2", "PMC2"))
    assert done.ids == ["10.5555/1#ZnO", "10.5555/2#ZnO"]
    assert done.source.pin.version == "api 6.9"
    searches = [path for path, _body in web_service.asked if "/search" in path]
    assert all("OPEN_ACCESS%3Ay" in path and "sort=PMCID+asc" in path for path in searches)


def test_retracted_articles_are_not_asked_for_and_corrections_are_noted(
    search: Callable[..., Harvested], article: type[Article], web_service: WebService
) -> None:
    done = search(
        "europe_pmc",
        article("10.5555/a", "3.1", "PMC1", updates=(("Retraction", "Nature 1"),)),
        article("10.5555/b", "3.2", "PMC2", updates=(("Erratum", "Nature 2"), ("Comment", "Nature 3"))),
    )
    assert done.rejected == {"PMC1": "retracted: Retraction in: Nature 1"}
    assert dict(done.entry("10.5555/b#ZnO")["labels"])["notices"] == "Erratum in: Nature 2"
    assert not any("PMC1" in path for path, _body in web_service.asked)


def test_an_article_that_cannot_be_read_is_rejected_as_a_whole(tmp_path: Path) -> None:
    source = EuropePmcSource()
    plan = source.plan("a", {"query": "oxides"}, tmp_path)
    key = 'GET https://x/PMC9/fullTextXML tag={"evidence":"","id":"PMC9","licence":"CC-BY-4.0","link":"","notices":""}'
    (item,) = source.parse(plan, RawObject("0" * 64, b"<article>", "text/xml", "https://x/PMC9/fullTextXML", key))
    assert isinstance(item, Rejected)
    assert (item.source_id, item.reasons[0][:10]) == ("PMC9", "unreadable")


@pytest.mark.parametrize(
    "odd", [7, "x", None, {"commentCorrectionList": 3}, {"pmcid": 7}, {"pmcid": "PMC1", "doi": []}]
)
def test_odd_results_of_a_search_harm_nobody(tmp_path: Path, odd: object) -> None:
    source = EuropePmcSource()
    plan = source.plan("a", {"query": "oxides"}, tmp_path)
    payload = json.dumps({"resultList": {"result": [odd]}}).encode()
    assert list(source.parse(plan, RawObject("0" * 64, payload, "application/json", "https://x/search", "GET x"))) == []


def test_only_an_article_with_the_doi_is_taken_for_it() -> None:
    results = [{"pmcid": "PMC1", "doi": "10.5555/b"}, 7, {"doi": "10.5555/a"}, {"pmcid": "PMC2", "doi": "10.5555/A"}]
    page = json.dumps({"resultList": {"result": results}}).encode()
    assert pmcid_for(page, "10.5555/a") == "PMC2"
    assert pmcid_for(page, "10.5555/c") is None


def test_a_count_that_is_no_number_promises_nothing() -> None:
    assert read_page(b'{"hitCount": "many", "resultList": {"result": []}}').promised is None


def test_what_is_no_answer_is_named() -> None:
    with pytest.raises(TransportError, match="no JSON"):
        answer_of(b'{"resultList": ')
    with pytest.raises(ContractError, match="resultList"):
        answer_of(b'{"errMsg": "bad query"}')
    with pytest.raises(TransportError, match="no whole article"):
        check_article(b"<article><body>")
