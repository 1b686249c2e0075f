"""Texts of articles: what is stated of one travels with its request, and without a known licence it yields nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.literature.articles import About, ClosedTexts, TextReader, article_request
from harvest.source import RawObject, Rejected, Request
from schemas.licence import NOASSERTION

if TYPE_CHECKING:
    from conftest import Article

ADDRESS = "https://x.org/PMC1/fullTextXML"


def raw(payload: bytes, about: About) -> RawObject:
    return RawObject("0" * 64, payload, "text/xml", ADDRESS, article_request(Request(ADDRESS), about).key)


def test_what_is_stated_of_an_article_comes_back_from_the_key_of_its_request() -> None:
    about = About("10.5555/a", "CC-BY-4.0", notices='a "correction" tag={', evidence="é", link="https://x.org/a b")
    assert About.of(raw(b"", about)) == about
    assert About.of(RawObject("0" * 64, b"", "text/xml", "https://x.org/PMC1", "GET x")) == About("PMC1")


@pytest.mark.parametrize(
    ("own", "stated", "reason"),
    [
        ("", NOASSERTION, "the article states no licence that is known"),
        (
            "http://creativecommons.org/licenses/by/4.0/",
            "CC-BY-NC-4.0",
            "the article states no licence that is known: it says CC-BY-4.0, its publisher CC-BY-NC-4.0",
        ),
    ],
)
def test_a_text_without_one_known_licence_is_rejected_as_a_whole(
    article: type[Article], own: str, stated: str, reason: str
) -> None:
    text = article("10.5555/a", own_licence=own).text
    (item,) = TextReader().items(raw(text, About("10.5555/a", stated)))
    assert isinstance(item, Rejected)
    assert (item.source_id, item.reasons) == ("10.5555/a", (reason,))


@pytest.mark.parametrize(
    ("closed", "licence", "expected"),
    [
        (ClosedTexts.SKIP, "CC-BY-4.0", True),
        (ClosedTexts.SKIP, NOASSERTION, False),
        (ClosedTexts.FACTS, NOASSERTION, True),
    ],
)
def test_a_closed_text_is_of_use_where_its_facts_are_wanted(
    closed: ClosedTexts, licence: str, *, expected: bool
) -> None:
    assert TextReader(closed=closed).uses(licence) is expected


def test_a_damaged_text_is_kept_where_its_publisher_opened_it_and_else_forgotten() -> None:
    damaged = b"<article><body>a sentence"
    assert TextReader().kept(damaged, About("10.5555/a", "CC-BY-4.0")) == damaged
    kept = TextReader().kept(damaged, About("10.5555/a"))
    assert b"a sentence" not in kept
    assert b"unreadable" in kept
