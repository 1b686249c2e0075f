"""OpenAlex as a source: its key goes to its own host alone, its words on licences decide nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harvest.errors import CardError, ContractError, CredentialsError, TransportError
from harvest.literature.openalex import read_page, read_work
from harvest.secret import secret_of
from harvest.sources.openalex import OpenalexSource
from harvest.testing import SourceContract
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Article, Harvested


class TestContract(SourceContract):
    source = OpenalexSource


def test_the_text_decides_on_its_licence_and_retracted_works_are_out(
    search: Callable[..., Harvested], article: type[Article]
) -> None:
    done = search(
        "openalex",
        article("10.5555/a", "3.1", "PMC1"),
        article("10.5555/b", "3.2", "PMC2", own_licence=""),
        article("10.5555/c", "3.3", "PMC3", updates=(("retraction", "10.5555/n"),)),
        article("10.5555/d", "3.4"),
    )
    assert done.ids == ["10.5555/a#ZnO"]
    assert done.entry("10.5555/a#ZnO")["licence"] == "CC-BY-4.0"
    assert done.rejected["10.5555/c"] == "retracted: OpenAlex says so"
    assert done.rejected["10.5555/d"].startswith("no open text of 10.5555/d: Europe PMC has none; OpenAlex: cc-by")
    assert "closed" in done.rejected["10.5555/b"]


def test_the_key_is_shown_to_openalex_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENALEX_API_KEY", "a-planted-key")
    source = OpenalexSource()
    plan = source.plan("a", {"search": "oxides"}, tmp_path)
    secret = secret_of(source.card, plan.key_card)
    assert "a-planted-key" in secret.on("https://api.openalex.org/works?search=oxides")
    assert secret.on("https://www.ebi.ac.uk/europepmc/x") == "https://www.ebi.ac.uk/europepmc/x"
    assert plan.shows_key


def test_a_copy_of_openalex_is_shown_no_key(tmp_path: Path) -> None:
    copy = {"search": "oxides", "base_url": "http://127.0.0.1:1"}
    assert not OpenalexSource().plan("a", copy, tmp_path).shows_key


def test_a_card_without_a_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenalexSource, "card", OpenalexSource.card.model_copy(update={"key": None}))
    with pytest.raises(CardError, match="names no"):
        OpenalexSource().plan("a", {"search": "oxides"}, tmp_path)


def test_a_missing_key_is_asked_for_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENALEX_API_KEY", raising=False)
    source = OpenalexSource()
    plan = source.plan("a", {"search": "oxides"}, tmp_path)
    with pytest.raises(CredentialsError, match="OPENALEX_API_KEY"):
        secret_of(source.card, plan.key_card)


@pytest.mark.parametrize("hostile", [None, [], {}, {"id": "W1", "ids": 7}, {"id": "W1", "best_oa_location": "x"}])
def test_a_work_of_another_form_is_named_alone(hostile: object) -> None:
    with pytest.raises(ValueError, match="another form"):
        read_work(hostile, Pointer(steps=()))


def test_a_work_without_doi_and_text_is_not_asked_for_and_a_pmc_id_is_enough() -> None:
    place = Pointer(steps=())
    assert read_work({"id": "https://openalex.org/W1"}, place).refused.startswith("no open text: it has neither")
    found = read_work({"id": "https://openalex.org/W1", "ids": {"pmcid": "PMC7"}}, place)
    assert (found.refused, found.pmcid, found.about.id) == ("", "PMC7", "W1")


def test_what_is_no_answer_is_named() -> None:
    with pytest.raises(TransportError, match="no JSON"):
        read_page(b'{"meta": ')
    with pytest.raises(ContractError, match=r"meta\.count"):
        read_page(b'{"error": "Invalid query parameters error."}')
