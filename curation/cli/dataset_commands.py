"""Dataset commands: ask, trace, prove and compare what is there; none of them writes."""

from __future__ import annotations

import contextlib
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harvest.console import JsonOption, StoreOption, add_command, json_text, say, say_json, say_table, store_of, written

if TYPE_CHECKING:
    import pyarrow as pa

    from schemas.checks import CheckResult

DatasetOption = Annotated[
    str | None, typer.Option("--dataset", "-d", help="NAME or NAME@VERSION; the only dataset where not given.")
]
INTEGRITY = 7


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def query_command(
    question: Annotated[str, typer.Argument(help="One SELECT in DuckDB's SQL.")],
    dataset: DatasetOption = None,
    format_: Annotated[
        Format | None,
        typer.Option("--format", help="How to write the answer; a table, or as the suffix of --out says."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write into this file, for example x.csv; needed for parquet.")
    ] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a dataset a question in SQL; read-only.

    Tables: materials, entries, structures, properties, duplicates, quarantine, provenance; views: traced_values,
    conflicts, material_conflicts, group_spread, consensus, one for each representation (material_id, vector),
    split_NAME for each split, and provenance_nodes and provenance_edges: how the version came to be.

    CSV has a quote before text that a spreadsheet would run as a formula. JSON has null for what is no number there:
    NaN and infinity.

    Examples:

        matgranary query "SELECT count(*) FROM materials"

        matgranary query "SELECT * FROM conflicts" --out conflicts.parquet
    """
    from curation.datasets.open import open_dataset

    form = Format.JSON if as_json else _format_of(format_, out)
    folder = store_of(None, store)
    opened = open_dataset(folder, dataset)
    if "provenance_" in question:
        from curation.provenance.graph import provenance_graph

        opened.add(provenance_graph(opened, folder / "releases").tables())
    answer = opened.sql(question).arrow()
    _write(answer, form, out)


def _format_of(asked: Format | None, out: Path | None) -> Format:
    """Return the format that was asked for, else that of the suffix of the file.

    Raises:
        BadParameter: the suffix names none, or a table is asked for in a file.
    """
    kinds = [form.value for form in Format if form is not Format.TABLE]
    if out is None:
        return asked or Format.TABLE
    if asked is Format.TABLE:
        message = f"--format table is for people and goes into no file; --out takes {', '.join(kinds)}"
        raise typer.BadParameter(message)
    if asked is None and out.suffix[1:] not in kinds:
        message = f"{out} has no suffix of {', '.join(kinds)}; say --format"
        raise typer.BadParameter(message)
    return asked or Format(out.suffix[1:])


def _write(answer: pa.Table, form: Format, out: Path | None) -> None:
    if form is Format.PARQUET:
        import pyarrow.parquet as pq

        if out is None:
            message = "--format parquet needs --out FILE"
            raise typer.BadParameter(message)
        pq.write_table(answer, out, compression="zstd")
    elif form is Format.CSV:
        _write_csv(answer, out)
    elif form is Format.JSON:
        text = json_text(answer.to_pylist())
        out.write_text(text, encoding="utf-8") if out else sys.stdout.write(text)
    else:
        rows = [tuple(row.values()) for row in answer.slice(0, 200).to_pylist()]
        say_table(answer.column_names, rows)
        if answer.num_rows > len(rows):
            say(f"… {answer.num_rows - len(rows):,} more rows; --format csv, json or parquet has them all")


def _write_csv(answer: pa.Table, out: Path | None) -> None:
    import csv

    with out.open("w", encoding="utf-8", newline="") if out else _standard_output() as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(answer.column_names)
        for batch in answer.to_batches():
            for row in batch.to_pylist():
                writer.writerow([_csv_cell(one) for one in row.values()])


def _csv_cell(value: object) -> object:
    """Write nested cells as JSON, and text that a spreadsheet would run as a formula as text."""
    from curation.release.plain import cell

    return json_text(value, indent=None).rstrip() if isinstance(value, list | dict | tuple) else cell(value)


def _standard_output() -> Any:  # noqa: ANN401 — a context manager around a text stream
    import contextlib

    return contextlib.nullcontext(sys.stdout)


def lineage_command(
    identifier: Annotated[
        str | None, typer.Argument(help="A value (p-…), record (e-…), material (m-…) or rejected row (r-…).")
    ] = None,
    graph: Annotated[
        Path | None, typer.Option("--graph", help="Write how the version came to be: .html, .svg, .json or .ttl.")
    ] = None,
    dataset: DatasetOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Follow a value back to the archived bytes that it came from, or draw how a whole version came to be.

    The graph follows W3C PROV: as a page to click through, a picture, PROV-JSON, or PROV-O in Turtle. In SQL it is
    the tables provenance_nodes and provenance_edges.

    Examples:

        matgranary lineage p-6adgyuvbi2hkpa4f

        matgranary lineage --graph provenance.html
    """
    from curation.cli.lineage import follow, show_lineage, write_graph

    if graph is not None:
        write_graph(store_of(None, store), dataset, graph)
        say(f"{graph} shows how the version came to be.")
    if identifier is None:
        if graph is None:
            message = "name a value, record or material, or say --graph FILE"
            raise typer.BadParameter(message)
        return
    steps = follow(store_of(None, store), dataset, identifier)
    if as_json:
        say_json(steps)
    else:
        show_lineage(steps)


def verify_command(
    path: Annotated[Path | None, typer.Argument(help="A release folder; the whole store where not given.")] = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove, byte by byte, that archive, records, datasets and releases are what was written.

    Examples:

        matgranary verify

        matgranary verify quickstart-1.0.0/
    """
    from curation.datasets.verify import verify_datasets
    from curation.errors import UnknownDatasetError
    from curation.release.verify import verify_release, verify_releases
    from harvest.errors import StorageError
    from harvest.verify import unkept_texts, verify_store

    folder = path or store_of(None, store)
    if not folder.is_dir():
        message = f"{folder} is not a folder; name a release, or the store with --store"
        raise UnknownDatasetError(message)
    unkept: list[tuple[str, str]] = []
    if path is not None:
        results = verify_release(path)
    else:
        results = [*verify_store(folder), *verify_datasets(folder), *verify_releases(folder)]
        with contextlib.suppress(StorageError):  # a ledger that cannot be read is among the results
            unkept = unkept_texts(folder)
    _report(results, unkept, as_json=as_json)


def _report(results: list[CheckResult], unkept: list[tuple[str, str]], *, as_json: bool) -> None:
    failed = [result for result in results if not result.passed]
    if as_json:
        not_kept = [{"text": where, "message": said} for where, said in unkept]
        say_json({"checked": len(results), "failed": [result.model_dump() for result in failed], "not_kept": not_kept})
    else:
        for where, said in unkept:
            say(f"{where}: {said}")
        for result in failed:
            say(f"{result.subject}: {result.message}")
        say(f"{len(results)} files checked, {len(failed)} not as written.")
    if failed:
        raise typer.Exit(INTEGRITY)


def diff_command(
    old: Annotated[str, typer.Argument(help="NAME@VERSION")],
    new: Annotated[str, typer.Argument(help="NAME@VERSION, or NAME for its current version")],
    rows: Annotated[int, typer.Option("--rows", help="How many rows of each table to list.")] = 10,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two versions of a dataset row by row, with the cause of each difference.

    A row differs because of its source (upstream), our code, a library that changes values, or the recipe.

    Examples:

        matgranary diff quickstart@1.0.0 quickstart
    """
    from dataclasses import asdict

    from curation.datasets.diff import diff_datasets
    from curation.datasets.open import open_dataset

    folder = store_of(None, store)
    tables = diff_datasets(open_dataset(folder, old), open_dataset(folder, new), limit=rows)
    if as_json:
        say_json([asdict(table) for table in tables])
        return
    say_table(
        ("table", "added", "removed", "changed", "because of", "columns"),
        [
            (
                t.table,
                t.added,
                t.removed,
                t.changed,
                "; ".join(f"{c}: {n:,}" for c, n in t.causes.items()),
                " ".join(t.columns),
            )
            for t in tables
        ],
    )
    for table in tables:
        for change in table.changes:
            said = "; ".join(change["columns"] or ()) if isinstance(change["columns"], list) else ""
            say(f"{table.table}: {change['change']} {change['key']} ({change['cause']}) {said}".rstrip())


def datasets_command(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """List the datasets of a store and their versions.

    Examples:

        matgranary datasets
    """
    from curation.datasets.layout import dataset_names, read_manifest, versions_of

    folder = store_of(None, store)
    listed = []
    for name in dataset_names(folder):
        for version in versions_of(folder, name):
            manifest = read_manifest(folder / "datasets" / name / version)
            rows = sum(part.rows for part in manifest.parts if part.table == "materials")
            listed.append(
                {
                    "dataset": f"{name}@{version}",
                    "materials": rows,
                    "licence": manifest.licence,
                    "title": manifest.title,
                }
            )
    if as_json:
        say_json(listed)
        return
    say_table(("dataset", "materials", "licence", "title"), [tuple(row.values()) for row in listed])


def properties_command(
    word: Annotated[str, typer.Argument(help="Show only properties with this word in a name.")] = "",
    as_json: JsonOption = False,
) -> None:
    """List the property dictionary: names, canonical units, plausible ranges.

    Examples:

        matgranary properties refractive
    """
    from schemas.properties import load_properties

    found = [d for d in load_properties().definitions if any(word.lower() in name for name in (d.id, *d.names))]
    if as_json:
        say_json([definition.model_dump(mode="json") for definition in found])
        return
    rows = [(d.id, d.unit, d.family, written(str(d.plausible) if d.plausible else None), d.label) for d in found]
    say_table(("property", "unit", "family", "plausible", "label"), rows)


def doctor_command(store: StoreOption = None, as_json: JsonOption = False) -> None:
    """Look whether this machine and this store are in order, and say what to do where not.

    Examples:

        matgranary doctor
    """
    from curation.cli.doctor import examine

    results = examine(store_of(None, store))
    if as_json:
        say_json([result.model_dump() for result in results])
    else:
        say_table(("", "what", "found"), [("ok" if r.passed else "look", r.subject, r.message) for r in results])
    if not all(result.passed for result in results):
        raise typer.Exit(1)


def add_dataset_commands(app: typer.Typer) -> None:
    """Give an app these commands."""
    add_command(app, "query", query_command)
    add_command(app, "lineage", lineage_command)
    add_command(app, "verify", verify_command)
    add_command(app, "diff", diff_command)
    add_command(app, "datasets", datasets_command)
    add_command(app, "properties", properties_command)
    add_command(app, "doctor", doctor_command)
