"""Europe PMC: the search is walked to its end, each open article is asked for once, and its tables become records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from harvest.errors import ContractError, IncompleteError, TransportError
from harvest.literature.europe_pmc import answer_of, check_article
from harvest.source import RawObject, Rejected
from harvest.sources.europe_pmc import EuropePmcSource
from harvest.testing import SourceContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Article, Harvested, Library, WebService

    Open = Callable[..., Library]
    Run = Callable[..., Harvested]


class TestContract(SourceContract):
    source = EuropePmcSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def options(self, library: Open, article: type[Article]) -> dict[str, Any]:
        there = library(*(article(f"10.5555/{n}", f"3.{n}", f"PMC{n}") for n in range(1, 6)))
        return there.options("europe_pmc")


def test_every_article_is_asked_for_once_and_only_open_ones(
    library: Open, article: type[Article], prove_replay: Run, web_service: WebService
) -> None:
    there = library(*(article(f"10.5555/{n}", f"3.{n}", f"PMC{n}") for n in range(1, 6)))
    done = prove_replay("europe_pmc", **there.options("europe_pmc"))
    asked = [path for path, _body in web_service.asked]
    assert [path.split("/")[2] for path in asked if path.endswith("fullTextXML")] == [f"PMC{n}" for n in range(1, 6)]
    assert all("OPEN_ACCESS" in path for path in asked if "/search" in path)
    assert [(row["source_id"], row["licence"]) for row in done.tables["entries"]] == [
        (f"10.5555/{n}#ZnO", "CC-BY-4.0") for n in range(1, 6)
    ]


def test_no_more_articles_than_asked_for(
    library: Open, article: type[Article], run_harvest: Run, web_service: WebService
) -> None:
    there = library(*(article(f"10.5555/{n}", f"3.{n}", f"PMC{n}") for n in range(1, 6)))
    done = run_harvest("europe_pmc", **there.options("europe_pmc"), limit=3)
    assert done.source.complete
    assert sum(path.endswith("fullTextXML") for path, _body in web_service.asked) == 3


def test_retracted_articles_are_not_asked_for_and_corrections_are_noted(
    library: Open, article: type[Article], run_harvest: Run, web_service: WebService
) -> None:
    there = library(
        article("10.5555/a", "3.1", "PMC1", updates=(("Retraction", "Nature 1"),)),
        article("10.5555/b", "3.2", "PMC2", updates=(("Erratum", "Nature 2"),)),
    )
    done = run_harvest("europe_pmc", **there.options("europe_pmc"))
    assert done.rejected == {"PMC1": "retracted: Retraction in: Nature 1"}
    assert dict(done.entry("10.5555/b#ZnO")["labels"])["notices"] == "Erratum in: Nature 2"
    assert not any("PMC1" in path for path, _body in web_service.asked)


def test_fewer_articles_than_promised_are_an_incomplete_harvest(
    library: Open, article: type[Article], run_harvest: Run
) -> None:
    there = library(article("10.5555/a", "3.1", "PMC1"), promised=5)
    with pytest.raises(IncompleteError, match="5 articles promised, 1 distinct ones received"):
        run_harvest("europe_pmc", **there.options("europe_pmc"))


def test_a_text_that_is_gone_does_not_stop_the_walk(library: Open, article: type[Article], prove_replay: Run) -> None:
    there = library(article("10.5555/a", "3.1", "PMC1"), article("10.5555/b", "3.2", "PMC2"))
    there.refused["/epmc/PMC1/fullTextXML"] = 404
    done = prove_replay("europe_pmc", **there.options("europe_pmc"))
    assert done.ids == ["10.5555/b#ZnO"]
    assert done.rejected["PMC1"].startswith("no text of PMC1: ")


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


def test_what_is_no_answer_is_named() -> None:
    with pytest.raises(TransportError, match="no JSON"):
        answer_of(b'{"resultList": ')
    with pytest.raises(ContractError, match="resultList"):
        answer_of(b'{"errMsg": "bad query"}')
    with pytest.raises(TransportError, match="no whole article"):
        check_article(b"<article><body>")


def test_an_empty_query_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        EuropePmcSource().plan("a", {"query": ""}, tmp_path)
