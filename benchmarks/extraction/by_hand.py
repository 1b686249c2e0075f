"""Gold written by hand in TOML: tables that are printed there, or tables of articles of a package on the index.

Each was written before the extractor was run on it; the figures of those first runs stand in docs/extraction.md. A
table without values is one that holds no property, and must yield nothing.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from functools import cache
from pathlib import Path

from articles import HERE, UNSTATED, Row, scorer

from harvest.papers.document import Document, DocumentError
from harvest.papers.export import flat_rows
from harvest.papers.pipeline import extract

THIRD = HERE / "third_gold.toml"
WRITTEN = HERE / "written_tables.toml"
WRITTEN_AGAIN = HERE / "written_tables_again.toml"
WRITTEN_LAST = HERE / "written_tables_last.toml"
# Holds articles of several publishers for its own tests.
PACKAGE, VERSION = "chemdataextractor2", "2.4.1"
CACHE = Path.home() / ".cache/matgranary-benchmarks"


def score_by_hand(path: Path) -> tuple[Row, list[str]]:
    """Return the scores of a file, and the tables that should yield nothing and yield something."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["table"]
    gold: list[Row] = []
    ignored: list[Row] = []
    rows: dict[str, list[Row]] = {}
    for table in tables:
        name, table_id = where(table)
        extraction = extract(payload_of(table), document=name)
        rows[name] = [{**row, "pmcid": name} for row in flat_rows(extraction)]
        gold.extend({**value, "header": header_of(extraction.document, value, table)} for value in values_of(table))
        places = (map(int, place.split(",")) for place in table.get("ignore", []))
        ignored.extend({"pmcid": name, "table": table_id, "row": row, "col": column} for row, column in places)
    found = [row for each in rows.values() for row in each]
    noisy = [where(table)[0] for table in tables if not table["gold"] and rows[where(table)[0]]]
    return scorer().score(found, gold, ignored), noisy


def header_of(document: Document, value: Row, table: Row) -> str:
    """Return the header that a value stands under, or beside where the properties stand in rows."""
    try:
        grid = document.table(value["table"]).grid
    except DocumentError:
        return ""
    above = [grid.at(row, value["col"]).body.text for row in range(grid.header_rows)]
    parts = [grid.at(value["row"], 0).body.text] if "props-in-rows" in table["tags"] else above
    return " | ".join(dict.fromkeys(part for part in parts if part))


def payload_of(table: Row) -> bytes:
    if "rows" in table:
        return article(table)
    (path,) = [path for path in third_articles() if path.stem == table["article"]]
    return path.read_bytes()


@cache
def third_articles() -> list[Path]:
    """Return the articles of the package; its source distribution is fetched where it is not in the cache."""
    folder = CACHE / f"{PACKAGE}-{VERSION}"
    if not folder.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        pip = [uv, "tool", "run", "pip", "download", "-q", "--no-deps", "--no-binary", PACKAGE, "-d", str(CACHE)]
        subprocess.run([*pip, f"{PACKAGE}=={VERSION}"], check=True)  # noqa: S603 — our own command
        with tarfile.open(CACHE / f"{PACKAGE}-{VERSION}.tar.gz") as bundle:
            bundle.extractall(CACHE, filter="data")
    return [path for path in sorted((folder / "tests/data").rglob("*")) if path.suffix in {".html", ".xml"}]


def article(table: Row) -> bytes:
    """Return the article in JATS that holds a printed table, T1."""
    rows = [[cell.strip() for cell in f" {line} ".split(" | ")] for line in table["rows"]]
    head, body = rows[: table["head"]], rows[table["head"] :]
    notes = "".join(f"<p>{note}</p>" for note in table.get("notes", []))
    return (
        "<article><front><article-meta><title-group><article-title>"
        f"{table.get('title', 'A study')}</article-title></title-group></article-meta></front><body><sec>"
        f"<title>Results</title><p>{table.get('text', '')}</p><table-wrap id='T1'><label>Table 1</label>"
        f"<caption><p>{table['caption']}</p></caption><table><thead>{_lines(head)}</thead>"
        f"<tbody>{_lines(body)}</tbody></table><table-wrap-foot>{notes}</table-wrap-foot></table-wrap>"
        "</sec></body></article>"
    ).encode()


def _lines(rows: list[list[str]]) -> str:
    return "".join(f"<tr>{_cells(rows, index)}</tr>" for index in range(len(rows)))


def _cells(rows: list[list[str]], index: int) -> str:
    """Return the cells of a row; "^" goes on with the cell above, "<" with the one to the left."""
    written = []
    for column, cell in enumerate(rows[index]):
        if cell in {"^", "<"}:
            continue
        wide = next((n for n in range(1, 99) if rows[index][column + n : column + n + 1] != ["<"]), 1)
        below = (row[column : column + 1] for row in rows[index + 1 :])
        high = 1 + next((n for n, found in enumerate(below) if found != ["^"]), len(rows) - index - 1)
        written.append(f"<td colspan='{wide}' rowspan='{high}'>{cell}</td>")
    return "".join(written)


def values_of(table: Row) -> list[Row]:
    """Return the values of a table, as the scorer wants them."""
    return [UNSTATED | _value(table, line, number) for number, line in enumerate(table["gold"])]


def _value(table: Row, line: str, number: int) -> Row:
    place, materials, name, amount, unit = (part.strip() for part in f"{line} ".split(" | "))
    row, column = map(int, place.split(","))
    material, *others = (each.strip() for each in materials.split(";"))
    low, _to, high = amount.partition("..")
    value, _pm, error = low.partition(" ± ")
    document, table_id = where(table)
    return {
        "id": f"{document}/{table_id}/r{row}c{column}/{number}", "pmcid": document, "table": table_id,
        "row": row, "col": column, "raw": amount, "material": material, "material_alt": others, "property": name,
        "value": None if high else float(value), "value_min": float(low) if high else None,
        "value_max": float(high) if high else None, "error": float(error) if error else None,
        "unit": unit or None, "tags": table.get("tags", []),
    }  # fmt: skip


def where(table: Row) -> tuple[str, str]:
    """Return the document and the table that it is, as an extraction names them."""
    return (table["article"], table["table"]) if "article" in table else (re.sub(r"\W+", "-", table["name"]), "T1")
