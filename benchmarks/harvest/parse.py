"""Parse pages on disk into the tables of records, with nothing of a harvest around: `parse.py RECIPE PAGES TABLES`."""

from __future__ import annotations

import sys
from pathlib import Path

from harvest.planning import plan_recipe
from harvest.records.columns import RecordColumns, parts_of
from harvest.records.writer import RecordWriter
from harvest.registry import load_source
from harvest.source import RawObject


def main() -> None:
    recipe, pages, tables = map(Path, sys.argv[1:])
    _, (plan,) = plan_recipe(recipe)
    source = load_source(plan.source)
    with RecordWriter(tables, plan) as writer:
        for path in sorted(pages.iterdir()):
            raw = RawObject(path.stem, path.read_bytes(), "application/json", f"file:{path.name}", path.name)
            for part in parts_of(source, plan, raw):
                writer.add_columns(part, raw) if isinstance(part, RecordColumns) else writer.add(part, raw)
        writer.finish([])


if __name__ == "__main__":
    main()
