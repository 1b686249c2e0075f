"""Export: articles on disk in, flat rows for tools that score or review extraction out, one a value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harvest.papers.document import DocumentError
from harvest.papers.pipeline import extract

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harvest.papers.document import Document
    from harvest.papers.pipeline import Extraction

Row = dict[str, object]


def extract_files(
    files: Sequence[Path], report: Callable[[str, int, int | None], None]
) -> tuple[list[Row], list[dict[str, str]]]:
    """Return the rows of all articles, and the articles that could not be read with their reasons.

    Args:
        files: articles in JATS XML.
        report: told how many articles are done.
    """
    rows: list[Row] = []
    problems: list[dict[str, str]] = []
    for number, path in enumerate(files, 1):
        try:
            rows += flat_rows(extract(path.read_bytes(), document=path.stem))
        except (DocumentError, OSError) as error:
            problems.append({"document": str(path), "reason": str(error)})
        report("articles", number, len(files))
    return rows, problems


def flat_rows(extraction: Extraction) -> list[Row]:
    """Return the values of an article's records as flat rows; `alias` is the name as printed."""
    return [
        _flat(extraction.document, record.source_id, record.formula, value.model_dump(mode="json"), str(value.pointer))
        for record in extraction.records
        for value in record.properties
    ]


def _flat(document: Document, source_id: str, formula: str | None, value: dict[str, object], pointer: str) -> Row:
    steps = dict(step.split("=", 1) for step in pointer.split(";"))
    printed = source_id.split("#", 1)[-1]
    kept = ("property", "value", "value_min", "value_max", "qualifier", "unit", "text", "conditions", "confidence")
    return {
        "document": document.id,
        "pmcid": document.pmcid,
        "doi": document.doi,
        "table": steps["table"],
        "row": int(steps["row"]),
        "col": int(steps["col"]),
        "material": formula or printed,
        "alias": printed,
        "error": value["uncertainty"],
        "method": value["method"],
        **{name: value[name] for name in kept},
    }
