"""Command line of extraction: `extract` reads articles and writes their values, or a page that explains them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harvest.console import JsonOption, progress, say, say_json, say_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harvest.papers.export import Row

    Problem = dict[str, str]

_COLUMNS = ("document", "table", "row", "col", "material", "property", "text", "unit", "confidence")
_HEADS = ("document", "table", "row", "col", "material", "property", "as printed", "unit", "confidence")
_MOST_SHOWN = 200
_WITH_PROBLEMS = 3


def extract_command(
    files: Annotated[
        list[Path], typer.Argument(help="Articles, or folders of them: JATS, Elsevier XML, HTML, LaTeX, text, PDF.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Write records here: one JSON object a line, or a Parquet file (.parquet).")
    ] = None,
    sentences: Annotated[
        bool, typer.Option("--sentences", help="Read the sentences too, not the tables alone.")
    ] = False,
    explain: Annotated[
        Path | None, typer.Option(help="Write a page for each article into this folder: its tables, what was read.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; by default one a core.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Extract the property tables of articles; one that cannot be read does not stop the others.

    Examples:

        matgranary extract data/samples/papers/*.xml

        matgranary extract papers/ --out records.jsonl --sentences

        matgranary extract article.xml --explain pages/
    """
    from harvest.papers.many import article_files, extract_many
    from harvest.papers.write_rows import open_writer

    paths = article_files(files)
    shown: list[Row] = []
    problems: list[Problem] = []
    count = 0
    with progress(shown=not as_json) as report, open_writer(out) as write:
        for number, item in enumerate(extract_many(paths, sentences=sentences, workers=workers), 1):
            write(item.rows)
            count += len(item.rows)
            shown.extend(item.rows if out is None and (as_json or len(shown) < _MOST_SHOWN) else ())
            problems.extend([{"document": str(item.path), "reason": item.reason}] if item.reason else [])
            report("articles", number, len(paths))
    if explain is not None:
        _explain(paths, explain)
    if as_json:
        say_json({"records": shown if out is None else count, "problems": problems})
    else:
        _say(shown if out is None else [], count=count, articles=len(paths))
    for problem in problems:
        sys.stderr.write(f"{problem['document']}: {problem['reason']}\n")
    if problems:
        raise typer.Exit(_WITH_PROBLEMS)


def _say(shown: list[Row], *, count: int, articles: int) -> None:
    if shown:
        say_table(_HEADS, [[row[column] for column in _COLUMNS] for row in shown[:_MOST_SHOWN]])
    if count > len(shown[:_MOST_SHOWN]):
        say(f"{count:,} values of {articles:,} articles" + (f"; the first {_MOST_SHOWN} are shown" if shown else ""))


def _explain(paths: Sequence[Path], folder: Path) -> None:
    """Write a page for each article that can be read; those that cannot were named already."""
    from harvest.papers.document import DocumentError
    from harvest.papers.explain.page import explain_article

    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        try:
            page = explain_article(path.read_bytes(), document=path.stem)
        except (DocumentError, OSError):
            continue
        (folder / f"{path.stem}.html").write_text(page, encoding="utf-8")
