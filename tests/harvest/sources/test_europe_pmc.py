"""Europe PMC: the search is walked to its end, each open article is asked for once, and its tables become records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from harvest.errors import ContractError, TransportError
from harvest.source import RawObject, Rejected
from harvest.sources.europe_pmc import EuropePmcSource, _answer, _article
from harvest.testing import SourceContract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import WebService


def article(name: str, gap: str) -> bytes:
    licence = "http://creativecommons.org/licenses/by/4.0/"
    ids = (
        f'<article-id pub-id-type="pmcid">{name}</article-id><article-id pub-id-type="doi">10.5555/{name}</article-id>'
    )
    head, body = "<tr><th>Compound</th><th>Band gap (eV)</th></tr>", f"<tr><td>ZnO</td><td>{gap}</td></tr>"
    table = f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"
    return f"""<?xml version="1.0"?><article><front><article-meta>{ids}
        <permissions><license><p>{licence}</p></license></permissions></article-meta></front>
        <body><table-wrap id="T1"><caption><p>Gaps</p></caption>{table}</table-wrap></body></article>""".encode()


ARTICLES = {f"PMC{number}": article(f"PMC{number}", f"3.{number}") for number in range(1, 6)}


def service() -> Callable[[str, bytes], tuple[int, bytes]]:
    """Answer as Europe PMC does: two results a page, a mark for the next one, and texts by id."""

    def answer(path: str, _body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(path)
        if not parts.path.endswith("/search"):
            return 200, ARTICLES[parts.path.split("/")[-2]]
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        start = 0 if asked["cursorMark"] == "*" else int(asked["cursorMark"])
        size = int(asked["pageSize"])
        names = list(ARTICLES)[start : start + size]
        body = {
            "version": "6.9",
            "hitCount": len(ARTICLES),
            "nextCursorMark": str(min(start + size, len(ARTICLES))),
            "resultList": {"result": [{"id": name, "source": "PMC", "pmcid": name} for name in names]},
        }
        return 200, json.dumps(body).encode()

    return answer


class TestContract(SourceContract):
    source = EuropePmcSource

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    @pytest.fixture
    def options(self, web_service: WebService) -> dict[str, Any]:
        web_service.answer = service()
        return {"base_url": web_service.origin, "query": '"band gap"', "page_size": 2}


class FetchingDoor:
    """A door that asks a service in memory and remembers what for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answer = service()

    def get(self, request: Any, *, check: Callable[[bytes], object] | None = None) -> RawObject:  # noqa: ANN401 — a Request
        self.asked.append(request.uri)
        _status, payload = self.answer(request.uri, b"")
        if check is not None:
            check(payload)
        return RawObject("0" * 64, payload, request.media_type, request.uri, request.key)


def walk(tmp_path: Path, **options: object) -> tuple[list[str], list[Any]]:
    source, door = EuropePmcSource(), FetchingDoor()
    plan = source.plan("a", {"query": "oxides", "page_size": 2, **options}, tmp_path)
    pages = list(source.fetch(plan, door))  # type: ignore[arg-type] — the members that this source uses
    return door.asked, [item for page in pages if page.has_records for item in source.parse(plan, page.raw)]


def test_every_article_is_asked_for_once_and_only_open_ones(tmp_path: Path) -> None:
    asked, records = walk(tmp_path)
    texts = [uri for uri in asked if uri.endswith("/fullTextXML")]
    assert [uri.split("/")[-2] for uri in texts] == list(ARTICLES)
    assert all("OPEN_ACCESS" in uri for uri in asked if "/search" in uri)
    assert [(record.source_id, record.licence) for record in records] == [
        (f"10.5555/{name}#ZnO", "CC-BY-4.0") for name in ARTICLES
    ]


def test_no_more_articles_than_asked_for(tmp_path: Path) -> None:
    asked, _records = walk(tmp_path, limit=3)
    assert sum(uri.endswith("/fullTextXML") for uri in asked) == 3


def test_an_article_that_cannot_be_read_is_rejected_as_a_whole(tmp_path: Path) -> None:
    source = EuropePmcSource()
    plan = source.plan("a", {"query": "oxides"}, tmp_path)
    raw = RawObject("0" * 64, b"<article>", "application/jats+xml", "https://x/rest/PMC9/fullTextXML", "k")
    (item,) = source.parse(plan, raw)
    assert isinstance(item, Rejected)
    assert (item.source_id, item.reasons[0][:10]) == ("PMC9", "unreadable")


def test_what_is_no_answer_is_named() -> None:
    with pytest.raises(TransportError, match="no JSON"):
        _answer(b'{"resultList": ')
    with pytest.raises(ContractError, match="resultList"):
        _answer(b'{"errMsg": "bad query"}')
    with pytest.raises(TransportError, match="no whole article"):
        _article(b"<article><body>")


def test_an_article_without_a_known_licence_is_rejected(tmp_path: Path) -> None:
    source = EuropePmcSource()
    plan = source.plan("a", {"query": "oxides"}, tmp_path)
    silent = ARTICLES["PMC1"].replace(b"creativecommons.org", b"example.org")
    (item,) = source.parse(plan, RawObject("0" * 64, silent, "application/jats+xml", "https://x/PMC1/fullTextXML", "k"))
    assert isinstance(item, Rejected)
    assert "no licence" in item.reasons[0]


def test_an_empty_query_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValidationError):
        EuropePmcSource().plan("a", {"query": ""}, tmp_path)
