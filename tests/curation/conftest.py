from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import shutil
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from curation import build
from curation.cli import make_app
from curation.datasets.open import open_dataset
from curation.normalise.composition import normalise_compositions
from curation.parallel import spread
from curation.workbench import Workbench, workbench
from harvest import Mode, open_store
from harvest.console import run_app
from schemas.arrow import arrow_schema
from schemas.formula import parse_formula
from schemas.records import EntryRecordRow, PropertyRecordRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from curation.datasets.open import Dataset

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
FILES = {
    "dielectric": "matbench_dielectric",
    "formation_energies": "experimental_formation_energies",
    "prototypes": "aflow_prototypes",
}
POLYMORPHS = ("ZnS", "SiC", "BN", "Al2O3", "SiO2", "NaCl", "CdTe")
MOST_SITES = 6
ODD_LOW, ODD_HIGH = 1.0005, 10
ARTICLE = """
[[papers]]
name = "article"
files = "papers/*.xml"
licence = "CC-BY-4.0"
title = "An article"
attribution = "the authors"

[represent]
with = ["fraction"]

[release]
to = ["folder"]
"""
HEADER = """
[dataset]
name = "{name}"
title = "A small dataset"
description = "Rows for tests."
licence = "CC-BY-4.0"
creators = [{{ name = "Ada Example", orcid = "0000-0000-0000-0000" }}]
keywords = ["test"]
"""
CARD = """
[card]
title = "A small table"
licence = "{licence}"
origin = "a test"
attribution = "A. Example"
[rows]
id = "id"
formula = "formula"
"""
COLUMN = """
[[properties]]
field = "{field}"
property = "{property}"
unit = "{unit}"
method = "experiment"
uncertainty = "uncertainty"
"""


def reduced(formula: str) -> tuple[tuple[str, float], ...]:
    amounts = parse_formula(formula)
    least = min(amounts.values())
    return tuple(sorted((symbol, round(amount / least, 4)) for symbol, amount in amounts.items()))


def rows_of(name: str) -> list[dict[str, Any]]:
    with gzip.open(SAMPLES / f"{FILES[name]}.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def chosen(samples: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The odd refractive indices, polymorphs of common formulas, and what the other files say of these formulas."""
    wanted = {reduced(formula) for formula in POLYMORPHS}
    dielectric = [
        row
        for row in samples["dielectric"]
        if not ODD_LOW < row["n"] <= ODD_HIGH
        or (reduced(row["formula"]) in wanted and len(row["structure"]["sites"]) <= MOST_SITES)
    ]
    formulas = {reduced(row["formula"]) for row in dielectric}
    prototypes = []
    for row in samples["prototypes"]:
        counts: dict[str, float] = defaultdict(float)
        for site in row["structure"]["sites"]:
            counts[site["species"][0]["element"]] += 1
        formula = "".join(f"{symbol}{count}" for symbol, count in counts.items())
        if reduced(formula) in wanted and len(row["structure"]["sites"]) <= MOST_SITES:
            prototypes.append(row)
    energies = [row for row in samples["formation_energies"] if reduced(row["formula"]) in formulas]
    return {
        "dielectric": dielectric,
        "formation_energies": energies + samples["formation_energies"][:40],
        "prototypes": prototypes,
    }


@pytest.fixture(scope="session")
def samples() -> dict[str, list[dict[str, Any]]]:
    """The rows of the sample files."""
    return {name: rows_of(name) for name in FILES}


@pytest.fixture(scope="session")
def excerpt(samples: dict[str, list[dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a recipe over an excerpt of the samples and one article."""
    folder = tmp_path_factory.mktemp("excerpt")
    recipe = [HEADER.format(name="small")]
    for name, rows in chosen(samples).items():
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
        shutil.copy(SAMPLES / f"{FILES[name]}.toml", folder / f"{name}.toml")
        recipe.append(
            f'[[sources]]\nsource = "files"\nname = "{name}"\npath = "{name}.jsonl.gz"\ncard = "{name}.toml"\n'
        )
    shutil.copytree(SAMPLES / "papers", folder / "papers")
    recipe.append(ARTICLE)
    (folder / "recipe.toml").write_text("\n".join(recipe), encoding="utf-8")
    return folder


@contextlib.contextmanager
def own_processes(workers: int) -> Iterator[None]:
    """Let curation use this many processes; starting them is most of the time of a small build."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(build, "spread", partial(spread, workers=workers))
        yield


@pytest.fixture(scope="session")
def curated() -> Callable[..., build.BuildReport]:
    """`curation.curate` with its processes counted: one where not said."""

    def curate(store: Path, name: str, *, workers: int = 1, **options: Any) -> build.BuildReport:  # noqa: ANN401 — the options of curate
        with own_processes(workers):
            return build.curate(store, name, **options)

    return curate


@pytest.fixture(scope="session")
def made(curated: Callable[..., build.BuildReport]) -> Callable[..., build.BuildReport]:
    """A function that harvests a recipe into a store and curates it."""

    def make(recipe: Path, store: Path, *, update: bool = False, **options: Any) -> build.BuildReport:  # noqa: ANN401 — the options of curate
        with open_store(store) as opened:
            name = opened.harvest(recipe, mode=Mode(update=update)).records.dataset
        return curated(store, name, **options)

    return make


@pytest.fixture(scope="session")
def first_run(excerpt: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The store of the excerpt after `matgranary run`, and what the command printed."""
    store = tmp_path_factory.mktemp("run") / "store"
    recipe = tmp_path_factory.mktemp("project") / "p"
    shutil.copytree(excerpt, recipe)
    from io import StringIO

    said = StringIO()
    with own_processes(1), contextlib.redirect_stdout(said):
        assert run_app(make_app(), ["run", str(recipe / "recipe.toml"), "--store", str(store)]) == 0
    shutil.copy(recipe / "harvest.lock", store / "harvest.lock.of.the.run")
    return store, said.getvalue()


@pytest.fixture(scope="session")
def store(first_run: tuple[Path, str]) -> Path:
    """The store of the excerpt, to be read."""
    return first_run[0]


@pytest.fixture(scope="session")
def dataset(store: Path) -> Dataset:
    """The dataset of the excerpt, to be read."""
    return open_dataset(store)


@pytest.fixture
def own_store(store: Path, tmp_path: Path) -> Path:
    """A copy of the store, to be changed."""
    shutil.copytree(store, tmp_path / "own-store")
    return tmp_path / "own-store"


@pytest.fixture
def own_project(excerpt: Path, store: Path, tmp_path: Path) -> Path:
    """A copy of the folder of the recipe, with the lock of the run, to be changed."""
    shutil.copytree(excerpt, tmp_path / "project")
    shutil.copy(store / "harvest.lock.of.the.run", tmp_path / "project" / "harvest.lock")
    return tmp_path / "project"


def write_tables(
    room: Path,
    tables: dict[str, list[tuple[Any, ...]]],
    *,
    name: str = "small",
    licence: str = "CC-BY-4.0",
    more: str = "",
    columns: tuple[tuple[str, str, str], ...] = (("value", "refractive_index", "1"),),
) -> Path:
    room.mkdir(parents=True, exist_ok=True)
    recipe = [HEADER.format(name=name)]
    for key, rows in tables.items():
        lines = []
        for source_id, formula, value, *uncertainty in rows:
            row = {"id": source_id, "formula": formula, "uncertainty": (uncertainty or [None])[0]}
            lines.append(json.dumps(row | {field: value for field, _, _ in columns}))
        (room / f"{key}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        card = [CARD.format(licence=licence)]
        card += [COLUMN.format(field=field, property=what, unit=unit) for field, what, unit in columns]
        (room / f"{key}.toml").write_text("".join(card), encoding="utf-8")
        recipe.append(f'[[sources]]\nsource = "files"\nname = "{key}"\npath = "{key}.jsonl"\ncard = "{key}.toml"\n')
    (room / "recipe.toml").write_text("\n".join([*recipe, more]), encoding="utf-8")
    return room / "recipe.toml"


@pytest.fixture
def table_recipe(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes a recipe over tables of formulas and refractive indices.

    `{"a": [("x1", "NaCl", 1.5)]}` is one source `a` with one row; a fourth item is the uncertainty.
    """

    def write(tables: dict[str, list[tuple[Any, ...]]], *, folder: str = "tables", **more: Any) -> Path:  # noqa: ANN401 — see write_tables
        return write_tables(tmp_path / folder, tables, **more)

    return write


@pytest.fixture(scope="session")
def first_version(tmp_path_factory: pytest.TempPathFactory, made: Callable[..., build.BuildReport]) -> Path:
    """A folder with `tables/recipe.toml` and the store `store` of its first version; made once, to be copied."""
    folder = tmp_path_factory.mktemp("first")
    recipe = write_tables(folder / "tables", {"a": [("1", "NaCl", 1.5), ("2", "ZnS", 2.4)], "b": [("1", "KCl", 1.49)]})
    made(recipe, folder / "store")
    return folder


NEXT: dict[str, list[tuple[Any, ...]]] = {
    "a": [("1", "NaCl", 1.544), ("3", "LiF", 1.39)],
    "b": [("1", "KCl", 1.49)],
}


@pytest.fixture(scope="session")
def second_version(
    first_version: Path, tmp_path_factory: pytest.TempPathFactory, made: Callable[..., build.BuildReport]
) -> Path:
    """A store with two versions: 1.1.0 has another value of a/1, no a/2, a new a/3, and the same b; to be read."""
    folder = tmp_path_factory.mktemp("second")
    shutil.copytree(first_version, folder, dirs_exist_ok=True)
    made(write_tables(folder / "tables", NEXT), folder / "store", update=True)
    return folder / "store"


@pytest.fixture
def begun(first_version: Path, tmp_path: Path) -> Path:
    """A store with a first version of two rows of `a` and one of `b`; `table_recipe` writes what comes next."""
    shutil.copytree(first_version, tmp_path, dirs_exist_ok=True)
    return tmp_path / "store"


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """A function that runs `matgranary` in this process: exit code, standard output, standard error."""

    def run(*arguments: object, workers: int = 1) -> tuple[int, str, str]:
        capsys.readouterr()
        with own_processes(workers):
            code = run_app(make_app(), [str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture(scope="session")
def flip() -> Callable[[Path], Path]:
    """A function that flips a bit in the middle of a file, in a copy of its own where the file has other names."""

    def damage(path: Path) -> Path:
        content = bytearray(path.read_bytes())
        content[len(content) // 3] ^= 1
        path.unlink()
        path.write_bytes(bytes(content))
        return path

    return damage


@pytest.fixture(scope="session")
def hashes() -> Callable[..., dict[str, str]]:
    """A function that returns the sha256 of every file under a folder, by its path in it.

    The ledger is left out: SQLite keeps files of its own beside it while anyone looks.
    """

    def take(folder: Path, pattern: str = "*") -> dict[str, str]:
        return {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob(pattern))
            if path.is_file() and not path.name.startswith("ledger.sqlite")
        }

    return take


@pytest.fixture(scope="session")
def sites() -> Callable[..., dict[str, Any]]:
    """A function that makes the structure columns of a record: cell, symbols (or occupations), positions."""

    def make(cell: Any, symbols: list[Any], positions: Any) -> dict[str, Any]:  # noqa: ANN401 — nested lists or arrays
        rows = [[float(x) for x in vector] for vector in (cell if isinstance(cell, list) else cell.tolist())]
        kinds = [symbol if isinstance(symbol, dict) else {symbol: 1.0} for symbol in symbols]
        species: list[dict[str, float]] = []
        for kind in kinds:
            if kind not in species:
                species.append(kind)
        amounts: dict[str, float] = defaultdict(float)
        for kind in kinds:
            for symbol, share in kind.items():
                if symbol not in {"X", "vacancy"}:
                    amounts[symbol] += share
        ordered = dict(sorted(amounts.items()))
        return {
            "elements": list(ordered),
            "amounts": [round(amount, 9) for amount in ordered.values()],
            "lattice_vectors": [x for vector in rows for x in vector],
            "fractional_positions": [float(x) for position in positions for x in position],
            "site_species": [species.index(kind) for kind in kinds],
            "species": [
                {
                    "name": "".join(s if share == 1 else f"{s}{share:g}" for s, share in kind.items()),
                    "chemical_symbols": list(kind),
                    "concentration": list(kind.values()),
                }
                for kind in species
            ],
        }

    return make


@pytest.fixture(scope="session")
def real_sites(sites: Callable[..., dict[str, Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A function that makes the structure columns of a row of the samples."""

    def make(row: dict[str, Any]) -> dict[str, Any]:
        kinds = [{s["element"]: float(s["occu"]) for s in site["species"]} for site in row["structure"]["sites"]]
        positions = [site["abc"] for site in row["structure"]["sites"]]
        return sites(row["structure"]["lattice"]["matrix"], kinds, positions)

    return make


def entry_row(number: int, given: dict[str, Any]) -> dict[str, Any]:
    empty = dict.fromkeys(("lattice_vectors", "fractional_positions", "site_species", "species"))
    row: dict[str, Any] = {"entry_id": f"e-{number:04d}", "source_id": f"{number:04d}", "formula_given": None}
    row |= {"phase": None, "labels": [], "licence": "CC-BY-4.0", "last_modified": None, "record_sha256": "0"}
    row |= {"raw_sha256": "0", "pointer": f"line={number}", **empty}
    if "formula" in given:
        amounts = dict(sorted(parse_formula(given["formula"]).items()))
        row |= {"formula_given": given["formula"], "elements": list(amounts), "amounts": list(amounts.values())}
    return row | {key: value for key, value in given.items() if key not in {"formula", "source", "source_rank"}}


def property_row(number: int, given: dict[str, Any]) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(PropertyRecordRow.model_fields)
    row |= {"property_id": f"p-{number:04d}", "entry_id": "e-0000", "unit": "1", "qualifier": "=", "method": "dft"}
    row |= {"conditions": [], "raw_sha256": "0", "pointer": f"line={number}"}
    return row | {key: value for key, value in given.items() if key not in {"source", "source_rank"}}


def with_sources(rows: list[dict[str, Any]], made: list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    table = pa.Table.from_pylist(made, schema=schema)
    ranks = pa.array([row.get("source_rank", 0) for row in rows], pa.int32())
    sources = pa.array([row.get("source", "a") for row in rows], pa.string())
    return table.append_column("source_rank", ranks).append_column("source", sources)


@pytest.fixture
def bench_of(tmp_path: Path) -> Iterator[Callable[..., Workbench]]:
    """A function that opens a workbench with records of entries and values; what is not given is filled in.

    `bench_of([{"formula": "NaCl"}], [{"property": "band_gap", "value": 8.5, "unit": "eV"}])`
    """
    with contextlib.ExitStack() as open_benches:

        def make(entries: list[dict[str, Any]], values: list[dict[str, Any]] | None = None) -> Workbench:
            name = f"bench-{len(list(tmp_path.glob('bench-*')))}"
            bench = open_benches.enter_context(workbench(tmp_path / name))
            made = [entry_row(number, given) for number, given in enumerate(entries)]
            bench.keep("raw_entries", with_sources(entries, made, arrow_schema(EntryRecordRow)))
            given_values = values or []
            found = [property_row(number, given) for number, given in enumerate(given_values)]
            bench.keep("raw_properties", with_sources(given_values, found, arrow_schema(PropertyRecordRow)))
            normalise_compositions(bench)
            return bench

        yield make
