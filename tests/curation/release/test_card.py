from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from datetime import date
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from markdown_it import MarkdownIt

from curation import Dataset
from curation.datasets.layout import read_manifest
from curation.release.attribution import attribution, licence_table
from curation.release.card import readme
from curation.release.facts import Facts, collect
from curation.release.metadata.citation import bibtex, citation_file
from curation.release.terms import ReleaseTerms

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.dataset import Manifest

EVIL = "javascript:alert(1)"


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs).get("href") or ""))


def tags(markdown: str) -> list[tuple[str, str]]:
    """Return the tags of a page as a reader that trusts everything would show it."""
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    reader.validateLink = bool  # type: ignore[method-assign]
    found = Tags()
    found.feed(reader.render(markdown))
    return found.seen


def retold(folder: Path, **changes: Any) -> Dataset:  # noqa: ANN401 — fields of the manifest
    """Open a version whose manifest says something else."""
    opened = Dataset(folder)
    opened.manifest = opened.manifest.model_copy(update=changes)
    return opened


def facts(dataset: Dataset) -> Facts:
    return collect(dataset, ReleaseTerms(released="2026-01-02"))


@pytest.fixture
def version(first_version: Path) -> Path:
    return first_version / "store" / "datasets" / "small" / "1.0.0"


@pytest.fixture
def manifest(version: Path) -> Manifest:
    return read_manifest(version)


def test_the_card_tells_what_there_is(dataset: Dataset) -> None:
    text = readme(facts(dataset))
    (count,) = dataset.sql("SELECT count(*) AS n FROM materials").rows()
    assert text.partition("\n---\n\n")[2].startswith("# A small dataset\n\nRows for tests.\n")
    assert f"| materials | {count['n']} |" in text
    assert dataset.manifest.content_sha256 in text
    for line in dataset.manifest.ledger.lines:
        sums = line.entries
        row = f"| {line.source} | records | {sums.harvested} | {sums.kept} | {sums.merged} | {sums.quarantined} |"
        assert row in text
    for source in dataset.manifest.sources:
        assert source.title in text
        assert source.attribution in text
    assert "| refractive_index | 1 | dfpt, experiment | " in text


@pytest.mark.parametrize("tool", ["duckdb", "pandas", "polars"])
def test_the_commands_of_the_card_run(store: Path, tool: str) -> None:
    folder = store / "releases" / "small-1.0.0"
    blocks = (folder / "README.md").read_text(encoding="utf-8").split("```python\n")
    code = next(block for block in blocks if block.startswith(f"import {tool}\n")).split("\n```")[0]
    *statements, last = code.splitlines()
    program = "\n".join([*statements, f"print(len({last}))"])
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True)
    assert int(done.stdout) > 50


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        f"[click]({EVIL})",
        f"x](javascript:alert(1)) [y]({EVIL})",
        f"![x]({EVIL})",
        f"<{EVIL}>",
        f"[click][1]\n\n[1]: {EVIL}",
        "<img src=x onerror=alert(1)>",
        "a | b | <b>c</b>\n| d |",
        "&lt;script&gt;",
        "line\n# heading",
        "<!-- comment",
    ],
)
def test_what_others_wrote_is_inert(version: Path, manifest: Manifest, text: str) -> None:
    plain = tags(readme(facts(Dataset(version))))
    sources = tuple(s.model_copy(update={"title": text, "attribution": text, "origin": text}) for s in manifest.sources)
    opened = retold(version, title=text, description=text, sources=sources, creators=({"name": text},))
    assert tags(readme(facts(opened))) == plain


@pytest.mark.parametrize(
    "text", [f"\\[click\\]({EVIL})", "one\rtwo\r\r# heading"], ids=["backslash", "carriage return"]
)
def test_what_others_wrote_is_inert_with_backslashes_and_line_ends(version: Path, text: str) -> None:
    assert tags(readme(facts(retold(version, title=text, description=text)))) == tags(readme(facts(Dataset(version))))


def test_the_citation_is_yaml_with_the_keys_of_the_format(dataset: Dataset) -> None:
    read = yaml.safe_load(citation_file(facts(dataset)))
    assert read == {
        "cff-version": "1.2.0",
        "message": "If you use this dataset, cite it and its sources.",
        "type": "dataset",
        "title": "A small dataset",
        "version": "1.0.0",
        "date-released": date(2026, 1, 2),
        "license": "CC-BY-4.0",
        "abstract": "Rows for tests.",
        "authors": [
            {"family-names": "Example", "given-names": "Ada", "orcid": "https://orcid.org/0000-0000-0000-0000"}
        ],
        "keywords": [
            "test",
            "band gap",
            "formation energy",
            "refractive index",
            "linear thermal expansion coefficient",
        ],
    }


@pytest.mark.parametrize(
    "title", ['"quotes": and colons', "NO", "1.0", "tab\tand\nline", "ünï • 数", "- list", "{a: b}", "'", "\\", "# no"]
)
def test_any_title_comes_back_from_the_citation(version: Path, title: str) -> None:
    told = retold(version, title=title, keywords=(title,), creators=({"name": title},))
    read = yaml.safe_load(citation_file(facts(told)))
    assert (read["title"], read["keywords"][0], read["authors"]) == (title, title, [{"name": title}])


@pytest.mark.parametrize("title", ["delete \x7f", "next line \x85 x", "separator \u2028 x"], ids=ascii)
def test_any_character_comes_back_from_the_citation(version: Path, title: str) -> None:
    assert yaml.safe_load(citation_file(facts(retold(version, title=title))))["title"] == title


def test_a_dataset_without_creators_has_a_citation(version: Path) -> None:
    read = yaml.safe_load(citation_file(facts(retold(version, creators=(), keywords=()))))
    assert read["authors"] == [{"name": ":unav"}]


def test_what_others_wrote_ends_no_field_of_bibtex(version: Path) -> None:
    evil = "title}, note = {x} \\ % & _ $ # ~ ^"
    said = bibtex(facts(retold(version, title=evil)))
    bare = said.replace("\\{", "").replace("\\}", "").replace("\\textbackslash{}", "").replace("{}", "")
    assert bare.count("{") == bare.count("}") == 8
    assert said.count("note = ") == 2


@pytest.mark.parametrize(
    "text", ["Ada, ada@example.org, wrote", "call +44 20 7946 0958 now", "Tel.: 030 1234567", "fax (030) 123-4567"]
)
def test_no_address_of_a_person_reaches_the_words_of_a_release(version: Path, manifest: Manifest, text: str) -> None:
    sources = tuple(s.model_copy(update={"title": text, "attribution": text, "origin": text}) for s in manifest.sources)
    told = facts(retold(version, title=text, description=text, sources=sources))
    for said in (readme(told), attribution(told), licence_table(told), citation_file(told), bibtex(told)):
        assert not re.search(r"ada@example|7946|1234567|123-4567", said)


def test_licences_of_the_rows_are_counted_by_source(dataset: Dataset) -> None:
    rows = list(csv.DictReader(io.StringIO(licence_table(facts(dataset)))))
    counts = {line.source: line.entries.kept + line.entries.merged for line in dataset.manifest.ledger.lines}
    assert {row["source"]: int(row["rows"]) for row in rows} == counts
    assert {row["source"]: row["licence"] for row in rows} == {s.key: s.licence for s in dataset.manifest.sources}
    assert {row["version"] for row in rows} == {s.pin.version for s in dataset.manifest.sources}


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1+1", "-A1", "@SUM(A1)", "\t=1", "=5", "-5.42+cmd|' /C calc'!A0", "\r=1", '=HYPERLINK("http://x","y")'],
)
def test_a_cell_that_a_spreadsheet_would_run_is_text(version: Path, manifest: Manifest, text: str) -> None:
    sources = tuple(source.model_copy(update={"attribution": text}) for source in manifest.sources)
    opened = retold(version, sources=sources)
    rows = list(csv.DictReader(io.StringIO(licence_table(facts(opened)), newline="")))
    assert {row["attribution"] for row in rows} == {f"'{text}"}
    assert [int(row["rows"]) for row in rows] == [2, 1]
