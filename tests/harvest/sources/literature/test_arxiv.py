"""arXiv as a source: the licence of its record decides what is kept of a source, and pages are never lost unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.errors import ContractError, TransportError
from harvest.literature.arxiv import check_source, read_feed, read_licence, read_page
from harvest.sources.arxiv import ArxivSource
from harvest.testing import SourceContract

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Article, Harvested, WebService

DISTRIBUTE = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"


class TestContract(SourceContract):
    source = ArxivSource


def test_open_sources_are_read_and_closed_ones_are_not_even_asked_for(
    search: Callable[..., Harvested], article: type[Article], web_service: WebService
) -> None:
    done = search(
        "arxiv",
        article("10.5555/a", "3.1", arxiv_id="2101.00001v2"),
        article("10.5555/b", "3.2", arxiv_id="2101.00002v1", licence=DISTRIBUTE),
        article("10.5555/c", "3.3", arxiv_id="2101.00003v1", comment="This paper has been withdrawn by the authors"),
    )
    assert done.ids == ["2101.00001v2#ZnO"]
    assert done.entry("2101.00001v2#ZnO")["licence"] == "CC-BY-4.0"
    assert "nonexclusive-distrib" in done.rejected["2101.00002v1"]
    assert done.rejected["2101.00003v1"].startswith("retracted: withdrawn")
    assert [path for path, _ in web_service.asked if "/e-print/" in path] == ["/arxiv/e-print/2101.00001v2"]


def test_an_empty_page_in_the_middle_is_asked_for_again() -> None:
    feed = b'<feed xmlns="http://www.w3.org/2005/Atom"><totalResults>300</totalResults></feed>'
    with pytest.raises(TransportError, match="empty page from article 100"):
        read_page(feed, start=100, page_size=100)
    assert read_page(feed, start=300, page_size=100).next_mark == ""


@pytest.mark.parametrize(("start", "following"), [(0, "100"), (199, "299"), (200, ""), (201, "")])
def test_the_next_page_begins_after_this_one_unless_it_is_the_last(start: int, following: str) -> None:
    entry = b"<entry><id>http://arxiv.org/abs/2101.00001v1</id></entry>"
    feed = b"<feed><totalResults>300</totalResults>" + entry + b"</feed>"
    assert read_page(feed, start=start, page_size=100).next_mark == following


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
