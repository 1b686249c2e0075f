from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from curation import open_dataset
from curation.release.package import package
from curation.release.terms import ReleaseTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from curation.build import BuildReport
    from curation.datasets.open import Dataset

PROJECT = Path(__file__).parents[3]
JUDGES = PROJECT / "tests" / "judges"
TERMS = ReleaseTerms(
    released="2026-01-02",
    publisher="Example Repository (https://ror.org/01ggx4157)",
    doi="10.5072/small.1",
    concept_doi="10.5072/small",
    url="https://example.org/small",
)
PERSON = (
    '[{ name = "Ada Example", orcid = "0000-0002-1825-0097", '
    'affiliation = "Example University (https://ror.org/03f0f6041)" }]'
)
ROWS = {
    "lab": [
        {"id": "1", "formula": "NaCl", "value": 1.5442, "note": "halite"},
        {"id": "2", "formula": "ZnS", "value": 2.3676, "note": "sphalerite"},
        {"id": "3", "formula": "MgO", "value": None, "note": "no value"},
    ],
    "other": [{"id": "a", "formula": "NaCl", "value": 1.52, "note": "halite"}],
}
CARD = """
[card]
title = "Rows of {name}"
licence = "{licence}"
origin = "a test"
attribution = "A. Example et al., doi:10.1038/s41597-020-00637-5"
[rows]
id = "id"
formula = "formula"
phase = "note"
[[properties]]
field = "value"
property = "refractive_index"
unit = "1"
method = "experiment"
"""


def load_module(path: str) -> ModuleType:
    """Load a file of the tests by its path: tests are no package."""
    name = f"tests_{path.replace('/', '_')}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, PROJECT / "tests" / f"{path}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def load() -> Callable[[str], ModuleType]:
    """A function that loads a file of the tests by its path, without the ending."""
    return load_module


@dataclass(frozen=True)
class Judges:
    """The process of the judges: a question in, what is wrong out."""

    questions: IO[str]
    answers: IO[str]

    def __call__(self, judge: str, folder: Path) -> list[str]:
        self.questions.write(json.dumps({"judge": judge, "folder": str(folder)}) + "\n")
        self.questions.flush()
        found: list[str] = json.loads(self.answers.readline())
        return found


@pytest.fixture(scope="session")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judges]:
    """The judges of `tests/judges`, in their own environment, started once."""
    python = load_module("judges/environment").environment(JUDGES / "judges.txt", PROJECT / ".venv-judges" / "judges")
    with (
        (tmp_path_factory.mktemp("judges") / "said.txt").open("w", encoding="utf-8") as said,
        subprocess.Popen(
            [python, JUDGES / "judge.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        yield Judges(process.stdin, process.stdout)
        process.stdin.close()


@pytest.fixture(scope="session")
def write_rows() -> Callable[..., Path]:
    """A function that writes a recipe over tables of rows, each under a licence."""
    return written_rows


def written_rows(room: Path, licences: dict[str, str], rows: dict[str, list[dict[str, object]]] | None = None) -> Path:
    """Write a recipe over tables of rows, each under a licence, and return it."""
    room.mkdir(parents=True, exist_ok=True)
    recipe = [
        '[dataset]\nname = "tiny"\ntitle = "A tiny dataset"\nlicence = "CC-BY-4.0"\nkeywords = ["test"]',
        f'description = "Refractive indices for tests."\ncreators = {PERSON}\n',
    ]
    for name, licence in licences.items():
        lines = [json.dumps(row) for row in (rows or ROWS)[name]]
        (room / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        (room / f"{name}.toml").write_text(CARD.format(name=name, licence=licence), encoding="utf-8")
        recipe.append(f'[[sources]]\nsource = "files"\nname = "{name}"\npath = "{name}.jsonl"\ncard = "{name}.toml"\n')
    (room / "recipe.toml").write_text("\n".join(recipe), encoding="utf-8")
    return room / "recipe.toml"


@pytest.fixture(scope="session")
def tiny_store(tmp_path_factory: pytest.TempPathFactory, made: Callable[..., BuildReport]) -> Path:
    """A store with two versions of a dataset of three materials; to be read."""
    room = tmp_path_factory.mktemp("tiny")
    licences = {"lab": "CC-BY-4.0", "other": "CC0-1.0"}
    made(written_rows(room / "project", licences, {**ROWS, "lab": ROWS["lab"][:2]}), room / "store")
    made(written_rows(room / "project", licences), room / "store", update=True)
    return room / "store"


@pytest.fixture(scope="session")
def tiny(tiny_store: Path) -> Dataset:
    return open_dataset(tiny_store)


@pytest.fixture(scope="session")
def tiny_release(tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the tiny dataset, with all that a release can say of itself; to be read."""
    return package(tiny, tmp_path_factory.mktemp("tiny-release"), TERMS).folder


@pytest.fixture
def own_release(tiny_release: Path, tmp_path: Path) -> Path:
    """A copy of the release of the tiny dataset, to be broken."""
    shutil.copytree(tiny_release, tmp_path / "broken")
    return tmp_path / "broken"


@pytest.fixture(scope="session")
def small_release(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the excerpt of the samples, with structures and an article; to be read."""
    return package(open_dataset(store), tmp_path_factory.mktemp("small-release"), TERMS).folder
