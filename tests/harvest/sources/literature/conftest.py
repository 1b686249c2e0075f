"""A small library on loopback that speaks as Crossref, OpenAlex, Europe PMC and arXiv do, with known truth."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Harvested, WebService

BY = "http://creativecommons.org/licenses/by/4.0/"
# A sentence that stands in the text of every article, to be searched for in the archive.
PROSE = "The crystals were grown by a travelling heater and polished with alumina until both faces were mirror bright."
FIELDS = {"DOI", "title", "type", "license", "link", "relation", "update-to", "updated-by", "indexed"}
_WORKS = {"query.bibliographic", "filter", "rows", "cursor", "select", "mailto"}


@dataclass(frozen=True)
class Article:
    """An article of the library.

    Attributes:
        pmcid: where Europe PMC has its text.
        own_licence: the address that its text states.
        licence: the address that its publisher registered.
        start: from when on.
        updates: notices about it, as (type, DOI).
        link: path of its text at the publisher.
        arxiv_id: where it is a preprint.
    """

    doi: str
    gap: str = "3.37"
    pmcid: str | None = None
    own_licence: str = BY
    licence: str = BY
    start: str = "2020-01-01"
    updates: tuple[tuple[str, str], ...] = ()
    link: str = ""
    arxiv_id: str | None = None
    comment: str = ""

    @property
    def text(self) -> bytes:
        """Its JATS."""
        row = f"<tr><td>ZnO</td><td>{self.gap}</td></tr>"
        table = f"<table><thead><tr><th>Compound</th><th>Band gap (eV)</th></tr></thead><tbody>{row}</tbody></table>"
        stated = f"<permissions><license><p>{self.own_licence}</p></license></permissions>" if self.own_licence else ""
        doi = f'<article-id pub-id-type="doi">{self.doi}</article-id>'
        return f"""<?xml version="1.0"?><article><front><article-meta>{doi}{stated}</article-meta></front>
            <body><sec><title>Results</title><p>{PROSE}</p>
            <table-wrap id="T1"><caption><p>Gaps</p></caption>{table}</table-wrap></sec></body></article>""".encode()

    @property
    def source(self) -> bytes:
        """Its LaTeX, packed as arXiv packs it."""
        table = rf"\begin{{tabular}}{{ll}}\hline Compound & Band gap (eV) \\ \hline ZnO & {self.gap} \\ \end{{tabular}}"
        results = f"{PROSE}\n\n\\begin{{table}}\\caption{{Gaps}}\\label{{T1}}{table}\\end{{table}}\n".encode()
        main = b"\\documentclass{article}\\title{Gaps}\\begin{document}\\input{results}\\end{document}"
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            for name, content in (("main.tex", main), ("results.tex", results)):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        return gzip.compress(packed.getvalue(), mtime=0)


@dataclass
class Library:
    """The services, all at one address.

    Attributes:
        articles: all that there are.
        promised: how many the searches say that there are; as many as there are, where none.
        origin: address of the library.
        refused: path to status, for what is refused.
        circles: whether every page of a search is the first one again, under a mark of its own.
    """

    articles: tuple[Article, ...]
    origin: str
    promised: int | None = None
    refused: dict[str, int] = field(default_factory=dict)
    circles: bool = False

    def options(self, source: str) -> dict[str, Any]:
        """Return the options of a recipe that ask a service of the library."""
        europe_pmc = {"europe_pmc_url": f"{self.origin}/epmc"}
        return {
            "europe_pmc": {"base_url": f"{self.origin}/epmc", "query": "oxides"},
            "crossref": {"base_url": f"{self.origin}/crossref", "query": "oxides", "mailto": "a@b.org", **europe_pmc},
            "openalex": {"base_url": f"{self.origin}/openalex", "search": "oxides", **europe_pmc},
            "arxiv": {"base_url": f"{self.origin}/arxiv", "query": "all:oxides", "oai_url": f"{self.origin}/oai"},
        }[source] | ({"page_size": 2})

    def answer(self, path: str, _body: bytes) -> tuple[int, bytes]:
        parts = urlsplit(path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        name = unquote(parts.path)
        if name in self.refused:
            return self.refused[name], b"no"
        services = {
            "/crossref/works": self._crossref, "/crossref/works/": self._crossref_work,
            "/openalex/works": self._openalex,
            "/epmc/search": self._europe_pmc, "/arxiv/api/query": self._atom, "/oai": self._oai,
        }  # fmt: skip
        for start, service in services.items():
            if name == start or (start.endswith("/") and name.startswith(start)):
                return service(asked | {"": name.removeprefix(start)})
        return self._text(name)

    def _text(self, name: str) -> tuple[int, bytes]:
        for article in self.articles:
            if article.pmcid and name == f"/epmc/{article.pmcid}/fullTextXML":
                return 200, article.text
            if article.arxiv_id and name == f"/arxiv/e-print/{article.arxiv_id}":
                return 200, article.source
            if article.link and name == article.link:
                return 200, article.text
        return 404, b"not found"

    def _page(self, articles: list[Article], cursor: str, size: int) -> tuple[list[Article], str]:
        start = 0 if cursor == "*" else int(cursor)
        if self.circles:
            return articles[:size], str(start + size)
        return articles[start : start + size], str(min(start + size, len(articles)))

    def _count(self, there: list[Article] | tuple[Article, ...]) -> int:
        return len(there) if self.promised is None else self.promised

    def _crossref(self, asked: dict[str, str]) -> tuple[int, bytes]:
        unknown = asked.keys() - _WORKS - {""} or set(asked["select"].split(",")) - FIELDS
        if unknown or int(asked["rows"]) > 1000:
            failure = {
                "status": "failed",
                "message-type": "validation-failure",
                "message": [{"value": sorted(unknown)}],
            }
            return 400, json.dumps(failure).encode()
        found, cursor = self._page(list(self.articles), asked["cursor"], int(asked["rows"]))
        message = {
            "total-results": self._count(self.articles),
            "next-cursor": cursor,
            "items": [self._work(each) for each in found],
        }
        return 200, json.dumps({"status": "ok", "message-type": "work-list", "message": message}).encode()

    def _crossref_work(self, asked: dict[str, str]) -> tuple[int, bytes]:
        for article in self.articles:
            if article.doi == asked[""]:
                work = {"status": "ok", "message-type": "work", "message": self._work(article)}
                return 200, json.dumps(work).encode()
        return 404, b"Resource not found."

    def _work(self, article: Article) -> dict[str, Any]:
        start = {"date-time": f"{article.start}T00:00:00Z"}
        link = {"URL": self.origin + article.link, "content-type": "text/html", "content-version": "vor"}
        relation = {"has-preprint": [{"id-type": "doi", "id": f"10.48550/arXiv.{article.arxiv_id}"}]}
        return {
            "DOI": article.doi.upper(),
            "title": ["Gaps of oxides"],
            "indexed": {"date-time": "2026-06-01T00:00:00Z"},
            "license": [{"URL": article.licence, "start": start, "content-version": "vor", "delay-in-days": 0}],
            "link": [link | {"intended-application": "text-mining"}] if article.link else [],
            "updated-by": [{"type": kind, "DOI": doi} for kind, doi in article.updates],
            "relation": relation if article.arxiv_id else {},
        }

    def _openalex(self, asked: dict[str, str]) -> tuple[int, bytes]:
        found, cursor = self._page(list(self.articles), asked["cursor"], int(asked["per-page"]))
        results = [
            {
                "id": f"https://openalex.org/W{number}",
                "doi": f"https://doi.org/{each.doi}",
                "is_retracted": any(kind == "retraction" for kind, _doi in each.updates),
                "ids": {"pmcid": f"https://www.ncbi.nlm.nih.gov/pmc/articles/{each.pmcid}"} if each.pmcid else {},
                "best_oa_location": {"license": "cc-by", "landing_page_url": f"https://doi.org/{each.doi}"},
            }
            for number, each in enumerate(found)
        ]
        page = {
            "meta": {"count": self._count(self.articles), "next_cursor": cursor if found else None},
            "results": results,
        }
        return 200, json.dumps(page).encode()

    def _europe_pmc(self, asked: dict[str, str]) -> tuple[int, bytes]:
        there = [each for each in self.articles if each.pmcid]
        if "DOI:" in asked["query"]:
            there = [each for each in there if f'DOI:"{each.doi}"' in asked["query"]]
        assert "OPEN_ACCESS:y" in asked["query"]
        found, cursor = self._page(there, asked["cursorMark"], int(asked["pageSize"]))
        results = [
            {
                "id": each.pmcid,
                "pmcid": each.pmcid,
                "doi": each.doi,
                "commentCorrectionList": {
                    "commentCorrection": [{"type": f"{kind} in", "reference": doi} for kind, doi in each.updates]
                },
            }
            for each in found
        ]
        body = {
            "version": "6.9",
            "hitCount": self._count(there),
            "nextCursorMark": cursor,
            "resultList": {"result": results},
        }
        return 200, json.dumps(body).encode()

    def _atom(self, asked: dict[str, str]) -> tuple[int, bytes]:
        there = [each for each in self.articles if each.arxiv_id]
        there = there if asked["sortOrder"] == "ascending" else there[::-1]
        start = 0 if self.circles else int(asked["start"])
        found = there[start : start + int(asked["max_results"])]
        entries = "".join(
            f"<entry><id>http://arxiv.org/abs/{each.arxiv_id}</id><title>Gaps</title>"
            f'<arxiv:doi xmlns:arxiv="http://arxiv.org/schemas/atom">{each.doi}</arxiv:doi>'
            f'<arxiv:comment xmlns:arxiv="http://arxiv.org/schemas/atom">{each.comment}</arxiv:comment></entry>'
            for each in found
        )
        opensearch = "http://a9.com/-/spec/opensearch/1.1/"
        total = f'<os:totalResults xmlns:os="{opensearch}">{self._count(there)}</os:totalResults>'
        return 200, f'<feed xmlns="http://www.w3.org/2005/Atom">{total}{entries}</feed>'.encode()

    def _oai(self, asked: dict[str, str]) -> tuple[int, bytes]:
        name = asked["identifier"].removeprefix("oai:arXiv.org:")
        article = next(each for each in self.articles if (each.arxiv_id or "").rpartition("v")[0] == name)
        record = (
            f'<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{name}</id><license>{article.licence}</license></arXiv>'
        )
        body = f"<GetRecord><record><metadata>{record}</metadata></record></GetRecord>"
        return 200, f'<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{body}</OAI-PMH>'.encode()


@pytest.fixture
def article() -> type[Article]:
    return Article


@pytest.fixture
def library(web_service: WebService) -> Callable[..., Library]:
    """Return a function that opens a library of articles on loopback; it takes the other fields of `Library` too."""

    def opened(*articles: Article, **changed: Any) -> Library:  # noqa: ANN401 — fields of several types
        found = Library(articles, web_service.origin, **changed)
        web_service.answer = found.answer
        return found

    return opened


@pytest.fixture
def search(library: Callable[..., Library], prove_replay: Callable[..., Harvested]) -> Callable[..., Harvested]:
    """Return a function that harvests what a source finds in a library, and proves that it can be replayed.

    It takes the source, the articles, the other fields of `Library` as `there`, and more options of the recipe.
    """

    def searched(source: str, *articles: Article, there: dict[str, Any] | None = None, **options: object) -> Harvested:
        return prove_replay(source, **library(*articles, **there or {}).options(source) | options)

    return searched


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def options(request: pytest.FixtureRequest, library: Callable[..., Library]) -> dict[str, Any]:
    """Return the options by which the connector of a contract finds five open articles."""
    five = (Article(f"10.5555/{n}", f"3.{n}", f"PMC{n}", arxiv_id=f"2101.0000{n}v1") for n in range(1, 6))
    return library(*five).options(request.cls.source.card.name)
