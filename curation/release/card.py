"""Card: what a release says of itself in words, computed from its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.release.limits import accepted_drift, known_gaps, split_rows
from curation.release.metadata.citation import bibtex, citation_text
from curation.release.metadata.hugging_face import front_matter
from curation.release.plain import markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curation.release.facts import Facts
    from curation.release.selection import LeftOut


def readme(facts: Facts, left_out: tuple[LeftOut, ...] = ()) -> str:
    """Return the README of a release."""
    sections = [
        f"{front_matter(facts)}\n\n# {markdown(facts.manifest.title)}\n\n{markdown(facts.description)}".rstrip(),
        _summary(facts),
        f"## Cite\n\n{markdown(citation_text(facts))}\n\n```bibtex\n{_fenced(bibtex(facts))}```",
        _loading(facts),
        f"## Ledger\n\nEvery harvested row is kept, merged or quarantined.\n\n{_ledger(facts)}",
        *([_gate(left_out)] if left_out else []),
        *_limits(facts),
        f"## Sources\n\n{_sources(facts)}",
        f"## Properties\n\n{_properties(facts)}",
        f"## Tables\n\n{_tables(facts)}",
        _files(),
    ]
    return "\n\n".join(sections) + "\n"


def _summary(facts: Facts) -> str:
    manifest = facts.manifest
    authors = ", ".join(person.name for person in facts.people) if manifest.creators else "not stated"
    rows = [
        ("dataset", f"{manifest.dataset} {manifest.version}"),
        ("materials", f"{facts.n_materials:,}"),
        ("licence", f"[{manifest.licence}]({facts.licence.url}), rows as in LICENSES.csv"),
        ("creators", markdown(authors)),
        ("released", facts.date),
        ("identifier", facts.identifier),
        ("access", _access(facts)),
        ("content", f"sha256 {manifest.content_sha256}"),
        ("made with", f"matgranary {manifest.code['matgranary']}"),
    ]
    return "| | |\n|---|---|\n" + "\n".join(f"| {key} | {value} |" for key, value in rows)


def _access(facts: Facts) -> str:
    until = facts.terms.embargo_until
    return f"{facts.terms.access.value}, open from {until}" if until else facts.terms.access.value


def _ledger(facts: Facts) -> str:
    head = "| source | rows | harvested | kept | merged | quarantined | flagged |\n|---|---|" + "---:|" * 5 + "\n"
    lines = []
    for line in facts.manifest.ledger.lines:
        for rows, sums, flagged in (("records", line.entries, ""), ("values", line.values, f"{line.flagged_values:,}")):
            lines.append(
                f"| {line.source} | {rows} | {sums.harvested:,} | {sums.kept:,} | {sums.merged:,} | "
                f"{sums.quarantined:,} | {flagged} |"
            )
    return head + "\n".join(lines)


def _gate(left_out: tuple[LeftOut, ...]) -> str:
    lines = "\n".join(f"| {one.source} | {one.licence} | {one.rows:,} |" for one in left_out)
    return (
        "## Left out\n\nRecords whose licence does not allow this release, and records of materials that only such a "
        f"record describes. The ledger counts them.\n\n| source | licence | records |\n|---|---|---:|\n{lines}"
    )


def _limits(facts: Facts) -> Iterator[str]:
    """Yield the sections that only some releases have."""
    for title, said in (("Known gaps", known_gaps(facts.manifest)), ("Drift", accepted_drift(facts.manifest))):
        if said:
            yield f"## {title}\n\n" + "\n".join(f"- {markdown(one)}" for one in said)
    if facts.splits:
        lines = [f"| {name} | {by} | {fold} | {count:,} |" for name, by, fold, count in split_rows(facts.splits)]
        head = "| split | stays together | fold | materials |\n|---|---|---|---:|\n"
        yield "## Splits\n\nRows as in `data/splits/`, by `material_id`.\n\n" + head + "\n".join(lines)


def _sources(facts: Facts) -> str:
    return "\n".join(
        f"- **{source.key}**: {markdown(source.title)}. Licence {source.licence}. {markdown(source.attribution)}. "
        f"From {markdown(source.origin)}. Pin: {source.pin.kind.value}, {markdown(source.pin.version)}."
        for source in facts.manifest.sources
    )


def _properties(facts: Facts) -> str:
    head = "| property | unit | methods | values | min | median | max |\n|---|---|---|---:|---:|---:|---:|\n"
    return head + "\n".join(
        f"| {one.name} | {one.unit} | {', '.join(one.methods)} | {one.count:,} | "
        f"{_number(one.low)} | {_number(one.middle)} | {_number(one.high)} |"
        for one in facts.properties
    )


def _tables(facts: Facts) -> str:
    lines = (f"| {table.name} | {table.title} | {table.rows:,} |" for table in facts.tables)
    return "| table | holds | rows |\n|---|---|---:|\n" + "\n".join(lines)


def loading(facts: Facts) -> Iterator[tuple[str, str, str]]:
    """Yield how to load a release: the name of the tool, the language, the code."""
    name = facts.manifest.dataset
    yield "DuckDB", "python", f'import duckdb\n\nduckdb.connect("{name}.duckdb", read_only=True).sql("FROM materials")'
    yield "pandas", "python", 'import pandas\n\npandas.read_parquet("data/materials")'
    yield "polars", "python", 'import polars\n\npolars.scan_parquet("data/properties/*.parquet").collect()'
    yield (
        "Hugging Face datasets",
        "python",
        'import datasets\n\ndatasets.load_dataset("parquet", data_files="data/materials/*.parquet")',
    )
    yield "Croissant", "bash", "mlcroissant load --jsonld croissant.json --record_set materials"
    yield "CIF, ASE, PyTorch Geometric", "bash", "matgranary export . --format cif --out structures/"
    yield "OPTIMADE", "bash", "matgranary serve ."


def _loading(facts: Facts) -> str:
    blocks = [f"{name}:\n\n```{language}\n{code}\n```" for name, language, code in loading(facts)]
    return "## Load\n\n" + "\n\n".join(blocks)


def _files() -> str:
    return (
        "## Files\n\n`landing/index.html` shows the release in a browser. Every table stands in `data/`, described in "
        "croissant.json, datapackage.json and ro-crate-metadata.json. Whom to name: ATTRIBUTION.md. What is new: "
        "CHANGELOG.md. The folder is a BagIt bag; this proves every byte:\n\n"
        "```bash\nsha256sum --check manifest-sha256.txt tagmanifest-sha256.txt\n```"
    )


def _fenced(text: str) -> str:
    """Keep a block of code closed where it is meant to be closed."""
    return text.replace("`", "'").replace("<", "(").replace(">", ")")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"
