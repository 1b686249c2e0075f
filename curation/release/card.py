"""Card: what a dataset version says of itself in words, computed from its manifest and its rows."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from schemas.licence import LICENCES

if TYPE_CHECKING:
    from curation.datasets.open import Dataset
    from schemas.dataset import Manifest

_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")


def readme(dataset: Dataset) -> str:
    """Return the README of a release."""
    manifest = dataset.manifest
    sections = [
        f"# {_plain(manifest.title)}\n\n{_plain(manifest.description)}".rstrip(),
        _facts(dataset),
        f"## Ledger\n\nEvery harvested row is kept, merged or quarantined.\n\n{_ledger(manifest)}",
        f"## Sources\n\n{_sources(manifest)}",
        f"## Properties\n\n{_properties(dataset)}",
        f"## Tables\n\n{_tables(manifest)}",
        _loading(manifest),
    ]
    return "\n\n".join(sections) + "\n"


def _facts(dataset: Dataset) -> str:
    manifest = dataset.manifest
    count = dataset.sql("SELECT count(*) AS n FROM materials").rows()[0]["n"]
    authors = ", ".join(creator["name"] for creator in manifest.creators) or "not stated"
    return (
        f"| | |\n|---|---|\n| dataset | {manifest.dataset} {manifest.version} |\n| materials | {count:,} |\n"
        f"| licence | [{manifest.licence}]({LICENCES[manifest.licence].url}), rows as in LICENSES.csv |\n"
        f"| creators | {_plain(authors)} |\n| content | sha256 {manifest.content_sha256} |\n"
        f"| made with | matgranary {manifest.code['matgranary']} |"
    )


def _ledger(manifest: Manifest) -> str:
    head = "| source | rows | harvested | kept | merged | quarantined | flagged |\n|---|---|" + "---:|" * 5 + "\n"
    lines = []
    for line in manifest.ledger.lines:
        for rows, sums, flagged in (("records", line.entries, ""), ("values", line.values, f"{line.flagged_values:,}")):
            lines.append(
                f"| {line.source} | {rows} | {sums.harvested:,} | {sums.kept:,} | {sums.merged:,} | "
                f"{sums.quarantined:,} | {flagged} |"
            )
    return head + "\n".join(lines)


def _sources(manifest: Manifest) -> str:
    return "\n".join(
        f"- **{source.key}**: {_plain(source.title)}. Licence {source.licence}. {_plain(source.attribution)}. "
        f"From {_plain(source.origin)}. Pin: {source.pin.kind.value}, {source.pin.version}."
        for source in manifest.sources
    )


def _properties(dataset: Dataset) -> str:
    rows = dataset.sql(
        "SELECT property, unit, method, count(*) AS n, min(value) AS low, median(value) AS middle, max(value) AS high "
        "FROM properties WHERE status = 'kept' GROUP BY ALL ORDER BY ALL"
    ).rows()
    head = "| property | unit | method | values | min | median | max |\n|---|---|---|---:|---:|---:|---:|\n"
    return head + "\n".join(
        f"| {r['property']} | {r['unit']} | {r['method']} | {r['n']:,} | "
        f"{_number(r['low'])} | {_number(r['middle'])} | {_number(r['high'])} |"
        for r in rows
    )


def _tables(manifest: Manifest) -> str:
    tables: dict[str, int] = {}
    for part in manifest.parts:
        tables[part.table] = tables.get(part.table, 0) + part.rows
    return "| table | rows |\n|---|---:|\n" + "\n".join(f"| {name} | {rows:,} |" for name, rows in tables.items())


def _loading(manifest: Manifest) -> str:
    return (
        "## Loading\n\n```python\nimport duckdb\n\n"
        "duckdb.sql(\"SELECT * FROM 'data/materials/*.parquet'\").df()\n```\n\n"
        f"```bash\nsha256sum --check manifest-sha256.txt   # every file is what was released\n```\n\n"
        f"Cite as in CITATION.cff; the sources above ask to be cited too. Title: {_plain(manifest.title)}."
    )


def citation(manifest: Manifest) -> str:
    """Return the CITATION.cff of a release."""
    authors = list(manifest.creators) or [{"name": "unknown"}]
    lines = [
        "cff-version: 1.2.0",
        "message: If you use this dataset, cite it and its sources.",
        "type: dataset",
        f"title: {_yaml(manifest.title)}",
        f"version: {json.dumps(manifest.version)}",
        f"license: {manifest.licence}",
        "authors:",
        *[line for author in authors for line in _author(author)],
    ]
    if manifest.keywords:
        lines += ["keywords:", *[f"  - {_yaml(word)}" for word in manifest.keywords]]
    return "\n".join(lines) + "\n"


def _author(creator: dict[str, str]) -> list[str]:
    """Return the lines of an author, with the ORCID as an address."""
    lines = [f"  - name: {_yaml(creator['name'])}"]
    return [*lines, f"    orcid: https://orcid.org/{creator['orcid']}"] if "orcid" in creator else lines


def _yaml(text: str) -> str:
    """Return a text as a string of JSON, which is one of YAML once what YAML does not take or folds is escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(character if character.isprintable() else f"\\U{ord(character):08x}" for character in quoted)


def licence_table(dataset: Dataset) -> str:
    """Return the licences of the rows as CSV: source, pin, SPDX id, rows, attribution."""
    counts = dataset.sql("SELECT source, licence, count(*) AS n FROM entries GROUP BY ALL ORDER BY ALL").rows()
    sources = {source.key: source for source in dataset.manifest.sources}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["source", "version", "licence", "rows", "attribution"])
    for row in counts:
        source = sources[str(row["source"])]
        cells = [source.key, source.pin.version, str(row["licence"]), row["n"], source.attribution]
        writer.writerow([_cell(cell) for cell in cells])
    return text.getvalue()


def _cell(value: object) -> object:
    """Quote text that a spreadsheet would run as a formula; numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_START) else value


def _plain(text: str) -> str:
    """Take the power of Markdown and HTML from text that others wrote."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for character in "\\[]|":
        escaped = escaped.replace(character, f"\\{character}")
    return " ".join(escaped.splitlines())


def _number(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
