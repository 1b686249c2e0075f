"""Works of Crossref: recorded exchanges, and works with one thing set to what the format allows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harvest.errors import ContractError, TransportError
from harvest.literature.crossref import message_of, page_of, read_work
from schemas.licence import NOASSERTION

RECORDED = Path(__file__).parents[4] / "shared/data/crossref"


def item(**changed: object) -> dict[str, Any]:
    known = {"DOI": "10.5555/ABC", "title": ["Gaps of oxides"], "indexed": {"date-time": "2026-06-01T00:00:00Z"}}
    return known | changed


def recorded(name: str) -> list[dict[str, Any]]:
    path = RECORDED / f"{name}.json"
    if not path.exists():
        pytest.skip("the recorded exchanges are not here")
    exchanges = json.loads(path.read_text(encoding="utf-8"))
    messages = [message_of(json.dumps(each["body"]).encode()) for each in exchanges]
    return [work for message in messages for work in message.get("items", [message])]


def test_recorded_works_are_read_and_only_creative_commons_is_open() -> None:
    works = [
        read_work(each)
        for name in ("test_cursor", "test_works_field_query_publisher_name", "test_works_with_many_ids")
        for each in recorded(name)
    ]
    assert len(works) == 45
    open_ones = {work.doi: work.licence for work in works if work.licence != NOASSERTION}
    assert open_ones["10.1038/srep16696"] == "CC-BY-4.0"
    assert open_ones["10.59350/7mtwq-q3661"] == "CC-BY-4.0"
    assert "10.1016/j.neurobiolaging.2010.03.024" not in open_ones
    assert len(open_ones) == 16


def test_recorded_links_for_mining_are_taken_and_those_for_plagiarism_checks_are_not() -> None:
    works = {work.doi: work for work in map(read_work, recorded("test_works_with_many_ids"))}
    assert [(link.media_type, link.host) for link in works["10.1038/srep16696"].links] == [
        ("text/html", "www.nature.com"),
        ("application/pdf", "www.nature.com"),
    ]
    assert works["10.1109/icdcsw.2003.1203662"].links == ()


def test_a_link_to_the_manuscript_is_not_taken_for_the_article() -> None:
    link = {"URL": "https://x.org/a", "content-type": "text/html", "intended-application": "text-mining"}
    links = [link | {"content-version": "am", "URL": "https://x.org/draft"}, link | {"content-version": "vor"}]
    assert [each.address for each in read_work(item(link=links)).links] == ["https://x.org/a"]


def test_a_retraction_ends_a_work_and_a_correction_is_noted() -> None:
    updates = [{"type": "retraction", "DOI": "10.5555/n1"}, {"type": "correction", "DOI": "10.5555/n2"}]
    work = read_work(item(**{"updated-by": updates}))
    assert work.retracted == "retraction: 10.5555/n1"
    assert work.notices == ("correction: 10.5555/n2",)


@pytest.mark.parametrize(
    "changed",
    [
        {"update-to": [{"type": "retraction", "DOI": "10.5555/x"}]},
        {"title": ["RETRACTED: Gaps of oxides"]},
        {"title": ["Retraction note to: Gaps of oxides"]},
    ],
)
def test_a_notice_is_no_article(changed: dict[str, object]) -> None:
    assert read_work(item(**changed)).retracted


def test_a_preprint_is_found_by_its_relation() -> None:
    relation = {"has-preprint": [{"id-type": "doi", "id": "10.48550/arXiv.2101.00001"}]}
    assert read_work(item(relation=relation)).arxiv_id == "2101.00001"


@pytest.mark.parametrize(
    "hostile",
    [None, [], "work", {}, {"DOI": 7}, item(license="CC-BY"), item(indexed=None), item(link=[1]), item(relation=[2])],
)
def test_a_work_of_another_form_is_named_alone(hostile: object) -> None:
    with pytest.raises(ValueError, match="work"):
        read_work(hostile)


def test_what_is_no_answer_is_named() -> None:
    with pytest.raises(TransportError, match="no JSON"):
        message_of(b'{"status": "ok", "mess')
    with pytest.raises(ContractError, match="without status ok"):
        message_of(b'{"status": "failed", "message": [{"type": "parameter-not-allowed"}]}')
    with pytest.raises(ContractError, match="total-results"):
        page_of(b'{"status": "ok", "message": {"items": []}}')
