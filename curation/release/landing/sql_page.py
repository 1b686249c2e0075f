"""SQL page: DuckDB for browsers and the facts of a release in, a page that asks the release in SQL out.

An option, because the engine has some 35 MB. It is taken from a folder that the caller names and stands in the release,
so that the page asks no host but its own. Browsers start it from a web server alone, not from `file:`.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import shutil
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from curation.errors import ContractError

if TYPE_CHECKING:
    from pathlib import Path

    from curation.release.facts import Facts

PAGE = "landing/sql.html"
_ENGINE, _ARROW = "@duckdb/duckdb-wasm", "apache-arrow"
_FILES = {
    "duckdb-browser.mjs": f"{_ENGINE}/dist/duckdb-browser.mjs",
    "duckdb-browser-eh.worker.js": f"{_ENGINE}/dist/duckdb-browser-eh.worker.js",
    "duckdb-eh.wasm": f"{_ENGINE}/dist/duckdb-eh.wasm",
    "arrow.js": f"{_ARROW}/Arrow.es2015.min.js",
}
# What the engine takes from Apache Arrow, which comes as a script that makes one global name.
_ARROW_MODULE = "export const { RecordBatchReader, Table, Type, tableToIPC } = globalThis.Arrow;\n"
_MIT = (
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated "
    'documentation files (the "Software"), to deal in the Software without restriction, including without limitation '
    "the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and "
    "to permit persons to whom the Software is furnished to do so, subject to the following conditions:\n\nThe above "
    "copyright notice and this permission notice shall be included in all copies or substantial portions of the "
    'Software.\n\nTHE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT '
    "NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO "
    "EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN "
    "ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR "
    "OTHER DEALINGS IN THE SOFTWARE.\n"
)
_QUESTION = "SELECT property, unit, count(*) AS n, median(value) AS median\nFROM properties WHERE status = 'kept'\n"
_QUESTION += "GROUP BY ALL ORDER BY n DESC, property"


@dataclass(frozen=True)
class SqlEngine:
    """DuckDB for browsers, as npm installs it.

    Attributes:
        folder: `node_modules`.
        version: of DuckDB-Wasm.
        arrow_version: of Apache Arrow, which it needs.
    """

    folder: Path
    version: str
    arrow_version: str


def read_engine(folder: Path) -> SqlEngine:
    """Return the engine in a folder, that of `npm install @duckdb/duckdb-wasm` or its `node_modules`.

    Raises:
        ContractError: a file is missing; says which, and how to get it.
    """
    room = folder / "node_modules" if (folder / "node_modules").is_dir() else folder
    wanted = [*_FILES.values(), f"{_ENGINE}/package.json", f"{_ARROW}/package.json"]
    missing = [path for path in wanted if not (room / path).is_file()]
    if missing:
        message = (
            f"{folder} does not hold DuckDB for browsers: no {', '.join(missing)}. Install it there: "
            f"npm install --ignore-scripts --prefix {folder} {_ENGINE}"
        )
        raise ContractError(message)
    return SqlEngine(room, _version(room / _ENGINE), _version(room / _ARROW))


def write_sql_page(facts: Facts, engine: SqlEngine, folder: Path) -> None:
    """Write the page and the engine into the folder of a release, below `landing/`."""
    room = folder / "landing" / "sql"
    room.mkdir()
    for name, path in _FILES.items():
        shutil.copyfile(engine.folder / path, room / name)
    texts = {
        "arrow.mjs": _ARROW_MODULE,
        "page.mjs": _resource("sql.js"),
        "LICENSES.txt": _licences(engine),
    }
    for name, text in texts.items():
        (room / name).write_text(text, encoding="utf-8", newline="\n")
    (folder / PAGE).write_text(_page(facts), encoding="utf-8", newline="\n")


def _page(facts: Facts) -> str:
    imports = json.dumps({"imports": {_ARROW: "./sql/arrow.mjs"}})
    digest = base64.b64encode(hashlib.sha256(imports.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'self' 'sha256-{digest}' 'wasm-unsafe-eval'; worker-src 'self'; "
        "connect-src 'self'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
    )
    title, name = html.escape(facts.manifest.title), html.escape(facts.manifest.dataset)
    tables = ", ".join(f"<code>{table.name}</code>" for table in facts.tables if table.name != "structures")
    server = "python -m http.server --bind 127.0.0.1 --directory FOLDER 8000"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SQL: {title}</title>
<link rel="icon" href="data:,">
<style>{_resource("page.css")}</style>
<script type="importmap">{imports}</script>
</head>
<body data-database="../{name}.duckdb">
<header>
<p class=kind><a href="index.html">{title}</a> · version {html.escape(facts.manifest.version)}</p>
<h1>SQL</h1>
<p class=lead>DuckDB in this browser, over the tables {tables}. Nothing leaves this machine.</p>
</header>
<main>
<label for="question">Question</label>
<textarea id="question" rows="5" spellcheck="false">{html.escape(_QUESTION)}</textarea>
<p><button id="run" type="button" disabled>Run (Ctrl+Enter)</button></p>
<p id="status" role="status">This page needs a web server, because browsers start no database from a file. Run
<code>{server}</code> with the folder of the release, and open <code>http://127.0.0.1:8000/landing/sql.html</code>;
<code>matgranary serve FOLDER</code> serves it as well, under <code>/release/landing/sql.html</code>.</p>
<div class=scroll tabindex=0 role=region aria-label="Answer"><table id="answer"></table></div>
</main>
<script src="sql/arrow.js"></script>
<script type="module" src="sql/page.mjs"></script>
</body>
</html>
"""


def _licences(engine: SqlEngine) -> str:
    return (
        f"DuckDB-Wasm {engine.version}. Copyright Stichting DuckDB Foundation. The MIT License.\n\n{_MIT}\n"
        f"Apache Arrow {engine.arrow_version}. Copyright The Apache Software Foundation. The Apache License, Version "
        "2.0: https://www.apache.org/licenses/LICENSE-2.0\n"
    )


def _version(package: Path) -> str:
    return str(json.loads((package / "package.json").read_text(encoding="utf-8"))["version"])


def _resource(name: str) -> str:
    return files("curation.release.landing").joinpath(name).read_text(encoding="utf-8")
