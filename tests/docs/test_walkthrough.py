"""Walkthrough: what the README tells a reader to type does what the README says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from curation import open_dataset

PROJECT = Path(__file__).parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
QUERIES = (PROJECT / "docs" / "queries.md").read_text(encoding="utf-8")
OWN = README.split("## Your own data")[1].split("\n## ")[0]
PROGRAM = Path(sys.executable).with_name("matgranary")

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Step:
    """A command of a page, and the output that the page shows."""

    command: str
    output: str


def _steps(text: str) -> list[Step]:
    steps = []
    for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            steps.append(Step(command, output))
    return steps


def _blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "MATGRANARY_STORE"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def _type(command: str, folder: Path) -> str:
    words = shlex.split(command)
    assert words[0] == "matgranary"
    done = _run([str(PROGRAM), *words[1:]], folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _compare(shown: str, got: str) -> None:
    """Hold what a page shows against what came; `…` stands for anything, and a version for any version."""

    def plain(text: str) -> str:
        lines = [line.rstrip() for line in text.strip("\n").splitlines()]
        return re.sub(r"@\d+\.\d+\.\d+", "@VERSION", "\n".join(lines)).rstrip("\n")

    pattern = ".*".join(re.escape(part) for part in plain(shown).split("…"))
    assert re.fullmatch(pattern, plain(got), re.DOTALL), f"the page shows\n{shown}\nbut it is\n{got}"


@dataclass(frozen=True)
class Place:
    """A folder in which a recipe was run, and what the run printed."""

    folder: Path
    printed: str


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("quickstart")
    for name in ("recipes", "samples"):
        shutil.copytree(PROJECT / "data" / name, folder / "data" / name)
    return Place(folder, _type(_steps(README)[0].command, folder))


@pytest.fixture(scope="module")
def own_data(tmp_path_factory: pytest.TempPathFactory) -> Place:
    folder = tmp_path_factory.mktemp("own")
    files = re.findall(r"`([\w.]+)`:\n\n```\w+\n(.*?)^```", OWN, re.MULTILINE | re.DOTALL)
    assert [name for name, _ in files] == ["measurements.csv", "measurements.toml", "recipe.toml"]
    for name, text in files:
        (folder / name).write_text(text, encoding="utf-8")
    return Place(folder, _type(_steps(OWN)[0].command, folder))


def test_the_first_command_prints_what_the_readme_shows(quickstart: Place) -> None:
    _compare(_steps(README)[0].output, quickstart.printed)


@pytest.mark.parametrize("step", _steps(README.split("## Your own data")[0])[1:], ids=lambda step: step.command[:40])
def test_a_question_gets_the_answer_that_the_readme_shows(step: Step, quickstart: Place) -> None:
    _compare(step.output, _type(step.command, quickstart.folder))


def test_the_second_run_has_nothing_to_do(quickstart: Place) -> None:
    assert _type(_steps(README)[0].command, quickstart.folder).startswith("Nothing to do")


@pytest.mark.parametrize("code", _blocks(README, "python"), ids=["from recipe to frame", "vectors"])
def test_the_python_of_the_readme_runs(code: str, quickstart: Place) -> None:
    done = _run([sys.executable, "-c", code], quickstart.folder)
    assert done.returncode == 0, done.stderr


def test_the_python_of_the_readme_gives_frames_with_rows(quickstart: Place) -> None:
    question = re.search(r'dataset\.sql\("(.*?)"\)', README)
    assert question is not None
    gaps = open_dataset(quickstart.folder / "data", "quickstart").sql(question[1])
    assert len(gaps.df()) == gaps.pl().height == gaps.arrow().num_rows > 0


def test_the_own_recipe_prints_what_the_readme_shows(own_data: Place) -> None:
    first, second = _steps(OWN)
    _compare(first.output, own_data.printed)
    _compare(second.output, _type(second.command, own_data.folder))


def test_a_corrected_file_makes_the_version_that_the_readme_promises(own_data: Place, tmp_path: Path) -> None:
    folder = shutil.copytree(own_data.folder, tmp_path / "project")
    data = folder / "measurements.csv"
    data.write_text(data.read_text(encoding="utf-8").replace("Zn0", "ZnO").replace("2170,30", "2.17,0.03"), "utf-8")
    assert _run([str(PROGRAM), "run", "recipe.toml"], folder).returncode == 7

    assert "films@1.1.0" in _type("matgranary run recipe.toml --update", folder)
    assert sorted(path.name for path in (folder / "data" / "datasets" / "films").glob("1.*")) == ["1.0.0", "1.1.0"]
    changes = {one["table"]: one for one in json.loads(_type("matgranary diff films@1.0.0 films --json", folder))}
    assert (changes["quarantine"]["removed"], changes["properties"]["added"]) == (2, 2)


def test_all_but_the_archive_comes_back_byte_for_byte(own_data: Place, tmp_path: Path) -> None:
    folder = shutil.copytree(own_data.folder, tmp_path / "project")
    store = folder / "data"
    for path in (store / "records", store / "datasets", store / "releases"):
        shutil.rmtree(path)
    for path in store.glob("raw/ledger.sqlite*"):
        path.unlink()

    _type("matgranary run recipe.toml --locked --offline", folder)

    before = {p.relative_to(own_data.folder): p for p in own_data.folder.glob("data/datasets/*/*/**/*") if p.is_file()}
    after = {p.relative_to(folder): p for p in folder.glob("data/datasets/*/*/**/*") if p.is_file()}
    assert before.keys() == after.keys()
    differing = {path.name for path in before if before[path].read_bytes() != after[path].read_bytes()}
    assert differing <= {"films.duckdb", "checksums.json"}


@pytest.mark.parametrize("view", re.findall(r"^## The view (\w+)", QUERIES, re.MULTILINE))
def test_a_view_has_the_columns_that_the_page_lists(view: str, quickstart: Place) -> None:
    section = QUERIES.split(f"## The view {view}\n")[1].split("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", section, re.MULTILINE)
    rows = open_dataset(quickstart.folder / "data").sql(f"DESCRIBE {view}").rows()
    assert [(row["column_name"], row["column_type"]) for row in rows] == listed


@pytest.mark.parametrize("question", _blocks(QUERIES, "sql"), ids=range(len(_blocks(QUERIES, "sql"))))
def test_a_question_of_the_page_has_an_answer(question: str, quickstart: Place) -> None:
    rows = open_dataset(quickstart.folder / "data").sql(question).arrow().num_rows
    # Nothing is quarantined in the quickstart.
    assert rows > 0 or "FROM quarantine" in question


def test_a_script_without_a_guard_can_curate(tmp_path: Path) -> None:
    cell = {"lattice": {"matrix": [[4.2, 0, 0], [0, 4.2, 0], [0, 0, 4.2]]}, "sites": []}
    sites = [
        {"species": [{"element": "Cs", "occu": 1}], "abc": [0, 0, 0]},
        {"species": [{"element": "Cl", "occu": 1}], "abc": [0.5, 0.5, 0.5]},
    ]
    (tmp_path / "cells.json").write_text(str([{"id": "1", "cell": cell | {"sites": sites}}]).replace("'", '"'), "utf-8")
    (tmp_path / "cells.toml").write_text(
        '[card]\ntitle = "a"\nlicence = "CC0-1.0"\norigin = "a"\nattribution = "a"\n'
        '[rows]\nid = "id"\nstructure = { field = "cell", format = "pymatgen" }\n',
        encoding="utf-8",
    )
    (tmp_path / "recipe.toml").write_text(
        '[dataset]\nname = "cells"\ntitle = "a"\nlicence = "CC0-1.0"\n'
        '[[sources]]\nsource = "files"\npath = "cells.json"\ncard = "cells.toml"\n',
        encoding="utf-8",
    )
    (tmp_path / "script.py").write_text(
        "import curation\nimport harvest\n\nwith harvest.open_store('data') as store:\n"
        "    store.harvest('recipe.toml')\ncuration.curate('data', 'cells')\n",
        encoding="utf-8",
    )
    done = _run([sys.executable, "script.py"], tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_reason_in_the_quarantine_is_written_for_people(own_data: Place) -> None:
    rows = open_dataset(own_data.folder / "data").sql("SELECT reasons FROM quarantine").rows()
    assert "pydantic" not in str(rows)


def test_sources_shows_what_the_store_has_of_them(quickstart: Place, tmp_path: Path) -> None:
    assert "what the store has of them" in _run([str(PROGRAM), "sources", "--help"], tmp_path).stdout.replace("\n", " ")
    filled = _type(f"matgranary sources --json --store {quickstart.folder / 'data'}", tmp_path)
    assert filled != _type(f"matgranary sources --json --store {tmp_path / 'empty'}", tmp_path)
