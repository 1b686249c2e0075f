"""Command line of extraction: `extract` reads articles and writes their values, or a page that explains them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harvest.console import JsonOption, progress, say, say_json, say_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harvest.literature.extracting import Asked, Outcome
    from harvest.papers.export import Row
    from harvest.papers.llm.articles import ModelReader

_PLACE = ("document", "table", "row", "col", "material", "property")
_HEADS = (*_PLACE, "value", "unit", "as printed", "confidence", "read by")
_MOST_SHOWN = 200
_WITH_PROBLEMS, _TRY_LATER = 3, 75

ArticlesArgument = Annotated[
    list[str],
    typer.Argument(
        help="Articles, folders of them, or DOIs: JATS, Elsevier XML, HTML, LaTeX, text, PDF; open texts of DOIs.",
        metavar="FILES...",
    ),
]
EmailOption = Annotated[
    str | None, typer.Option("--email", envvar="MATGRANARY_EMAIL", help="Shown to Crossref, which is faster then.")
]
AtOption = Annotated[
    list[str] | None,
    typer.Option("--at", metavar="NAME=URL", help="Ask a copy of crossref, europe_pmc, arxiv or arxiv_oai there."),
]
LlmOption = Annotated[
    str | None,
    typer.Option(
        "--llm", metavar="URL", help="Let a language model read the tables too; OpenAI's protocol, up to /v1."
    ),
]
LlmModelOption = Annotated[str | None, typer.Option("--llm-model", metavar="NAME", help="The model to ask there.")]


def extract_command(
    files: ArticlesArgument,
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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be asked for and read.")] = False,
    email: EmailOption = None,
    at: AtOption = None,
    llm: LlmOption = None,
    llm_model: LlmModelOption = None,
    as_json: JsonOption = False,
) -> None:
    """Extract the property tables of articles; one that cannot be read does not stop the others.

    Examples:

        matgranary extract data/samples/papers/*.xml

        matgranary extract papers/ --out records.jsonl --sentences

        matgranary extract article.xml --explain pages/

        matgranary extract 10.1038/srep16696 --email you@example.org
    """
    from harvest.literature.extracting import outcomes, read_arguments
    from harvest.papers.write_rows import open_writer

    try:
        asked = read_arguments(files, at=at or (), mailto=email)
        model = _model(llm, llm_model)
    except (FileNotFoundError, ValueError) as error:
        raise typer.BadParameter(str(error)) from error
    if dry_run:
        _say_plan(asked, as_json=as_json)
        return
    shown: list[Row] = []
    failed: list[Outcome] = []
    remarks: list[tuple[str, str]] = []
    count = 0
    with progress(shown=not as_json) as report, open_writer(out) as write:
        for number, item in enumerate(outcomes(asked, sentences=sentences, workers=workers, model=model), 1):
            write(item.rows)
            count += len(item.rows)
            shown.extend(item.rows if out is None and (as_json or len(shown) < _MOST_SHOWN) else ())
            failed.extend([item] if item.reason else [])
            remarks.extend((item.name, remark) for remark in item.remarks)
            if not item.rows and not item.reason:
                remarks.append((item.name, _looked_at(item, sentences=sentences)))
            if explain is not None:
                _explain(item, explain)
            report("articles", number, len(asked))
    if as_json:
        problems = [{"document": item.name, "reason": item.reason} for item in failed]
        said = [{"document": name, "remark": remark} for name, remark in remarks]
        say_json({"records": shown if out is None else count, "problems": problems, "remarks": said})
    else:
        _say(shown if out is None else [], count=count, articles=len(asked))
        _complain(remarks)
    _complain((item.name, item.reason) for item in failed)
    if failed:
        raise typer.Exit(_TRY_LATER if any(item.is_temporary for item in failed) else _WITH_PROBLEMS)


def _model(address: str | None, name: str | None) -> ModelReader | None:
    """Return the language model that is asked for, its key read from the environment.

    Raises:
        ValueError: an address without a model, or the other way round.
    """
    if (address is None) != (name is None):
        message = "--llm names where a model is asked and --llm-model which; give both or neither"
        raise ValueError(message)
    if address is None or name is None:
        return None
    from harvest.papers.llm.articles import ModelReader
    from harvest.papers.llm.endpoint import ChatEndpoint
    from harvest.papers.llm.setting import MODEL_KEY

    key = next((value for variable in MODEL_KEY.variables if (value := os.environ.get(variable))), None)
    return ModelReader(ChatEndpoint.at(address, model=name, key=key), name)


def _say_plan(asked: Asked, *, as_json: bool) -> None:
    """Say which files would be read and which requests be made first; nothing is asked."""
    from harvest.literature.extracting import planned_requests

    requests = planned_requests(asked)
    if as_json:
        say_json({"files": [str(path) for path in asked.files], "requests": requests})
        return
    for path in asked.files:
        say(f"read {path}")
    for request in requests:
        say(request)
    if requests:
        say("and then the text, where one of the answers leads to an open one")


def _say(shown: list[Row], *, count: int, articles: int) -> None:
    if shown:
        say_table(_HEADS, [_line(row) for row in shown[:_MOST_SHOWN]])
    if count > len(shown[:_MOST_SHOWN]):
        say(f"{count:,} values of {articles:,} articles" + (f"; the first {_MOST_SHOWN} are shown" if shown else ""))


def _line(row: Row) -> list[object]:
    """Return the cells of a row: its place, the value as it is kept, the unit of that, and the text of the article."""
    place = [row[name] for name in _PLACE]
    return [*place, _stated(row), row["unit"], row["text"], row["confidence"], row["extractor"]]


def _stated(row: Row) -> str:
    """Return value, range and uncertainty of a row, all multipliers applied: "≤ 3.7e-05 ± 2e-06"."""
    ends = [row["value"]] if row["value"] is not None else [row["value_min"], row["value_max"]]
    number = " to ".join(f"{end:.15g}" for end in ends if isinstance(end, float))
    sign = "" if row["qualifier"] == "=" else f"{row['qualifier']} "
    error = row["error"]
    return f"{sign}{number}" + (f" ± {error:.15g}" if isinstance(error, float) else "")


def _looked_at(item: Outcome, *, sentences: bool) -> str:
    """Say that an article yields no value, and what was looked at."""
    tables = f"{item.tables or 'no'} table{'' if item.tables == 1 else 's'}"
    if sentences:
        return f"no value found; looked at: {tables}, the sentences"
    return f"no value found; looked at: {tables}; --sentences reads the sentences too"


def _complain(said: Iterable[tuple[str, str]]) -> None:
    for name, text in said:
        sys.stderr.write(f"{name}: {text}\n")


def _explain(item: Outcome, folder: Path) -> None:
    """Write the page of an article that could be read."""
    from harvest.papers.document import DocumentError
    from harvest.papers.explain.page import explain_article

    folder.mkdir(parents=True, exist_ok=True)
    name = Path(item.name).stem if not item.payload else item.name.replace("/", "_")
    try:
        page = explain_article(item.payload or Path(item.name).read_bytes(), document=name)
    except (DocumentError, OSError):
        return
    (folder / f"{name}.html").write_text(page, encoding="utf-8")
