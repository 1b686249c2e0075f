"""OpenAlex as a source: its key goes to its own host alone, its words on licences decide nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harvest.errors import ContractError, CredentialsError, IncompleteError, TransportError
from harvest.literature.openalex import page_of, read_work
from harvest.secret import secret_of
from harvest.sources.openalex import OpenalexSource
from harvest.testing import SourceContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Article, Harvested, Library

    Open = Callable[..., Library]
    Run = Callable[..., Harvested]


class TestContract(SourceContract):
    source = OpenalexSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def options(self, library: Open, article: type[Article]) -> dict[str, Any]:
        there = library(*(article(f"10.5555/{n}", f"3.{n}", f"PMC{n}") for n in range(1, 6)))
        return there.options("openalex")


def test_the_text_decides_on_its_licence_and_retracted_works_are_out(
    library: Open, article: type[Article], prove_replay: Run
) -> None:
    there = library(
        article("10.5555/a", "3.1", "PMC1"),
        article("10.5555/b", "3.2", "PMC2", own_licence=""),
        article("10.5555/c", "3.3", "PMC3", updates=(("retraction", "10.5555/n"),)),
        article("10.5555/d", "3.4"),
    )
    done = prove_replay("openalex", **there.options("openalex"))
    assert done.ids == ["10.5555/a#ZnO"]
    assert done.entry("10.5555/a#ZnO")["licence"] == "CC-BY-4.0"
    assert done.rejected["10.5555/c"] == "retracted: OpenAlex says so"
    assert done.rejected["10.5555/d"].startswith("no open text")
    assert "closed" in done.rejected["10.5555/b"]


def test_fewer_works_than_promised_are_an_incomplete_harvest(
    library: Open, article: type[Article], run_harvest: Run
) -> None:
    there = library(article("10.5555/a", "3.1", "PMC1"), promised=7)
    with pytest.raises(IncompleteError, match="7 articles promised, 1 distinct ones received"):
        run_harvest("openalex", **there.options("openalex"))


def test_the_key_is_shown_to_openalex_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENALEX_API_KEY", "a-planted-key")
    source = OpenalexSource()
    plan = source.plan("a", {"search": "oxides"}, tmp_path)
    secret = secret_of(source.card, plan.key_card)
    assert "a-planted-key" in secret.on("https://api.openalex.org/works?search=oxides")
    assert secret.on("https://www.ebi.ac.uk/europepmc/x") == "https://www.ebi.ac.uk/europepmc/x"
    assert plan.hosts == {"api.openalex.org", "www.ebi.ac.uk"}


def test_a_missing_key_is_asked_for_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENALEX_API_KEY", raising=False)
    source = OpenalexSource()
    plan = source.plan("a", {"search": "oxides"}, tmp_path)
    with pytest.raises(CredentialsError, match="OPENALEX_API_KEY"):
        secret_of(source.card, plan.key_card)


@pytest.mark.parametrize("hostile", [None, [], {}, {"id": "W1", "ids": 7}, {"id": "W1", "best_oa_location": "x"}])
def test_a_work_of_another_form_is_named_alone(hostile: object) -> None:
    with pytest.raises(ValueError, match="another form"):
        read_work(hostile)


def test_what_is_no_answer_is_named() -> None:
    with pytest.raises(TransportError, match="no JSON"):
        page_of(b'{"meta": ')
    with pytest.raises(ContractError, match=r"meta\.count"):
        page_of(b'{"error": "Invalid query parameters error."}')
