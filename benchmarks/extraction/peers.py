"""tabledataextractor and quantulum3 on the same articles and sentences, each in an environment of its own.

.venv/bin/python benchmarks/extraction/peers.py [--cache FOLDER]

The environments are made by uv below the cache folder when the script runs, and are kept for the next run. Neither peer
says which property, unit or material a value has; so tabledataextractor is scored on whether the headers that it gives
a cell name its column and row, and quantulum3 on the characters of quantities.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from articles import DEVELOPMENT, articles, load_gold
from sentences import frames, score_quantities

from harvest.papers.readers.formats import read_document

QUANTULUM = "quantulum3==0.10.0"
TABLEDATAEXTRACTOR = "tabledataextractor==1.5.11"
# The newest that tabledataextractor's numpy (below 2) has wheels for.
PYTHON = "3.12"
ASK_QUANTULUM = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from quantulum3 import parser
texts = json.load(sys.stdin)
parser.parse("1 nm")
start = time.process_time()
found = [[list(q.span) for q in parser.parse(text)] for text in texts]
print(json.dumps({"found": found, "seconds": time.process_time() - start}))
"""
ASK_TABLES = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from tabledataextractor import Table
tables = json.load(sys.stdin)
start = time.process_time()
answers = []
for rows in tables:
    try:
        answers.append(Table(rows).category_table)
    except Exception as error:  # the peer raises what it likes; it counts as a table that failed
        answers.append(str(type(error).__name__))
print(json.dumps({"found": answers, "seconds": time.process_time() - start}))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/matgranary-benchmarks")
    asked = parser.parse_args()
    quantities(asked.cache)
    tables(asked.cache)


def quantities(cache: Path) -> None:
    texts = [text for _doc, _begin, text in frames()]
    answer = ask(environment(cache, QUANTULUM), ASK_QUANTULUM, texts)
    spans = dict(zip(texts, ({(a, b) for a, b in each} for each in answer["found"]), strict=True))
    print("quantities in sentences (MuLMS train and dev)")
    print(f"  matgranary  {score_quantities()}")
    print(f"  {QUANTULUM}  {score_quantities(spans.__getitem__)}  {len(texts) / answer['seconds']:.0f} sentences/s")


def tables(cache: Path) -> None:
    gold = load_gold(DEVELOPMENT)[0]
    grids: dict[tuple[str, str], list[list[str]]] = {}
    for path in articles():
        for table in read_document(path.read_bytes(), document=path.stem).tables:
            grid = table.grid
            grids[path.stem, table.id] = [[cell.body.text for cell in grid.row(row)] for row in range(grid.n_rows)]
    answer = ask(environment(cache, TABLEDATAEXTRACTOR), ASK_TABLES, list(grids.values()))
    found = dict(zip(grids, answer["found"], strict=True))
    wanted = [row for row in gold if row["header"]]
    right = sum(names(found[row["pmcid"], row["table"]], row, grids[row["pmcid"], row["table"]]) for row in wanted)
    broken = sum(isinstance(each, str) for each in answer["found"])
    print("headers of cells (development gold)")
    print(f"  {TABLEDATAEXTRACTOR}  {right / len(wanted):.3f} of {len(wanted)} cells have their header")
    print(f"    {len(grids) / answer['seconds']:.1f} tables/s, {broken} of {len(grids)} tables not read")


def names(answer: Any, row: dict[str, Any], grid: list[list[str]]) -> bool:  # noqa: ANN401 — JSON of the peer
    """Tell whether a peer gives the cell of a gold row any part of the header that it stands under."""
    if isinstance(answer, str):
        return False
    printed = grid[row["row"]][row["col"]]
    parts = {squeezed(part) for part in row["header"].split(" | ")}
    told = [
        [squeezed(word) for group in each[1:] for path in group for word in flat(path)]
        for each in answer
        if each[0] == printed
    ]
    return any(parts & set(words) for words in told)


def flat(path: Any) -> list[str]:  # noqa: ANN401 — JSON of the peer
    return [str(word) for word in path] if isinstance(path, list) else [str(path)]


def squeezed(text: str) -> str:
    return "".join(character for character in text if character.isalnum()).lower()


def environment(cache: Path, package: str) -> Path:
    """Return the interpreter of an environment that holds a package; it is made where it is not there."""
    folder = cache / package.replace("==", "-")
    python = folder / "bin/python"
    if not python.exists():
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        folder.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([uv, "venv", "--quiet", "--python", PYTHON, folder], check=True)  # noqa: S603 — our own command
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, package], check=True)  # noqa: S603 — see above
    return python


def ask(python: Path, program: str, given: object) -> dict[str, Any]:
    command = [python, "-c", program]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=True)  # noqa: S603 — see above
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


if __name__ == "__main__":
    main()
