"""Generated files: equal to what generates them; the schemas hold together and say the units."""

from __future__ import annotations

import importlib.util
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from curation.datasets.tables import TABLES
from harvest.records.writer import TABLES as RECORD_TABLES
from harvest.registry import source_names
from schemas import export
from schemas.arrow import arrow_schema
from schemas.properties import load_properties

if TYPE_CHECKING:
    from types import ModuleType

PROJECT = Path(__file__).parents[2]
SCHEMAS = sorted(PROJECT.glob("schemas/json/*.json"))


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", PROJECT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _read(path: Path) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def _inside(node: object) -> list[dict[str, Any]]:
    children = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    return ([node] if isinstance(node, dict) else []) + [found for child in children for found in _inside(child)]


@pytest.mark.parametrize("path", sorted(export.generated()))
def test_a_generated_file_is_what_schemas_export_writes(path: str) -> None:
    assert (PROJECT / path).read_text(encoding="utf-8") == export.generated()[path], "run python docs/generate.py"


@pytest.mark.parametrize("path", ["docs/commands.md", "docs/recipes.md"])
def test_a_generated_page_is_what_docs_generate_writes(path: str) -> None:
    assert (PROJECT / path).read_text(encoding="utf-8") == _generator().generated()[path], "run python docs/generate.py"


def test_the_folder_of_schemas_holds_nothing_else() -> None:
    assert {f"schemas/json/{path.name}" for path in SCHEMAS} == {p for p in export.generated() if p.endswith(".json")}


def test_check_names_a_file_that_differs_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert export.main(["--root", str(tmp_path)]) == 0
    assert export.main(["--root", str(tmp_path), "--check"]) == 0
    damaged = tmp_path / "schemas" / "json" / "recipe.schema.json"
    damaged.write_text("{}", encoding="utf-8")
    capsys.readouterr()

    assert export.main(["--root", str(tmp_path), "--check"]) == 1
    assert "schemas/json/recipe.schema.json: differs" in capsys.readouterr().out
    assert damaged.read_text(encoding="utf-8") == "{}"


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_a_schema_names_its_dialect_and_itself_and_every_reference_leads_somewhere(path: Path) -> None:
    schema = _read(path)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == path.name
    assert schema["title"]
    references = [node["$ref"] for node in _inside(schema) if "$ref" in node]
    assert {reference.removeprefix("#/$defs/") for reference in references} == set(schema.get("$defs", {}))


@pytest.mark.parametrize("name", [name for name in export.SCHEMAS if name.startswith(("dataset_", "records_"))])
def test_a_schema_says_the_unit_of_each_column_that_has_one(name: str) -> None:
    properties = _read(PROJECT / "schemas" / "json" / f"{name}.schema.json")["properties"]
    units = {field.name: (field.metadata or {}).get(b"unit") for field in arrow_schema(export.SCHEMAS[name])}
    assert {column: one.get("unit") for column, one in properties.items()} == {
        column: unit.decode() if unit else None for column, unit in units.items()
    }


def test_the_lattice_vectors_of_a_structure_are_in_angstrom() -> None:
    schema = _read(PROJECT / "schemas" / "json" / "material_record.schema.json")
    assert schema["$defs"]["Structure"]["properties"]["lattice_vectors"]["unit"] == "angstrom"


def test_the_documented_tables_are_those_that_are_written() -> None:
    assert {table.name: table.row for table in TABLES} == export.DATASET_TABLES
    assert RECORD_TABLES == export.RECORD_TABLES


def test_every_column_of_every_table_stands_in_the_documentation() -> None:
    page = (PROJECT / "docs" / "tables.md").read_text(encoding="utf-8")
    head, records = page.split("## Tables of the records of a source")
    for text, tables in ((head, export.DATASET_TABLES), (records, export.RECORD_TABLES)):
        for name, model in tables.items():
            section = text.split(f"### {name}\n")[1].split("\n### ")[0]
            assert re.findall(r"^\| `(\w+)`", section, re.MULTILINE) == list(model.model_fields), name


def test_every_property_stands_once_in_the_documentation() -> None:
    page = (PROJECT / "docs" / "properties.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| `(\w+)`", page, re.MULTILINE)
    assert sorted(listed) == sorted(load_properties().ids)


@pytest.mark.parametrize("name", source_names())
def test_an_installed_source_has_its_options_in_the_documentation(name: str) -> None:
    page = (PROJECT / "docs" / "recipes.md").read_text(encoding="utf-8")
    block = page.split(f"\n### {name}\n")[1].split(f"<!-- generated: options {name} -->")[1].split("<!-- end -->")[0]
    assert set(re.findall(r"^\| `(\w+)`", block, re.MULTILINE)) == set(_generator().options_of(name).model_fields)


def test_every_generated_block_of_the_page_of_recipes_is_one_that_is_generated() -> None:
    page = (PROJECT / "docs" / "recipes.md").read_text(encoding="utf-8")
    empty = re.findall(r"<!-- generated: ([\w ]+) -->\n<!-- end -->", page)
    assert empty == []
    assert page.count("<!-- generated: ") == page.count("<!-- end -->") > 10


@pytest.mark.parametrize("path", sorted(PROJECT.glob("data/recipes/*.toml")), ids=lambda path: path.name)
def test_a_recipe_names_the_schema_and_keeps_to_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    header = re.match(r"#:schema (\S+)\n", text)
    assert header is not None
    named = (path.parent / header[1]).resolve()
    assert named == PROJECT / "schemas" / "json" / "recipe.schema.json"
    assert _unknown_keys(tomllib.loads(text), _read(named), _read(named)["$defs"]) == []


def test_the_schema_of_recipes_knows_a_wrong_key_from_a_right_one() -> None:
    schema = _read(PROJECT / "schemas" / "json" / "recipe.schema.json")
    recipe = {"dataset": {"name": "x", "licences": "MIT"}, "sources": [{"source": "files", "path": "x.csv"}]}
    assert _unknown_keys(recipe, schema, schema["$defs"]) == ["licences"]


def _unknown_keys(value: object, schema: dict[str, Any], definitions: dict[str, Any]) -> list[str]:
    """Return the keys that a schema does not allow, at any depth."""
    while "$ref" in schema:
        schema = definitions[schema["$ref"].removeprefix("#/$defs/")]
    if isinstance(value, list):
        return [key for item in value for key in _unknown_keys(item, schema["items"], definitions)]
    if not isinstance(value, dict):
        return []
    known = schema["properties"]
    unknown = [] if schema.get("additionalProperties") is True else [key for key in value if key not in known]
    inside = [
        key for name, one in value.items() if name in known for key in _unknown_keys(one, known[name], definitions)
    ]
    return unknown + inside
