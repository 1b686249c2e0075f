"""Harvest of generated entries from a server on this machine, beside `curl` fetching the same pages and parsing.

    python benchmarks/harvest/run.py [--entries 100000] [--page 100 500] [--rounds 3] [--out FILE.json]

`curl` is one process that knows all addresses beforehand, those of a harvest before, and keeps its connection; a
harvest has to read each page to know the next. What `curl` wrote is parsed in four ways: by `json.loads` alone; by
`json.loads` with the fields of each record taken out; by `json.loads` and Arrow into one Parquet file, as a script
would do it; and into the Parquet tables of records, as a harvest does it (every record checked and hashed). A harvest
does more: it checks each page, hashes, compresses and archives it, durably.

Memory is that of the largest process: a harvest may have two of about that size.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harvest.store import open_store

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
RECIPE = """\
[dataset]
name = "generated"
title = "Generated entries"
licence = "CC0-1.0"

[[sources]]
source = "optimade"
name = "generated"
base_url = "{base_url}"
licence = "CC0-1.0"
page_limit = {page}
fields = {{ _gen_band_gap = {{ property = "band_gap", unit = "eV", method = "dft" }} }}
"""
JSON = (
    "import json, pathlib, sys\nfor path in sorted(pathlib.Path(sys.argv[1]).iterdir()): json.loads(path.read_bytes())"
)
FIELDS = """\
import json, pathlib, sys
names = ("chemical_formula_reduced", "dimension_types", "lattice_vectors", "cartesian_site_positions", "species",
         "species_at_sites", "last_modified", "_gen_band_gap")
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    entries = json.loads(path.read_bytes())["data"]
    records = [(entry["id"], *(entry["attributes"][name] for name in names)) for entry in entries]
"""
TABLE = """\
import json, pathlib, sys
import pyarrow as pa
import pyarrow.parquet as pq
pages = [json.loads(path.read_bytes())["data"] for path in sorted(pathlib.Path(sys.argv[1]).iterdir())]
tables = [pa.Table.from_pylist([{"id": entry["id"], **entry["attributes"]} for entry in page]) for page in pages]
pq.write_table(pa.concat_tables(tables), sys.argv[2])
"""
Figures = dict[str, float]


@contextlib.contextmanager
def served(entries: int, page: int) -> Iterator[str]:
    command = [sys.executable, str(HERE / "serve.py"), str(entries), str(page)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 — ours
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def timed(*command: str | Path) -> Figures:
    """Run a command; return wall and processor seconds, and the most memory that it held, in MiB."""
    begun = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)  # noqa: S603 — named above
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    wall = time.perf_counter() - begun
    return {"wall": wall, "processor": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}


def addresses(project: Path) -> list[str]:
    """Return the addresses of the pages that a harvest asked for, in its order."""
    with open_store(project / "store") as store:
        return [stored.uri for stored in store.ledger.exchanges() if "/structures?" in stored.uri]


def curl_and_parse(urls: list[str], recipe: Path, folder: Path) -> dict[str, Figures]:
    """Fetch all pages by one curl, then parse each in four ways; the figures of fetching and parsing together."""
    pages, tables = folder / "pages", folder / "tables"
    for path in (pages, tables):
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
    lines = [f'url = "{url}"\noutput = "{pages}/{number:07d}"' for number, url in enumerate(urls)]
    (folder / "curl.txt").write_text("\n".join(lines), encoding="utf-8")
    fetched = timed("curl", "--silent", "--fail", "--config", folder / "curl.txt")
    found = {"curl": fetched}
    ways: dict[str, tuple[str | Path, ...]] = {
        "curl and json": ("-c", JSON, pages),
        "curl and fields": ("-c", FIELDS, pages),
        "curl and table": ("-c", TABLE, pages, folder / "table.parquet"),
        "curl and records": (HERE / "parse.py", recipe, pages, tables),
    }
    for name, program in ways.items():
        parsed = timed(sys.executable, *program)
        found[name] = {key: fetched[key] + parsed[key] for key in ("wall", "processor")}
        found[name]["memory"] = max(fetched["memory"], parsed["memory"])
    return found


def harvest(project: Path, entries: int) -> Figures:
    """Harvest by the command into an empty store, and prove that every record came."""
    shutil.rmtree(project / "store", ignore_errors=True)
    (project / "harvest.lock").unlink(missing_ok=True)
    command = ("harvest", project / "recipe.toml", "--store", project / "store", "--json")
    figures = timed(sys.executable, "-m", "harvest", *command)
    (source,) = json.loads((project / "store/records/generated.json").read_bytes())["sources"]
    assert (source["complete"], source["pin"]["records"]) == (True, entries)
    return figures


def measure(entries: int, page: int, rounds: int, folder: Path) -> dict[str, list[Figures]]:
    project = folder / "project"
    project.mkdir()
    recipe = project / "recipe.toml"
    with served(entries, page) as base_url:
        recipe.write_text(RECIPE.format(base_url=base_url, page=page), encoding="utf-8")
        harvest(project, entries)  # the server makes its pages
        urls = addresses(project)
        found: dict[str, list[Figures]] = {}
        for _ in range(rounds):
            seen = curl_and_parse(urls, recipe, folder) | {"harvest": harvest(project, entries)}
            for name, figures in seen.items():
                found.setdefault(name, []).append(figures)
    return found


def show(page: int, found: dict[str, list[Figures]]) -> None:
    print(f"\n{page} entries a page")
    for name, rounds in found.items():
        for figures in rounds:
            print(f"{name:16}", " ".join(f"{key} {value:8.2f}" for key, value in figures.items()))
    best = {name: {key: min(one[key] for one in rounds) for key in rounds[0]} for name, rounds in found.items()}
    for name in [name for name in found if name.startswith("curl and")]:
        ratios = ", ".join(f"{key} {best['harvest'][key] / best[name][key]:.2f}" for key in ("wall", "processor"))
        print(f"a harvest beside {name}: {ratios}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--page", nargs="+", type=int, default=[100, 500])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    found = {}
    for page in asked.page:
        with tempfile.TemporaryDirectory() as folder:
            found[page] = measure(asked.entries, page, asked.rounds, Path(folder))
        show(page, found[page])
    if asked.out:
        asked.out.write_text(json.dumps({"asked": vars(asked) | {"out": None}, "found": found}, indent=2))


if __name__ == "__main__":
    main()
