"""A language model as a reader of tables, by recipe and by command: proven, marked, and its key stands nowhere."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from curation.cli import make_app
from harvest.console import run_app
from harvest.errors import ContractError
from harvest.runner import Mode
from harvest.secret import secret_of
from harvest.sources.article_files import ArticleFilesSource
from harvest.testing import SourceContract

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Article, WebService

    from harvest.store import Store

KEY = "a-planted-key-of-the-model"
CLAIM = {"row": 1, "col": 1, "text": "3.37", "material": "ZnO", "property": "Band gap (eV)", "unit": "eV"}
INVENTED = CLAIM | {"text": "3.73"}


@pytest.fixture
def model(web_service: WebService, monkeypatch: pytest.MonkeyPatch) -> str:
    """Serve a model that makes one claim that is printed and one that is not; return its address."""
    content = json.dumps([CLAIM, INVENTED])
    answer = {"choices": [{"message": {"role": "assistant", "content": content}}], "echo": KEY}
    web_service.answer = lambda _path, _body: (200, json.dumps(answer).encode())
    monkeypatch.setenv("MATGRANARY_LLM_KEY", KEY)
    return f"{web_service.origin}/v1"


@pytest.fixture
def project(tmp_path: Path, article: type[Article], model: str) -> Path:
    (tmp_path / "a.xml").write_bytes(article("10.5555/a", "3.37").text)
    recipe = f"""
[dataset]
name = "gaps"
title = "Gaps"
licence = "CC-BY-4.0"
[[papers]]
name = "papers"
files = "a.xml"
licence = "CC-BY-4.0"
llm = {{ base_url = "{model}", model = "small-1", requests_per_second = 1000 }}
"""
    (tmp_path / "recipe.toml").write_text(recipe, encoding="utf-8")
    return tmp_path


class TestContract(SourceContract):
    source = ArticleFilesSource

    @pytest.fixture
    def folder(self, project: Path) -> Path:
        return project

    @pytest.fixture
    def options(self, model: str) -> dict[str, Any]:
        llm = {"base_url": model, "model": "small-1", "requests_per_second": 1000.0}
        return {"files": "a.xml", "licence": "CC-BY-4.0", "llm": llm}


def tables(store: Store, recipe: Path, **mode: bool) -> dict[str, list[dict[str, Any]]]:
    (source,) = store.harvest(recipe, mode=Mode(**mode)).records.sources
    names = ("entries", "properties", "rejected")
    return {name: pq.read_table(store.folder / source.folder / f"{name}.parquet").to_pylist() for name in names}


def test_records_of_the_model_stand_apart_and_bear_its_name(store: Store, project: Path) -> None:
    found = tables(store, project / "recipe.toml")
    extractors = {row["source_id"]: dict(row["labels"]).get("extractor") for row in found["entries"]}
    assert extractors == {"10.5555/a#ZnO": None, "10.5555/a#ZnO (model small-1)": "model small-1"}
    assert [(row["value"], row["confidence"] is None) for row in found["properties"]] == [(3.37, False), (3.37, True)]
    (dropped,) = found["rejected"]
    assert any("became no value" in reason for reason in dropped["reasons"])


def test_the_answer_is_archived_and_replayed_without_the_service(
    store: Store, project: Path, web_service: WebService
) -> None:
    first = tables(store, project / "recipe.toml")
    assert len(web_service.asked) == 1
    web_service.answer = lambda _path, _body: (500, b"gone")
    for path in (store.folder / "records").rglob("*.parquet"):
        path.unlink()
    for path in (store.folder / "records").rglob("manifest.json"):
        path.unlink()
        path.parent.rmdir()
    assert tables(store, project / "recipe.toml", offline=True) == first
    assert len(web_service.asked) == 1


def test_the_key_is_sent_and_stands_nowhere(store: Store, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables(store, project / "recipe.toml")
    held = b"".join(path.read_bytes() for path in store.folder.rglob("*") if path.is_file())
    held += b"".join(gzip.decompress(path.read_bytes()) for path in store.folder.rglob("*.warc.gz"))
    assert KEY.encode() not in held
    assert KEY not in "".join(capsys.readouterr())


def test_the_key_is_shown_to_the_model_as_a_bearer_token(project: Path, model: str) -> None:
    source = ArticleFilesSource()
    llm = {"base_url": model, "model": "small-1"}
    plan = source.plan("a", {"files": "a.xml", "licence": "CC-BY-4.0", "llm": llm}, project)
    assert secret_of(source.card, plan.key_card).headers == {"Authorization": f"Bearer {KEY}"}
    assert plan.hosts == {model.removeprefix("http://").removesuffix("/v1")}


def test_a_model_that_refuses_ends_the_harvest_and_is_asked_anew(
    store: Store, project: Path, web_service: WebService
) -> None:
    good, web_service.answer = web_service.answer, lambda _path, _body: (401, f"no such key: {KEY}".encode())
    with pytest.raises(ContractError, match="gives no answer") as refused:
        tables(store, project / "recipe.toml")
    assert KEY not in str(refused.value)
    web_service.answer = good
    assert len(tables(store, project / "recipe.toml")["properties"]) == 2


def command(*words: str | Path) -> int:
    return run_app(make_app(), ["extract", *map(str, words)])


def test_the_command_marks_what_the_model_read_and_names_what_it_invented(
    project: Path, model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(project / "a.xml", "--llm", model, "--llm-model", "small-1", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    read_by = [(row["extractor"], row["value"], row["confidence"] is None) for row in answer["records"]]
    assert read_by == [("rules", 3.37, False), ("model small-1", 3.37, True)]
    (remark,) = answer["remarks"]
    assert "dropped, as the cell prints '3.37'" in remark["remark"]
    assert KEY not in json.dumps(answer)


def test_a_model_that_refuses_costs_no_value_of_the_rules(
    project: Path, model: str, web_service: WebService, capsys: pytest.CaptureFixture[str]
) -> None:
    web_service.answer = lambda _path, _body: (401, f"no such key: {KEY}".encode())
    assert command(project / "a.xml", "--llm", model, "--llm-model", "small-1", "--json") == 3
    said = capsys.readouterr()
    answer = json.loads(said.out)
    assert [row["extractor"] for row in answer["records"]] == ["rules"]
    assert "the model could not be asked" in answer["problems"][0]["reason"]
    assert KEY not in said.out + said.err


def test_half_a_model_is_an_error_of_usage(project: Path, model: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(project / "a.xml", "--llm", model) == 2
    assert "--llm-model" in capsys.readouterr().err


def test_a_closed_text_is_shown_to_no_model(tmp_path: Path, article: type[Article]) -> None:
    (tmp_path / "a.xml").write_bytes(article("10.5555/a").text)
    llm = {"base_url": "http://127.0.0.1:1/v1", "model": "small-1"}
    options: dict[str, Any] = {"files": "a.xml", "licence": "CC-BY-4.0", "keep_text": False, "llm": llm}
    with pytest.raises(ValidationError, match="not for texts that may not be kept"):
        ArticleFilesSource().plan("a", options, tmp_path)


def test_plans_of_recipes_that_ask_for_nothing_new_are_what_they_were(tmp_path: Path, article: type[Article]) -> None:
    (tmp_path / "a.xml").write_bytes(article("10.5555/a").text)
    plan = ArticleFilesSource().plan("a", {"files": "a.xml", "licence": "CC-BY-4.0"}, tmp_path)
    assert plan.query.model_dump(mode="json") == {"pattern": "a.xml"}
    assert plan.hosts == frozenset()
