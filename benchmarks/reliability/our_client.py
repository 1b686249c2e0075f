"""matgranary: reads an address and a page size a line, answers with the ids that came and what was said."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from harvest import open_store

RECIPE = """\
[dataset]
name = "faulty"
title = "A provider that fails"
licence = "CC0-1.0"

[[sources]]
source = "optimade"
name = "faulty"
base_url = "{base_url}"
licence = "CC0-1.0"
page_limit = {page_size}
"""


def harvest(base_url: str, page_size: str, folder: Path) -> list[str]:
    (folder / "recipe.toml").write_text(RECIPE.format(base_url=base_url, page_size=page_size), encoding="utf-8")
    with open_store(folder / "store") as store:
        (source,) = store.harvest(folder / "recipe.toml").records.sources
        return pq.read_table(store.folder / source.folder / "entries.parquet")["source_id"].to_pylist()


def main() -> None:
    for line in sys.stdin:
        with tempfile.TemporaryDirectory() as folder:
            try:
                answer = {"ids": harvest(*line.split(), Path(folder)), "error": None}
            except Exception as error:  # noqa: BLE001 — whatever it says counts as said
                answer = {"ids": [], "error": f"{type(error).__name__}: {str(error)[:200]}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
