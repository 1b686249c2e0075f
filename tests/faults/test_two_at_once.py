"""Two processes and one store: of two writers one wins, readers are in nobody's way."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from schemas.store_lock import hold_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Matgranary = Callable[..., subprocess.CompletedProcess[str]]
    Outcome = Callable[[Path, Path], dict[str, object]]

LOCKED = 11
COUNT = "SELECT count(*) AS n FROM materials"


@pytest.fixture
def start(command: list[str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """A function that starts the command line and does not wait."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: object) -> subprocess.Popen[str]:
        line = [*command, *map(str, arguments)]
        started.append(subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, small: Callable[[Path], Path], matgranary: Matgranary) -> Path:
    """The recipe of a small project that one process has run."""
    recipe = small(tmp_path_factory.mktemp("alone") / "project")
    assert matgranary("run", recipe, "--store", recipe.parent / "store").returncode == 0
    return recipe


@pytest.fixture
def made(tmp_path: Path, alone: Path) -> Path:
    """The recipe of a copy of that project."""
    return shutil.copytree(alone.parent, tmp_path / "made") / alone.name


def test_of_two_runs_at_once_one_wins(
    tmp_path: Path,
    small: Callable[[Path], Path],
    start: Callable[..., subprocess.Popen[str]],
    matgranary: Matgranary,
    outcome: Outcome,
    alone: Path,
) -> None:
    shared = small(tmp_path / "shared")
    store = shared.parent / "store"
    both = [start("run", shared, "--store", store, "--json") for _ in range(2)]
    said = [json.loads(process.communicate()[0]) for process in both]
    assert sorted(process.returncode for process in both) == [0, LOCKED]
    (loser,) = (answer for answer in said if "error" in answer)
    assert "another process writes" in loser["message"]
    assert outcome(shared, store) == outcome(alone, alone.parent / "store")
    assert matgranary("verify", "--store", store).returncode == 0


def test_recipes_in_one_folder_keep_their_parts_of_the_lock(
    tmp_path: Path,
    small: Callable[[Path], Path],
    start: Callable[..., subprocess.Popen[str]],
    matgranary: Matgranary,
) -> None:
    recipes = [small(tmp_path / "shared")]
    recipes.append(recipes[0].with_name("other.toml"))
    recipes[1].write_text(recipes[0].read_text(encoding="utf-8").replace('"small"', '"other"'), encoding="utf-8")
    stores = [recipe.with_name(f"store-of-{recipe.stem}") for recipe in recipes]
    both = [start("run", recipe, "--store", store) for recipe, store in zip(recipes, stores, strict=True)]
    said = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    for recipe, store in zip(recipes, stores, strict=True):
        locked = matgranary("run", recipe, "--store", store, "--locked", "--offline")
        assert locked.returncode == 0, locked.stderr
    assert not [file.name for file in recipes[0].parent.glob(".*")]


@pytest.mark.parametrize("arguments", [("run", "RECIPE"), ("harvest", "RECIPE"), ("curate", "small")])
def test_a_held_store_is_refused_at_once(
    arguments: tuple[str, str], tmp_path: Path, small: Callable[[Path], Path], matgranary: Matgranary
) -> None:
    recipe = small(tmp_path / "project")
    store = recipe.parent / "store"
    words = [recipe if word == "RECIPE" else word for word in arguments]
    with hold_store(store):
        refused = matgranary(*words, "--store", store)
    assert refused.returncode == LOCKED, refused.stderr
    assert str(store) in refused.stderr


def test_readers_are_answered_while_a_writer_makes_the_next_version(
    made: Path, start: Callable[..., subprocess.Popen[str]], matgranary: Matgranary
) -> None:
    store = made.parent / "store"
    before = _count(matgranary, store)
    _longer(made)
    writer = start("run", made, "--store", store, "--update", "--json")
    answers = []
    while writer.poll() is None:
        answers.append(_count(matgranary, store))
        time.sleep(0.5)
    said, wrong = writer.communicate()
    assert writer.returncode == 0, wrong
    assert json.loads(said)["dataset"] == "small@1.1.0"
    assert len(answers) >= 2
    assert answers[0] == before
    after = _count(matgranary, store)
    assert after == before + 1
    assert set(answers) <= {before, after}


@pytest.mark.parametrize("arguments", [("query", COUNT), ("datasets",), ("verify",), ("lineage", "m")])
def test_a_reader_does_not_wait_for_the_lock(arguments: tuple[str, ...], made: Path, matgranary: Matgranary) -> None:
    store = made.parent / "store"
    if arguments[0] == "lineage":
        arguments = ("lineage", _first_material(matgranary, store))
    with hold_store(store):
        answer = matgranary(*arguments, "--store", store)
    assert answer.returncode == 0, answer.stderr


def _first_material(matgranary: Matgranary, store: Path) -> str:
    answer = matgranary("query", "SELECT min(material_id) AS id FROM materials", "--store", store, "--json")
    return str(json.loads(answer.stdout)[0]["id"])


def _count(matgranary: Matgranary, store: Path) -> int:
    answer = matgranary("query", COUNT, "--store", store, "--json")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    count: int = json.loads(answer.stdout)[0]["n"]
    return count


def _longer(recipe: Path) -> None:
    """Give the data of a small project one more row."""
    file = recipe.parent / "energies.jsonl"
    row = {"formula": "Rb3Lu7", "exp energy": -0.1, "uncertainty": None, "mpid": None}
    file.write_text(file.read_text(encoding="utf-8") + json.dumps(row) + "\n", encoding="utf-8")
