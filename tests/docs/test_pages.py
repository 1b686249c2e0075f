"""Pages: links lead somewhere, commands and exit codes are all there, sources have a card and an entry point."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer

from curation.cli import HELP, make_app
from harvest.formats.file_card import FileCard
from harvest.formats.rows import NAME
from harvest.formats.single_row import TEXT
from harvest.formats.structures import STRUCTURE_FORMATS
from harvest.registry import load_source, source_names
from schemas.recipe import Recipe, read_toml

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[2]
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md"), *PROJECT.glob("data/**/*.md")])
# What would tell of the place where a page was written instead of the project.
# Paths of one machine, marks of unfinished work, addresses of a package index.
FOREIGN = re.compile(r"/(?:work|tmp|root|home)/|\b(?:TODO|FIXME)\b|\bpypi\b|localhost:\d", re.IGNORECASE)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _prose(path: Path) -> str:
    return re.sub(r"^```.*?^```", "", _text(path), flags=re.MULTILINE | re.DOTALL)


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _links(path: Path) -> list[str]:
    return re.findall(r"\]\(([^)\s]+)\)", _prose(path))


def _name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_to_a_file_leads_to_a_file_and_to_a_heading_of_it(page: Path) -> None:
    for link in _links(page):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), link
        assert file.is_relative_to(PROJECT), link
        if anchor:
            assert anchor in _anchors(file), link


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_a_page_speaks_of_the_project_alone(page: Path) -> None:
    assert FOREIGN.findall(_text(page)) == []


@pytest.mark.parametrize("page", sorted(PROJECT.glob("docs/*.md")), ids=_name)
def test_every_page_of_the_documentation_is_linked_from_the_readme(page: Path) -> None:
    assert f"docs/{page.name}" in _links(PROJECT / "README.md")


@pytest.mark.parametrize("path", sorted(PROJECT.glob("docs/*.md")), ids=_name)
def test_every_code_file_that_a_page_names_exists(path: Path) -> None:
    named = re.findall(r"`((?:harvest|curation|schemas|docs|tests|data)/[\w./]*)`", _prose(path))
    missing = [name for name in named if not (PROJECT / name).exists()]
    # Made by a run; not taken; a place holder; in the folder of a release.
    made = {"data/raw/", "data/sources/", "harvest/sources/NAME.toml"}
    made |= {f"data/{name}" for name in ("manifest.json", "representations/", "splits/")}
    assert set(missing) <= made


def _commands() -> dict[str, Any]:
    """Return the commands by the words that are typed, those of groups too."""
    return dict(_flat("", typer.main.get_command(make_app())))


def _flat(prefix: str, group: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 — typer's own class is private
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _flat(f"{prefix}{name} ", command)
        else:
            yield f"{prefix}{name}", command


@pytest.mark.parametrize("name", sorted(_commands()))
def test_every_command_stands_in_the_documentation_with_every_option_and_an_example(name: str) -> None:
    section = _text(PROJECT / "docs" / "commands.md").split(f"\n## {name}\n")[1].split("\n## ")[0]
    for parameter in _commands()[name].params:
        shown = parameter.opts[0] if parameter.param_type_name == "option" else parameter.name.upper()
        assert f"`{shown}" in section
    assert f"```bash\nmatgranary {name}" in section


def test_the_documentation_names_no_command_that_there_is_not() -> None:
    named = {
        word for page in PAGES for word in re.findall(r"(?:`|^\$ )matgranary ([a-z]+)\b", _text(page), re.MULTILINE)
    }
    assert named - {name.partition(" ")[0] for name in _commands()} == set()
    assert len(named) > 5


def test_the_exit_codes_of_the_readme_and_of_the_commands_page_are_those_of_the_help() -> None:
    told = {int(code) for code in re.findall(r"(\d+) [a-z]", HELP.partition("Exit codes:")[2])}
    readme = _text(PROJECT / "README.md").split("## Exit codes")[1].split("\n## ")[0]
    commands = _text(PROJECT / "docs" / "commands.md").split("## Exit codes")[1]
    for page in (readme, commands):
        assert {int(code) for code in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)} == told
    assert {0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 75, 130} == told


def test_every_make_command_of_the_readme_is_in_the_makefile() -> None:
    named = re.findall(r"^make (\w+)", _text(PROJECT / "README.md"), re.MULTILINE)
    targets = re.findall(r"^(\w+):.*##", _text(PROJECT / "Makefile"), re.MULTILINE)
    assert named[:2] == ["run", "test"]
    assert set(named) <= set(targets)


def test_every_source_has_a_card_an_entry_point_and_its_place_in_the_documentation() -> None:
    cards = {path.stem for path in PROJECT.glob("harvest/sources/*.toml")}
    modules = {path.stem for path in PROJECT.glob("harvest/sources/*.py")} - {"__init__"}
    modules |= {path.parent.name for path in PROJECT.glob("harvest/sources/*/__init__.py")}
    declared = tomllib.loads(_text(PROJECT / "pyproject.toml"))["project"]["entry-points"]["matgranary.sources"]
    recipes = _text(PROJECT / "docs" / "recipes.md")
    assert cards == modules == set(declared) == set(source_names())
    for name in source_names():
        assert load_source(name).card.name == name
        assert f"\n### {name}\n" in recipes


def test_every_representation_stands_in_the_documentation() -> None:
    names = {point.name for point in entry_points(group="matgranary.representers")}
    page = _text(PROJECT / "docs" / "representations.md")
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_every_table_of_a_recipe_and_every_structure_format_is_described() -> None:
    page = _text(PROJECT / "docs" / "recipes.md")
    tables = set(re.findall(r"^### `\[+(\w+)\]+`$", page, re.MULTILINE))
    assert set(Recipe.model_fields) <= tables
    formats = page.split("| format | the field holds |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", formats, re.MULTILINE)) == set(STRUCTURE_FORMATS)
    assert NAME in page
    assert TEXT in page


def test_every_depositor_is_named_where_recipes_are_told() -> None:
    page = _text(PROJECT / "docs" / "recipes.md").split("### `[release]`")[1].split("\n## ")[0]
    names = {point.name for point in entry_points(group="matgranary.depositors")}
    assert {name for name in names if f"`{name}`" not in page} == set()


def test_the_example_of_a_connector_is_found_where_connectors_are_told() -> None:
    for page in ("CONTRIBUTING.md", "docs/recipes.md", "docs/architecture.md"):
        assert "example_source/README.md)" in _text(PROJECT / page), page


A_CARD = """
[card]
title = "a"
licence = "CC-BY-4.0"
origin = "a"
attribution = "a"

[rows]
id = "id"
formula = "formula"
"""


@pytest.mark.parametrize("page", [PROJECT / "README.md", PROJECT / "docs" / "recipes.md"], ids=_name)
def test_every_recipe_and_card_that_a_page_shows_passes_its_check(page: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```", _text(page), re.MULTILINE | re.DOTALL)
    checked = 0
    for text in blocks:
        tables = tomllib.loads(text)
        if "card" in tables:
            read_toml(FileCard, text, file=page.name)
        elif "dataset" in tables:
            read_toml(Recipe, text, file=page.name)
        else:
            for source in tables.get("sources", []):
                options = {key: value for key, value in source.items() if key not in {"source", "name"}}
                if "card" in options:
                    (tmp_path / options["card"]).write_text(A_CARD, encoding="utf-8")
                load_source(source["source"]).plan("shown", options, tmp_path)
        checked += bool(tables)
    assert checked >= 2
