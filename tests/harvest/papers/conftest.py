"""Articles: the rows of a table in, the bytes of an article that holds it out."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pytest

PROJECT = Path(__file__).parents[3]


class WriteArticle(Protocol):
    def __call__(
        self, head: str, body: str, *, caption: str = "", foot: str = "", title: str = "A study", text: str = ""
    ) -> bytes: ...


@pytest.fixture
def write_article() -> WriteArticle:
    """Return a function that writes an article around the rows of one table, T1."""

    def write(
        head: str, body: str, *, caption: str = "", foot: str = "", title: str = "A study", text: str = ""
    ) -> bytes:
        return f"""<article><front><article-meta>
            <article-id pub-id-type="doi">10.5555/12345678</article-id>
            <title-group><article-title>{title}</article-title></title-group></article-meta></front>
            <body><sec><title>Results</title><p>{text}</p>
            <table-wrap id="T1"><label>Table 1</label><caption><p>{caption}</p></caption>
            <table><thead>{head}</thead><tbody>{body}</tbody></table>
            <table-wrap-foot>{foot}</table-wrap-foot></table-wrap></sec></body>
            <back><ref-list><ref id="B1"><label>1</label><mixed-citation>Bond 1965
            <pub-id pub-id-type="doi">10.1063/1.1703106</pub-id></mixed-citation></ref></ref-list></back>
            </article>""".encode()

    return write


@pytest.fixture(scope="session")
def sample() -> bytes:
    return (PROJECT / "data/samples/papers/refractive-index-review.xml").read_bytes()
