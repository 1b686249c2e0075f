"""The annotated articles: where they stand, their gold, and the scorer that came with them."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("MATGRANARY_SHARED", HERE.parents[2] / "shared" / "data")) / "papers"
DEVELOPMENT = SHARED / "tables_gold_dev.jsonl"
# Annotated by us, from tables without gold, before the extractor's output was looked at; see docs/extraction.md.
SECOND = HERE / "second_gold.jsonl"
SENTENCES = SHARED / "sentences_mulms_train_dev.jsonl"


def articles() -> list[Path]:
    found = sorted((SHARED / "jats").glob("*.xml"))
    if not found:
        sys.exit(f"no articles under {SHARED}; set MATGRANARY_SHARED to the folder that holds papers/jats")
    return found


@cache
def scorer() -> Any:  # noqa: ANN401 — a script beside the data, without types
    spec = importlib.util.spec_from_file_location("score_tables", SHARED / "score_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


Row = dict[str, Any]
UNSTATED: Row = {
    **dict.fromkeys(("alias", "material_resolved", "value", "value_min", "value_max", "error", "unit")),
    **dict.fromkeys(("doi", "raw", "header"), ""),
    **dict.fromkeys(("tags", "cell_tags", "material_alt", "copies", "conditions"), ()),
    "qualifier": "=",
    "delta": False,
}


def load_gold(path: Path) -> tuple[list[Row], list[Row]]:
    """Return the values of a gold file, and the cells that are neither right nor wrong."""
    gold = [UNSTATED | json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if path == DEVELOPMENT:
        return gold, scorer().load(SHARED / "tables_ignore_dev.jsonl")
    # Of the one large table every second row gives atomic fractions, told by bold print alone: left unjudged.
    table = {"pmcid": "PMC6947292", "table": "materials-12-04083-t0A1"}
    known = {(row["row"], row["col"]) for row in gold if row["table"] == table["table"]}
    cells = ((row, column) for row in range(64) for column in range(2, 12) if (row, column) not in known)
    return gold, [{**table, "row": row, "col": column, "kind": "composition"} for row, column in cells]


def score(rows: list[Row], path: Path) -> Row:
    """Return the scores of flat rows at every level, with recall by layout."""
    result: Row = scorer().score(rows, *load_gold(path))
    return result
