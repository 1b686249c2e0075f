"""Export: articles on disk in, flat rows for tools that score or review extraction out, one a value.

A row is written whether or not its material has a composition, so that an extraction can be scored cell by cell; the
records that go into a dataset are those of the pipeline.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harvest.papers.confidence import confidence
from harvest.papers.document import DocumentError
from harvest.papers.pipeline import extract

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harvest.papers.pipeline import Extraction
    from harvest.papers.tables.readings import Reading
    from schemas.measurement import Condition

Row = dict[str, object]

_PMCID = re.compile(r"^PMC\d+$")
_PRINTED_SIGN = {"<=": "≤", ">=": "≥", "~": "≈"}


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
    """Return one row for each reading, in the order of the tables."""
    article = extraction.document
    about: Row = {
        "document": article.id,
        "pmcid": article.pmcid or (article.id if _PMCID.match(article.id) else None),
        "doi": article.doi,
    }
    return [about | _line(reading) for reading in extraction.readings]


def _line(reading: Reading) -> Row:
    place, quantity = reading.place, reading.quantity
    return {
        "table": place.table,
        "row": place.row,
        "col": place.column,
        "property": _property_name(reading),
        "label": reading.label,
        "property_id": reading.property,
        "header": reading.header,
        "value": quantity.value,
        "value_min": quantity.value_min,
        "value_max": quantity.value_max,
        "error": quantity.uncertainty,
        "qualifier": _PRINTED_SIGN.get(quantity.qualifier.value, quantity.qualifier.value),
        "unit": reading.scale or (None if reading.unit == "1" else reading.unit),
        "factor": reading.factor,
        "text": reading.text,
        "material": reading.material.printed,
        "alias": reading.material.sample or (None if reading.material.formula else reading.material.printed),
        "formula": reading.material.formula,
        "phase": reading.material.phase,
        "conditions": {condition.name: _condition(condition) for condition in reading.conditions},
        "confidence": confidence(reading, is_alias=False),
    }


def _property_name(reading: Reading) -> str:
    """Return the property as the article names it; the dictionary's own name stands in `label`."""
    return reading.label if reading.property_from in {"caption", "element"} or not reading.title else reading.title


def _condition(condition: Condition) -> str:
    if condition.text:
        return condition.text
    return f"{condition.value:g} {condition.unit or ''}".strip() if condition.value is not None else ""
