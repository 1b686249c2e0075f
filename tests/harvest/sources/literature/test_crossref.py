"""Crossref as a source: every work is accounted for, and only open texts are kept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from harvest.errors import ContractError, IncompleteError
from harvest.runner import Mode
from harvest.sources.crossref import CrossrefSource
from harvest.testing import SourceContract

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Article, Harvested, Library, WebService

    Search = Callable[..., Harvested]

RECORDED = Path(__file__).parents[5] / "shared/data/crossref/test_cursor.json"
TDM = "https://www.elsevier.com/tdm/userlicense/1.0/"


class TestContract(SourceContract):
    source = CrossrefSource


class TestContractOfFacts(SourceContract):
    """The contract again, where texts are closed and their facts are all that is archived."""

    source = CrossrefSource

    @pytest.fixture
    def options(self, library: Callable[..., Library], article: type[Article]) -> dict[str, Any]:
        closed = [article(f"10.5555/{n}", f"3.{n}", f"PMC{n}", own_licence="", licence=TDM) for n in range(1, 4)]
        return library(*closed).options("crossref") | {"closed_texts": "facts"}


def test_every_work_becomes_records_or_says_why_not(search: Search, article: type[Article]) -> None:
    done = search(
        "crossref",
        article("10.5555/a", "3.1", "PMC1"),
        article("10.5555/b", licence=TDM),
        article("10.5555/c", "3.2", "PMC2", updates=(("retraction", "10.5555/n"),)),
        article("10.5555/d", "3.3", "PMC3", updates=(("correction", "10.5555/m"),)),
        article("10.5555/e", "3.4", "PMC4", own_licence="", licence=TDM),
    )
    assert done.ids == ["10.5555/a#ZnO", "10.5555/d#ZnO"]
    assert dict(done.entry("10.5555/d#ZnO")["labels"])["notices"] == "correction: 10.5555/m"
    assert done.source.complete
    assert {name: reason[:23] for name, reason in done.rejected.items()} == {
        "10.5555/b": "no open text of 10.5555",
        "10.5555/c": "retracted: retraction: ",
        "10.5555/e": "closed: its licence is ",
    }


def test_an_incomplete_harvest_is_taken_where_that_is_allowed(
    library: Callable[..., Library], article: type[Article], run_harvest: Search
) -> None:
    there = library(article("10.5555/a", "3.1", "PMC1"), promised=2)
    done = run_harvest("crossref", mode=Mode(allow_incomplete=True), **there.options("crossref"))
    assert (done.source.complete, done.ids) == (False, ["10.5555/a#ZnO"])


def test_the_publisher_is_asked_where_the_recipe_names_its_host_and_the_licence_is_open(
    search: Search, article: type[Article], web_service: WebService
) -> None:
    articles = (
        article("10.5555/a", "3.1", own_licence="", link="/publisher/a"),
        article("10.5555/b", "3.2", licence=TDM, link="/publisher/b"),
        article("10.5555/c", "3.3", start="2026-06-02", link="/publisher/c"),
    )
    done = search("crossref", *articles, text_hosts=[web_service.origin.removeprefix("http://")])
    assert done.ids == ["10.5555/a#ZnO"]
    assert done.entry("10.5555/a#ZnO")["licence"] == "CC-BY-4.0"
    assert done.rejected.keys() == {"10.5555/b", "10.5555/c"}
    assert "only from 2026-06-02" in done.rejected["10.5555/c"]
    asked = [path for path, _body in web_service.asked if path.startswith("/publisher")]
    assert asked == ["/publisher/a"]


def test_a_text_whose_address_looks_like_a_search_is_read(
    search: Search, article: type[Article], web_service: WebService
) -> None:
    given = article("10.5555/a", "3.1", own_licence="", link="/publisher/search")
    done = search("crossref", given, text_hosts=[web_service.origin.removeprefix("http://")])
    assert done.ids == ["10.5555/a#ZnO"]


def test_a_publisher_whose_host_is_not_named_is_not_asked(search: Search, article: type[Article]) -> None:
    done = search("crossref", article("10.5555/a", "3.1", link="/publisher/a"), text_hosts=["www.nature.com"])
    assert done.rejected["10.5555/a"].startswith("no open text of 10.5555/a: Europe PMC has none; Crossref: http")


def test_hosts_of_publishers_that_the_recipe_names_may_be_asked(tmp_path: Path) -> None:
    options = {"query": "oxides", "mailto": "a@b.org", "text_hosts": ["www.nature.com"]}
    assert "www.nature.com" in CrossrefSource().plan("a", options, tmp_path).hosts


def test_a_work_that_cannot_be_read_is_rejected_alone(
    library: Callable[..., Library], article: type[Article], run_harvest: Search, web_service: WebService
) -> None:
    there = library(article("10.5555/a", "3.1", "PMC1"), promised=1)

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        status, payload = there.answer(path, body)
        page = json.loads(payload) if path.startswith("/crossref") else {}
        if page.get("message", {}).get("items"):
            page["message"]["items"].append({"DOI": 7})
            return status, json.dumps(page).encode()
        return status, payload

    web_service.answer = answer
    done = run_harvest("crossref", **there.options("crossref"))
    assert done.ids == ["10.5555/a#ZnO"]
    (row,) = done.tables["rejected"]
    assert row["reasons"][0].startswith("does_not_fit: a work without a DOI")
    assert row["pointer"] == "json=/message/items/1"


def test_two_statements_that_differ_are_no_licence(search: Search, article: type[Article]) -> None:
    other = "http://creativecommons.org/licenses/by-nc/4.0/"
    done = search("crossref", article("10.5555/a", "3.1", "PMC1", own_licence=other))
    assert done.ids == []
    assert "closed" in " ".join(done.rejected.values())


def test_what_crossref_refuses_is_said(search: Search, article: type[Article]) -> None:
    with pytest.raises(ContractError, match="status 400"):
        search("crossref", article("10.5555/a"), there={"refused": {"/crossref/works": 400}})


def test_the_polite_address_is_sent_and_filters_are_sorted(
    search: Search, article: type[Article], web_service: WebService
) -> None:
    search("crossref", article("10.5555/a"), filter={"type": "journal-article", "from-pub-date": "2020"})
    path = web_service.asked[0][0]
    assert "mailto=a%40b.org" in path
    assert "filter=from-pub-date%3A2020%2Ctype%3Ajournal-article" in path


def test_a_recorded_page_is_walked_and_its_count_held_against_what_came(
    web_service: WebService, run_harvest: Search
) -> None:
    if not RECORDED.exists():
        pytest.skip("the recorded exchanges are not here")
    (exchange,) = json.loads(RECORDED.read_text(encoding="utf-8"))
    last = {"status": "ok", "message": {"total-results": 454, "items": [], "next-cursor": "end"}}

    def answer(path: str, _body: bytes) -> tuple[int, bytes]:
        if path.startswith("/epmc"):
            return 200, b'{"resultList": {"result": []}}'
        return 200, json.dumps(exchange["body"] if "cursor=%2A" in path else last).encode()

    web_service.answer = answer
    epmc = f"{web_service.origin}/epmc"
    asked = {"query": "widget", "mailto": "a@b.org", "page_size": 20, "europe_pmc_url": epmc}
    with pytest.raises(IncompleteError, match="100 articles promised, 20 distinct ones received"):
        run_harvest("crossref", **asked)
    whole = run_harvest("crossref", **asked, limit=20)
    assert whole.source.complete
    assert len(whole.rejected) == 20
    assert "CC-BY-4.0" not in whole.rejected["10.1016/b978-155860700-2.50014-8"]
    assert "https://www.elsevier.com/tdm/userlicense/1.0/" in whole.rejected["10.1016/b978-155860700-2.50014-8"]


@pytest.mark.parametrize("mailto", ["nobody", None])
def test_an_address_that_is_none_is_refused(tmp_path: Path, mailto: str | None) -> None:
    with pytest.raises(ValidationError):
        CrossrefSource().plan("a", {"query": "oxides", "mailto": mailto}, tmp_path)
