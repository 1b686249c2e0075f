"""`extract DOI`: an open text is found and read; what is closed or out of reach says what was tried and what to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from curation.cli import make_app
from harvest.console import run_app
from harvest.http import Patience
from harvest.literature.extracting import outcomes, planned_requests, read_arguments

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Article, Library, WebService

    Open = Callable[..., Library]

TDM = "https://www.elsevier.com/tdm/userlicense/1.0/"
DISTRIBUTE = "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"
ONCE = Patience(attempts=1, connect_seconds=2.0, read_seconds=2.0)


def at(there: Library) -> list[str]:
    paths = {"crossref": "crossref", "europe_pmc": "epmc", "arxiv": "arxiv", "arxiv_oai": "oai"}
    return [f"{name}={there.origin}/{path}" for name, path in paths.items()]


def looked_up(there: Library, *dois: str) -> dict[str, Any]:
    return {item.name: item for item in outcomes(read_arguments(dois, at=at(there)), patience=ONCE)}


def test_an_open_text_is_found_read_and_its_origin_told(library: Open, article: type[Article]) -> None:
    there = library(article("10.5555/a", "3.1", "PMC1", updates=(("correction", "10.5555/n"),)))
    found = looked_up(there, "https://doi.org/10.5555/A")["10.5555/a"]
    assert [(row["doi"], row["value"], row["material"], row["extractor"]) for row in found.rows] == [
        ("10.5555/a", 3.1, "ZnO", "rules")
    ]
    assert "PMC1/fullTextXML, CC-BY-4.0" in found.remarks[0]
    assert found.remarks[1] == "correction: 10.5555/n"


def test_a_preprint_is_read_under_its_own_name(library: Open, article: type[Article]) -> None:
    there = library(article("10.5555/a", "3.1", arxiv_id="2101.00001v2"))
    (row,) = looked_up(there, "10.5555/a")["10.5555/a"].rows
    assert (row["document"], row["value"]) == ("arXiv:2101.00001v2", 3.1)
    (row,) = looked_up(there, "10.48550/arXiv.2101.00001v2")["10.48550/arxiv.2101.00001v2"].rows
    assert row["document"] == "arXiv:2101.00001v2"


def test_the_publisher_is_asked_last_and_under_an_open_licence_only(
    library: Open, article: type[Article], web_service: WebService
) -> None:
    there = library(
        article("10.5555/a", "3.1", own_licence="", link="/publisher/a"),
        article("10.5555/b", "3.2", licence=TDM, link="/publisher/b"),
    )
    found = looked_up(there, "10.5555/a", "10.5555/b")
    assert len(found["10.5555/a"].rows) == 1
    assert "its licence is closed" in found["10.5555/b"].reason
    assert not any(path == "/publisher/b" for path, _body in web_service.asked)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"licence": TDM}, "no open licence among https://www.elsevier.com"),
        ({"start": "2026-06-02"}, "only from 2026-06-02"),
        ({"updates": (("retraction", "10.5555/n"),), "pmcid": "PMC1"}, "retracted (retraction: 10.5555/n)"),
        ({"arxiv_id": "2101.00001v1", "licence": DISTRIBUTE}, "nonexclusive-distrib"),
        ({}, "Crossref has no link to the text"),
    ],
)
def test_what_cannot_be_read_says_what_was_tried_and_what_to_do(
    library: Open, article: type[Article], changed: dict[str, Any], says: str
) -> None:
    there = library(article("10.5555/a", **changed))
    found = looked_up(there, "10.5555/a")["10.5555/a"]
    assert found.rows == ()
    assert says in found.reason
    assert "download the file and run `matgranary extract FILE`" in found.reason
    assert not found.is_temporary


def test_a_service_that_is_down_may_be_asked_later_and_the_rest_goes_on(library: Open, article: type[Article]) -> None:
    there = library(article("10.5555/a", "3.1", "PMC1"), article("10.5555/b", "3.2", "PMC2"))
    there.refused["/epmc/PMC1/fullTextXML"] = 503
    found = looked_up(there, "10.5555/a", "10.5555/b")
    assert found["10.5555/a"].is_temporary
    assert found["10.5555/a"].reason.endswith("try again later")
    assert len(found["10.5555/b"].rows) == 1


def test_a_text_that_contradicts_its_registered_licence_is_not_read(library: Open, article: type[Article]) -> None:
    other = "http://creativecommons.org/licenses/by-nc/4.0/"
    there = library(article("10.5555/a", "3.1", "PMC1", own_licence=other))
    assert "no open licence of its own" in looked_up(there, "10.5555/a")["10.5555/a"].reason


def test_files_come_first_and_a_file_that_is_called_like_a_doi_is_a_file(
    library: Open, article: type[Article], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = library(article("10.5555/a", "3.1", "PMC1"))
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "10.5555" / "a"
    file.parent.mkdir()
    file.write_bytes(article("10.5555/z", "9.9").text)
    asked = read_arguments(["10.5555/a", "10.5555/b"], at=at(there))
    assert ([str(path) for path in asked.files], asked.dois) == (["10.5555/a"], ("10.5555/b",))


def test_a_dry_run_names_the_requests_and_asks_nobody(
    library: Open, article: type[Article], web_service: WebService
) -> None:
    there = library(article("10.5555/a", "3.1", "PMC1"))
    asked = read_arguments(["10.5555/a", "10.48550/arXiv.2101.00001"], at=at(there))
    requests = planned_requests(asked)
    assert [request.split("?")[0].removeprefix(f"GET {there.origin}") for request in requests] == [
        "/crossref/works/10.5555%2Fa",
        "/epmc/search",
        "/oai",
        "/arxiv/e-print/2101.00001",
    ]
    assert web_service.asked == []


def test_the_command_tells_problems_apart_by_its_exit_code(
    library: Open, article: type[Article], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = library(article("10.5555/a", "3.1", "PMC1"), article("10.5555/b", licence=TDM))
    options = [word for each in at(there) for word in ("--at", each)]
    out = tmp_path / "records.jsonl"
    code = run_app(make_app(), ["extract", "10.5555/a", "10.5555/b", *options, "--out", str(out), "--json"])
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert (code, answer["records"]) == (3, 1)
    assert [problem["document"] for problem in answer["problems"]] == ["10.5555/b"]
    assert "10.5555/b: no open text was found" in said.err
    assert json.loads(out.read_text(encoding="utf-8"))["doi"] == "10.5555/a"


def test_what_is_neither_file_nor_doi_is_an_error_of_usage_on_the_command_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_app(make_app(), ["extract", "nowhere.xml"]) == 2
    assert "nowhere.xml is neither a file nor a folder nor a DOI" in capsys.readouterr().err


def test_without_a_network_every_article_says_so_and_each_host_is_waited_for_once(
    library: Open, article: type[Article], web_service: WebService
) -> None:
    there = library(article("10.5555/a"))
    nobody = ["crossref=http://127.0.0.1:9", "europe_pmc=http://127.0.0.1:9", "arxiv_oai=http://127.0.0.1:9"]
    asked = read_arguments(["10.5555/a", "10.5555/b", "arXiv:2101.00001"], at=nobody)
    found = list(outcomes(asked, patience=ONCE))
    assert [item.is_temporary for item in found] == [True, True, True]
    assert all("Crossref: nobody answers at 127.0.0.1:9; Europe PMC: nobody" in item.reason for item in found[:2])
    assert "publisher: not asked" in found[1].reason
    assert found[2].name == "10.48550/arxiv.2101.00001"
    assert (there.promised, web_service.asked) == (None, [])


def test_what_is_neither_file_nor_doi_and_a_service_of_another_name_are_errors_of_usage() -> None:
    with pytest.raises(FileNotFoundError, match="neither a file nor a folder nor a DOI"):
        read_arguments(["nowhere.xml"])
    with pytest.raises(ValueError, match="no service is called scopus; known are crossref"):
        read_arguments(["10.5555/a"], at=["scopus=http://127.0.0.1:1"])
