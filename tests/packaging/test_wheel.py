from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGES = ("harvest", "curation", "schemas")
LEFT_BEHIND = shutil.ignore_patterns("__pycache__", "*.pyc", ".building-*")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of a copy of the project."""
    room = tmp_path_factory.mktemp("project")
    for name in PACKAGES:
        shutil.copytree(PROJECT / name, room / name, ignore=LEFT_BEHIND)
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff"):
        shutil.copy(PROJECT / name, room / name)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(room / "dist")],
        cwd=room,
        capture_output=True,
        check=True,
    )
    (built,) = (room / "dist").glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_top_level_is_the_three_packages(wheel: zipfile.ZipFile) -> None:
    top = {name.partition("/")[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == set(PACKAGES)
    assert len(top) == 4


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_is_typed(wheel: zipfile.ZipFile, package: str) -> None:
    assert f"{package}/py.typed" in wheel.namelist()


def test_every_file_of_the_packages_is_there_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    expected = {
        path.relative_to(PROJECT).as_posix()
        for package in PACKAGES
        for path in (PROJECT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected


def test_tables_cards_and_the_dictionary_are_there(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    cards = {f"harvest/sources/{path.name}" for path in (PROJECT / "harvest" / "sources").glob("*.toml")}
    tables = {path.relative_to(PROJECT).as_posix() for path in (PROJECT / "curation" / "represent").rglob("*.parquet")}
    assert cards
    assert tables
    assert cards | tables | {"schemas/properties.toml", "schemas/elements.csv"} <= names


def test_entry_points_name_what_is_there(wheel: zipfile.ZipFile) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    targets = [*project["scripts"].values()]
    targets += [target for group in project["entry-points"].values() for target in group.values()]
    names = set(wheel.namelist())
    for target in targets:
        module, _, attribute = target.partition(":")
        path = module.replace(".", "/")
        (file,) = names & {f"{path}.py", f"{path}/__init__.py"}
        text = wheel.read(file).decode()
        assert re.search(rf"\b(?:class|def) {attribute}\b|\b{attribute}\b[^\n]* = ", text), target


def test_the_metadata_says_name_version_and_licence(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    text = wheel.read(name).decode()
    assert "\nName: matgranary\n" in text
    assert "\nLicense-Expression: Apache-2.0\n" in text
    assert any(file.endswith("/licenses/LICENSE") for file in wheel.namelist())
