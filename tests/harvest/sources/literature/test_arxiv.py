"""arXiv as a source: the licence of its record decides what is kept of a source, and pages are never lost unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harvest.errors import ContractError, IncompleteError, TransportError
from harvest.literature.arxiv import check_feed, check_source, read_feed, read_licence
from harvest.sources.arxiv import ArxivSource
from harvest.testing import SourceContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Article, Harvested, Library, WebService

    Open = Callable[..., Library]
    Run = Callable[..., Harvested]

DISTRIBUTE = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"


class TestContract(SourceContract):
    source = ArxivSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def options(self, library: Open, article: type[Article]) -> dict[str, Any]:
        there = library(*(article(f"10.5555/{n}", f"3.{n}", arxiv_id=f"2101.0000{n}v1") for n in range(1, 6)))
        return there.options("arxiv")


def test_open_sources_are_read_and_closed_ones_are_not_even_asked_for(
    library: Open, article: type[Article], prove_replay: Run, web_service: WebService
) -> None:
    there = library(
        article("10.5555/a", "3.1", arxiv_id="2101.00001v2"),
        article("10.5555/b", "3.2", arxiv_id="2101.00002v1", licence=DISTRIBUTE),
        article("10.5555/c", "3.3", arxiv_id="2101.00003v1", comment="This paper has been withdrawn by the authors"),
    )
    done = prove_replay("arxiv", **there.options("arxiv"))
    assert done.ids == ["2101.00001v2#ZnO"]
    assert done.entry("2101.00001v2#ZnO")["licence"] == "CC-BY-4.0"
    assert "nonexclusive-distrib" in done.rejected["2101.00002v1"]
    assert done.rejected["2101.00003v1"].startswith("retracted: withdrawn")
    assert [path for path, _ in web_service.asked if "/e-print/" in path] == ["/arxiv/e-print/2101.00001v2"]


def test_facts_of_closed_sources_are_kept_where_the_recipe_says_so(
    library: Open, article: type[Article], prove_replay: Run
) -> None:
    there = library(article("10.5555/b", "3.2", arxiv_id="2101.00002v1", licence=DISTRIBUTE))
    done = prove_replay("arxiv", **there.options("arxiv"), closed_texts="facts")
    assert done.ids == ["2101.00002v1#ZnO"]
    assert dict(done.entry("2101.00002v1#ZnO")["labels"])["text"].startswith("text not kept: licence NOASSERTION")


def test_fewer_articles_than_promised_are_an_incomplete_harvest(
    library: Open, article: type[Article], run_harvest: Run
) -> None:
    there = library(article("10.5555/a", "3.1", arxiv_id="2101.00001v1"), promised=2)
    with pytest.raises(IncompleteError, match="2 articles promised, 1 distinct ones received"):
        run_harvest("arxiv", **there.options("arxiv"))


def test_an_empty_page_in_the_middle_is_asked_for_again() -> None:
    feed = b'<feed xmlns="http://www.w3.org/2005/Atom"><totalResults>300</totalResults></feed>'
    with pytest.raises(TransportError, match="empty page from article 100"):
        check_feed(feed, start=100)
    check_feed(feed, start=300)


def test_what_is_no_answer_is_named() -> None:
    with pytest.raises(TransportError, match="cut or no XML"):
        read_feed(b"<feed><entry>")
    with pytest.raises(ContractError, match="totalResults"):
        read_feed(b"<feed></feed>")
    entry = b"<entry><id>http://arxiv.org/api/errors#x</id><summary>bad id</summary></entry>"
    error = b"<feed><totalResults>1</totalResults>" + entry + b"</feed>"
    with pytest.raises(ContractError, match="refuses the query: bad id"):
        read_feed(error)
    with pytest.raises(ContractError, match="OAI-PMH answers"):
        read_licence(b"<html/>")
    with pytest.raises(TransportError, match="a page instead"):
        check_source(b"<!DOCTYPE html><html>")
