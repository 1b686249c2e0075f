"""SQL in the browser: a release carries DuckDB-Wasm where that is wished, and its answers are those of DuckDB."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import threading
import time
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from filelock import FileLock

from curation.release.landing.sql_page import read_engine
from curation.release.package import package
from curation.release.terms import ReleaseTerms
from curation.release.verify import verify_release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from curation.datasets.open import Dataset

    Command = Callable[..., tuple[int, str, str]]

PROJECT = Path(__file__).parents[3]
LOCKED = PROJECT / "tests" / "judges" / "sql_engine"
TERMS = ReleaseTerms(released="2026-01-02")
NAMES = ("duckdb-browser.mjs", "duckdb-browser-eh.worker.js", "duckdb-eh.wasm")
LONGEST_SECONDS = 120
QUESTIONS = [
    "FROM materials ORDER BY material_id",
    "SELECT property, unit, count(*), median(value), list_sort(list(DISTINCT source)) FROM properties GROUP BY ALL",
    "SELECT sum(n_values), avg(n_entries) FROM materials ;\n",
    "SHOW TABLES",
]
FORBIDDEN = [
    "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    "DROP TABLE materials",
    "SELECT 1; SET enable_external_access = true",
]


@pytest.fixture
def engine_folder(tmp_path: Path) -> Path:
    """What npm would install, with other contents: enough for a release, not for a browser."""
    room = tmp_path / "engine" / "node_modules"
    for package_name, names in {"@duckdb/duckdb-wasm": NAMES, "apache-arrow": ()}.items():
        (room / package_name / "dist").mkdir(parents=True)
        (room / package_name / "package.json").write_text('{"version": "1.2.3"}', encoding="utf-8")
        for name in names:
            (room / package_name / "dist" / name).write_text(name, encoding="utf-8")
    (room / "apache-arrow" / "Arrow.es2015.min.js").write_text("arrow", encoding="utf-8")
    return tmp_path / "engine"


def test_a_release_carries_the_engine_where_that_is_wished(
    tiny: Dataset, tiny_release: Path, engine_folder: Path, tmp_path: Path
) -> None:
    released = package(tiny, tmp_path, TERMS, engine=read_engine(engine_folder)).folder
    for name in NAMES:
        assert (released / "landing" / "sql" / name).read_text(encoding="utf-8") == name
    assert 'href="sql.html"' in (released / "landing" / "index.html").read_text(encoding="utf-8")
    assert "DuckDB-Wasm 1.2.3" in (released / "landing" / "sql" / "LICENSES.txt").read_text(encoding="utf-8")
    assert "landing/sql/duckdb-eh.wasm" in (released / "ro-crate-metadata.json").read_text(encoding="utf-8")
    assert all(result.passed for result in verify_release(released))
    assert not (tiny_release / "landing" / "sql.html").exists()
    assert "sql.html" not in (tiny_release / "landing" / "index.html").read_text(encoding="utf-8")


def test_the_command_says_what_is_missing_and_how_to_get_it(
    tiny_store: Path, engine_folder: Path, tmp_path: Path, command: Command
) -> None:
    store = tmp_path / "store"
    shutil.copytree(tiny_store, store)
    (engine_folder / "node_modules" / "@duckdb" / "duckdb-wasm" / "dist" / "duckdb-eh.wasm").unlink()
    code, _, said = command("release", "tiny", "--store", store, "--sql-engine", engine_folder)
    assert code == 6
    assert "no @duckdb/duckdb-wasm/dist/duckdb-eh.wasm" in said
    assert "npm install --ignore-scripts --prefix" in said
    assert not (store / "releases").exists()


def test_a_release_without_it_that_stands_is_not_changed(
    tiny_store: Path, engine_folder: Path, tmp_path: Path, command: Command
) -> None:
    store = tmp_path / "store"
    shutil.copytree(tiny_store, store)
    assert command("release", "tiny", "--store", store)[0] == 0
    code, _, said = command("release", "tiny", "--store", store, "--sql-engine", engine_folder)
    assert (code, "on other terms: sql_engine differ" in said) == (7, True), said


@pytest.fixture(scope="module")
def with_sql(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with the engine itself, which npm installs once, each package with its hash."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm")
    room = PROJECT / ".venv-judges" / "sql_engine"
    room.mkdir(parents=True, exist_ok=True)
    wanted = hashlib.sha256((LOCKED / "package-lock.json").read_bytes()).hexdigest()
    with FileLock(room.with_suffix(".lock")):
        stamp = room / "made-of.sha256"
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
            for path in LOCKED.iterdir():
                shutil.copy(path, room)
            subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=room, check=True)
            stamp.write_text(wanted, encoding="utf-8")
    return package(tiny, tmp_path_factory.mktemp("with-sql"), TERMS, engine=read_engine(room)).folder


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def asked(page: Any, question: str) -> tuple[str, list[list[str]]]:  # noqa: ANN401 — a class that is loaded by path
    """Put a question, and return what the page says and shows."""
    page.evaluate(f"document.getElementById('question').value = {json.dumps(question)}")
    page.evaluate("document.getElementById('answer').replaceChildren(); document.getElementById('run').click()")
    status = ended(page)
    rows = "[...document.querySelectorAll('#answer tbody tr')].map(r => [...r.cells].map(c => c.textContent))"
    return status, page.evaluate(rows)


def ended(page: Any) -> str:  # noqa: ANN401 — see above
    """Wait until the page neither loads nor asks."""
    begun = time.monotonic()
    while time.monotonic() - begun < LONGEST_SECONDS:
        status: str = page.evaluate("document.getElementById('status').textContent")
        if not status.endswith("…") and "web server" not in status:
            return status
        time.sleep(0.1)
    message = f"the page still says: {status}"
    raise AssertionError(message)


@pytest.mark.sweep
def test_the_answers_in_the_browser_are_those_of_duckdb(
    with_sql: Path, tmp_path: Path, load: Callable[[str], ModuleType]
) -> None:
    with load("judges/browser").browser(tmp_path) as page, served(with_sql) as address:
        page.size(390, 844)
        page.open(f"{address}/landing/sql.html")
        assert "rows in" in ended(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        with duckdb.connect(str(with_sql / "tiny.duckdb"), read_only=True) as connection:
            for question in QUESTIONS:
                status, rows = asked(page, question)
                text = question.partition(";")[0]
                wanted = connection.sql(f"SELECT COLUMNS(*)::VARCHAR FROM ({text})").fetchall()  # noqa: S608 — ours
                assert rows == [["" if cell is None else cell for cell in row] for row in wanted], status
                assert rows, question
        for question in FORBIDDEN:
            status, rows = asked(page, question)
            assert (rows, "rows in" in status) == ([], False), status
        assert page.complaints == []
        assert [one for one in page.requests if not one.startswith((address, "data:"))] == []


@pytest.mark.sweep
def test_opened_as_a_file_the_page_says_what_it_needs(
    with_sql: Path, tmp_path: Path, load: Callable[[str], ModuleType]
) -> None:
    with load("judges/browser").browser(tmp_path) as page:
        page.open((with_sql / "landing" / "sql.html").as_uri())
        said = page.evaluate("document.getElementById('status').innerText")
        assert "This page needs a web server" in said
        assert "python -m http.server" in said
        assert page.evaluate("document.getElementById('run').disabled")
