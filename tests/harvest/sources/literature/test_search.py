"""What the searches for articles share: old locks still match, and whatever a service does, a walk ends and says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from harvest.errors import IncompleteError
from harvest.registry import load_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Article, Harvested, Library, WebService

    Search = Callable[..., Harvested]

SOURCES = ("arxiv", "crossref", "europe_pmc", "openalex")
SHORTEST: dict[str, dict[str, Any]] = {
    "arxiv": {"query": "all:oxides"},
    "crossref": {"query": "oxides", "mailto": "a@b.org"},
    "europe_pmc": {"query": "oxides"},
    "openalex": {"search": "oxides"},
}
EVERYTHING = {"limit": 7, "page_size": 25, "licence": "CC0-1.0", "sentences": True, "closed_texts": "facts"}
COPY = "http://127.0.0.1:1/copy"
OTHER_COPY = "http://127.0.0.2:1/other"


@pytest.fixture
def five(article: type[Article]) -> list[Article]:
    return [article(f"10.5555/{n}", f"3.{n}", f"PMC{n}", arxiv_id=f"2101.0000{n}v1") for n in range(1, 6)]


# Taken before the four queries had a common base: a lock that holds one of them has to match for ever.
@pytest.mark.parametrize(
    ("source", "options", "fingerprint"),
    [
        ("arxiv", {}, "02b9f4490ebfc836939d22ca81e2e7d5f291b0083e1eb7e08f6806683a00cd5c"),
        (
            "arxiv",
            {"oai_url": OTHER_COPY, **EVERYTHING},
            "7587ee9a68ce136e19e1688e45e1deed5d6592744ef19041b4f556f808d64d57",
        ),
        ("crossref", {}, "d0b3cfa04a0626ac7ef81867a70bad4190cbc586d82db5b23127a193b8ca5bbc"),
        (
            "crossref",
            {"filter": {"type": "x"}, "text_hosts": ["x.org"], "europe_pmc_url": OTHER_COPY, **EVERYTHING},
            "d9ef560ac00cb17034838c26beddd5b5139fc8e75426a3f29e53321665cc2f5b",
        ),
        ("europe_pmc", {}, "e5c723bdb70dbb2677eadb063fe45479427563634e0d24bb07449fa4569bf8af"),
        ("europe_pmc", EVERYTHING, "9e8cd912af1759347609c8502d9d5964ec9517ed02602766503090ff3388c6f3"),
        ("openalex", {}, "0c582678cd3736ad35b242deb3229fa23b4f2d4db079ff3966218ca1dbf850e3"),
        (
            "openalex",
            {"filter": "type:article", "europe_pmc_url": OTHER_COPY, **EVERYTHING},
            "4b441a277583e89745bb264e5ba95bd98eb7955dce217b5f9cfe0e2251f866f5",
        ),
    ],
)
def test_a_query_has_the_fingerprint_that_it_always_had(
    source: str, options: dict[str, Any], fingerprint: str, tmp_path: Path
) -> None:
    copy = {"base_url": COPY} if options else {}
    plan = load_source(source).plan("a", SHORTEST[source] | options | copy, tmp_path)
    assert plan.fingerprint == fingerprint


@pytest.mark.parametrize(
    ("source", "hosts"),
    [
        ("arxiv", {"export.arxiv.org", "oaipmh.arxiv.org"}),
        ("crossref", {"api.crossref.org", "www.ebi.ac.uk"}),
        ("europe_pmc", {"www.ebi.ac.uk"}),
        ("openalex", {"api.openalex.org", "www.ebi.ac.uk"}),
    ],
)
def test_a_plan_names_the_hosts_that_are_asked_and_the_licence_of_the_recipe(
    source: str, hosts: set[str], tmp_path: Path
) -> None:
    plan = load_source(source).plan("a", SHORTEST[source] | {"licence": "CC-BY-SA-4.0"}, tmp_path)
    assert (plan.hosts, plan.about.licence) == (hosts, "CC-BY-SA-4.0")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("changed", [{"limit": 0}, {"page_size": 0}, {"closed_texts": "keep"}, {"licence": "free"}])
def test_options_that_do_not_fit_are_refused(source: str, changed: dict[str, object], tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        load_source(source).plan("a", SHORTEST[source] | changed, tmp_path)


@pytest.mark.parametrize(
    ("source", "empty"),
    [("arxiv", "query"), ("crossref", "query"), ("europe_pmc", "query"), ("openalex", "search")],
)
def test_a_query_that_asks_for_everything_is_refused(source: str, empty: str, tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        load_source(source).plan("a", SHORTEST[source] | {empty: ""}, tmp_path)


@pytest.mark.parametrize("source", SOURCES)
def test_a_plan_of_another_connector_is_named(source: str, tmp_path: Path) -> None:
    other = SOURCES[SOURCES.index(source) - 1]
    plan = load_source(other).plan("a", SHORTEST[other], tmp_path)
    with pytest.raises(TypeError, match="Query was expected, got "):
        load_source(source).fetch(plan, None)  # type: ignore[arg-type]  — it is not asked


@pytest.mark.parametrize("source", SOURCES)
def test_every_article_is_asked_for_once_and_its_own_licence_stands_with_its_rows(
    source: str, search: Search, five: list[Article], web_service: WebService
) -> None:
    done = search(source, *five)
    assert [row["source_id"].partition("#")[2] for row in done.tables["entries"]] == ["ZnO"] * 5
    assert {row["licence"] for row in done.tables["entries"]} == {"CC-BY-4.0"}
    assert [done.values(name)["band_gap"]["value"] for name in done.ids] == [3.1, 3.2, 3.3, 3.4, 3.5]
    assert len({path for path, _body in web_service.asked}) == len(web_service.asked)


@pytest.mark.parametrize("source", SOURCES)
def test_no_more_articles_than_asked_for(
    source: str, search: Search, five: list[Article], web_service: WebService
) -> None:
    done = search(source, *five, limit=3)
    assert done.source.complete
    assert len(done.ids) == 3
    assert sum("fullTextXML" in path or "e-print" in path for path, _body in web_service.asked) == 3


@pytest.mark.parametrize("source", SOURCES)
def test_fewer_articles_than_promised_are_an_incomplete_harvest(
    source: str, search: Search, five: list[Article]
) -> None:
    with pytest.raises(IncompleteError, match="6 articles promised, 1 distinct ones received"):
        search(source, five[0], five[0], there={"promised": 6}, limit=6, page_size=6)


@pytest.mark.parametrize("source", SOURCES)
def test_a_service_that_goes_in_a_circle_is_left(
    source: str, search: Search, five: list[Article], web_service: WebService
) -> None:
    with pytest.raises(IncompleteError, match="100 articles promised, 2 distinct ones received"):
        search(source, *five, there={"promised": 1000, "circles": True})
    assert len(web_service.asked) <= 4 + 2 * 2


@pytest.mark.parametrize("source", SOURCES)
def test_a_text_that_is_refused_is_noted_and_the_walk_goes_on(source: str, search: Search, five: list[Article]) -> None:
    refused = {"/epmc/PMC1/fullTextXML": 404, "/arxiv/e-print/2101.00001v1": 403}
    done = search(source, *five[:2], there={"refused": refused})
    assert [done.values(name)["band_gap"]["value"] for name in done.ids] == [3.2]
    (reason,) = done.rejected.values()
    assert reason.startswith("no text of ")
    assert "status 40" in reason


@pytest.mark.parametrize("source", SOURCES)
def test_of_closed_texts_the_facts_are_kept_where_the_recipe_says_so_and_else_nothing(
    source: str, search: Search, article: type[Article]
) -> None:
    closed = article("10.5555/a", "3.1", "PMC1", own_licence="", licence="https://x.org/mine", arxiv_id="2101.00001v1")
    skipped = search(source, closed)
    assert skipped.ids == []
    assert "closed" in " ".join(skipped.rejected.values())
    (row,) = search(source, closed, closed_texts="facts").tables["entries"]
    assert dict(row["labels"])["text"].startswith("text not kept: licence NOASSERTION")


@pytest.mark.parametrize("source", SOURCES)
def test_an_answer_of_another_form_is_asked_for_again(
    source: str, library: Callable[..., Library], run_harvest: Search, five: list[Article], web_service: WebService
) -> None:
    there, busy = library(*five), b"<html><p>We are busy."

    def answer(path: str, body: bytes) -> tuple[int, bytes]:
        is_first = [asked for asked, _body in web_service.asked].count(path) == 1
        return (200, busy) if is_first else there.answer(path, body)

    web_service.answer = answer
    done = run_harvest(source, **there.options(source))
    assert (len(done.ids), done.rejected) == (5, {})
