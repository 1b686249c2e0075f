"""The walk through a search: where it ends, what it asks for, and what it says is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harvest.literature.answers import Listed, SearchPage
from harvest.literature.articles import About
from harvest.literature.search import walk
from harvest.source import Page, RawObject, Request
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator


class PlainDoor:
    """Returns the mark of each page that is asked for as its bytes, and keeps nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def get(self, request: Request, **_: Any) -> RawObject:  # noqa: ANN401 — the check, which has nothing to refuse here
        self.asked.append(request.uri)
        return RawObject("0" * 64, request.uri.encode(), "text/plain", request.uri, request.key)


def page(ids: str, following: str = "", promised: int | None = None) -> SearchPage:
    """Return a page of articles with ids of one letter; those in capitals are refused."""
    articles = (Listed(Pointer(steps=()), About(each.lower()), "retracted" * each.isupper()) for each in ids)
    return SearchPage(tuple(articles), promised, following)


def walked(pages: dict[str, SearchPage], *, limit: int = 100) -> tuple[list[str], str]:
    """Return what was asked for, marks of pages and ids of articles in their order, and what is missing."""
    door = PlainDoor()

    def texts(article: Listed) -> Iterator[Page]:
        yield Page(door.get(Request(article.about.id)))

    read = dict(pages).__getitem__
    found = list(walk(door, limit=limit, request=Request, read=lambda mark, _payload: read(mark), texts=texts))  # type: ignore[arg-type]
    return door.asked, "; ".join(each.missing for each in found if each.missing)


def test_each_page_is_followed_by_its_texts_and_refused_articles_have_none() -> None:
    assert walked({"*": page("aB", "2", 3), "2": page("c", "", 3)}) == (["*", "a", "2", "c"], "")


def test_an_article_that_comes_again_is_not_asked_for_again() -> None:
    assert walked({"*": page("aab", "2"), "2": page("bc")})[0] == ["*", "a", "b", "2", "c"]


def test_the_first_page_says_how_many_there_are() -> None:
    said = walked({"*": page("a", "2", 3), "2": page("b", "", 2)})[1]
    assert said == "3 articles promised, 2 distinct ones received"


def test_no_more_is_promised_than_is_asked_for() -> None:
    assert walked({"*": page("abc", "2", 9)}, limit=2) == (["*", "a", "b"], "")


def test_an_empty_page_is_the_last_one_wherever_it_leads() -> None:
    assert walked({"*": page("a", "2", 2), "2": page("", "3")})[0] == ["*", "a", "2"]


def test_a_mark_that_came_before_ends_the_walk() -> None:
    asked, said = walked({"*": page("a", "2", 9), "2": page("b", "3"), "3": page("c", "2")})
    assert asked == ["*", "a", "2", "b", "3", "c"]
    assert said == "9 articles promised, 3 distinct ones received"


def test_three_pages_in_a_row_without_a_new_article_end_the_walk_and_two_do_not() -> None:
    old = {str(number): page("a", str(number + 1)) for number in (2, 3, 5, 6, 7, 8)}
    asked, _said = walked({"*": page("a", "2"), "4": page("b", "5"), **old})
    assert asked == ["*", "a", "2", "3", "4", "b", "5", "6", "7"]
