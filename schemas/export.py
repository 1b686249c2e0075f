"""Export: models in; the JSON Schemas and the generated pages of the documentation out.

`python -m schemas.export` writes them, `--check` names those that differ and exits with 1. What it writes is never
edited by hand.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from schemas.arrow import arrow_schema
from schemas.dataset import (
    DuplicateRow,
    EntryRow,
    Manifest,
    MaterialRow,
    PropertyRow,
    QuarantineRow,
    RawObjectRow,
    StructureRow,
)
from schemas.disk import write_file
from schemas.material import MaterialRecord
from schemas.measurement import PropertyValue
from schemas.properties import PropertyDefinition, load_properties
from schemas.recipe import Recipe
from schemas.records import EntryRecordRow, PropertyRecordRow, RawObjectRecordRow, RecordSet, RejectedRow
from schemas.representation import RepresentationSpec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pydantic import BaseModel

__all__ = ["DATASET_TABLES", "RECORD_TABLES", "SCHEMAS", "generated", "main", "markdown_table", "write_or_check"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
DATASET_TABLES: dict[str, type[BaseModel]] = {
    "materials": MaterialRow,
    "entries": EntryRow,
    "structures": StructureRow,
    "properties": PropertyRow,
    "duplicates": DuplicateRow,
    "quarantine": QuarantineRow,
    "provenance": RawObjectRow,
}
RECORD_TABLES: dict[str, type[BaseModel]] = {
    "entries": EntryRecordRow,
    "properties": PropertyRecordRow,
    "rejected": RejectedRow,
    "raw_objects": RawObjectRecordRow,
}
SCHEMAS: dict[str, type[BaseModel]] = {
    "recipe": Recipe,
    "material_record": MaterialRecord,
    "property_value": PropertyValue,
    "property_definition": PropertyDefinition,
    "representation": RepresentationSpec,
    "manifest": Manifest,
    "record_set": RecordSet,
    **{f"dataset_{name}": model for name, model in DATASET_TABLES.items()},
    **{f"records_{name}": model for name, model in RECORD_TABLES.items()},
}
_HEAD = "<!-- Written by `python -m schemas.export`; do not edit. -->\n\n"
_TABLES_INTRO = """# Tables

A dataset version holds seven tables, each a folder of Parquet files. The records that harvesting leaves for curation
are four more. Units and descriptions below also stand in the metadata of the Parquet columns, and in
[`schemas/json/`](../schemas/json/) as JSON Schema. The views that a dataset offers beside its tables are on the page
[queries](queries.md).

"""
_PROPERTIES_INTRO = """# Properties

The property dictionary: {count} properties in {families} families. Each is defined once, in
[`schemas/properties.toml`](../schemas/properties.toml); connectors, the reader of tables, conversion and checks all
use that definition. `matgranary properties WORD` searches it.

- *unit*: the canonical unit, by pint's spelling; `1` is dimensionless. Every value is converted to it, and the value
  as given is kept beside it.
- *plausible*: a value outside is kept and flagged `outside_plausible_range`.
- *possible*: a value outside cannot be; it is quarantined with the reason `outside_possible_range`.
- *also known as*: the field of OPTIMADE and the quantity kind of QUDT, where there is one.

"""


def generated() -> dict[str, str]:
    """Return every generated file: its path relative to the project, and its text."""
    schemas = {f"schemas/json/{name}.schema.json": _json_schema(name, model) for name, model in SCHEMAS.items()}
    return schemas | {"docs/tables.md": _tables_page(), "docs/properties.md": _properties_page()}


def markdown_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown; a bar inside a cell is escaped."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join("| " + " | ".join(_cell(cell) for cell in line) + " |\n" for line in lines)


def write_or_check(files: Mapping[str, str], root: Path, *, check: bool) -> list[str]:
    """Write the files that differ from what is on disk, or only look; return their paths."""
    differing = [path for path, text in files.items() if _present(root / path) != text]
    for path in differing:
        if not check:
            write_file(root / path, files[path].encode())
    return differing


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the generated files, or check them; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m schemas.export", description="Write what the models generate.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file differs")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[1], help="folder of the project")
    given = parser.parse_args(arguments)
    differing = write_or_check(generated(), given.root, check=given.check)
    for path in differing:
        sys.stdout.write(f"{path}: {'differs; run python -m schemas.export' if given.check else 'written'}\n")
    return 1 if given.check and differing else 0


def _json_schema(name: str, model: type[BaseModel]) -> str:
    schema: dict[str, Any] = {"$schema": DIALECT, "$id": f"{name}.schema.json", **model.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _tables_page() -> str:
    parts = [_HEAD, _TABLES_INTRO, "## Tables of a dataset version\n"]
    parts += [_table_section(name, model) for name, model in DATASET_TABLES.items()]
    parts += ["\n## Tables of the records of a source\n"]
    parts += [_table_section(name, model) for name, model in RECORD_TABLES.items()]
    return "".join(parts)


def _table_section(name: str, model: type[BaseModel]) -> str:
    rows = []
    for field in arrow_schema(model):
        said = {key.decode(): value.decode() for key, value in (field.metadata or {}).items()}
        kind = _code(_type_name(field.type)) + (" or null" if field.nullable else "")
        rows.append((_code(field.name), kind, _code(said.get("unit", "")), said.get("description", "")))
    return f"\n### {name}\n\n{_one_line(model)}\n\n" + markdown_table(("column", "type", "unit", "description"), rows)


def _type_name(kind: pa.DataType) -> str:
    if pa.types.is_map(kind):
        return f"map<{_type_name(kind.key_type)}, {_type_name(kind.item_type)}>"
    if pa.types.is_list(kind):
        return f"list<{_type_name(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{', '.join(f'{field.name}: {_type_name(field.type)}' for field in kind)}>"
    return str(kind)


def _properties_page() -> str:
    definitions = sorted(load_properties().definitions, key=lambda definition: (definition.family, definition.id))
    families = {family: list(group) for family, group in groupby(definitions, key=lambda d: d.family)}
    columns = ("property", "unit", "plausible", "possible", "symbols", "description", "also known as")
    parts = [_HEAD, _PROPERTIES_INTRO.format(count=len(definitions), families=len(families))]
    parts.append(" · ".join(f"[{family}](#{family}) ({len(group)})" for family, group in families.items()) + "\n")
    for family, group in families.items():
        parts.append(f"\n## {family}\n\n{markdown_table(columns, [_property_row(one) for one in group])}")
    return "".join(parts)


def _property_row(definition: PropertyDefinition) -> tuple[str, ...]:
    kind = "" if definition.kind == "scalar" else f" ({definition.kind.value})"
    others = (f"OPTIMADE `{definition.optimade}`" if definition.optimade else "", _code(definition.qudt or ""))
    return (
        _code(definition.id) + kind,
        _code(definition.unit),
        str(definition.plausible or ""),
        str(definition.possible or ""),
        ", ".join(_code(symbol) for symbol in definition.symbols),
        definition.description,
        ", ".join(other for other in others if other),
    )


def _one_line(model: type[BaseModel]) -> str:
    return " ".join((inspect.getdoc(model) or "").split())


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _present(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    raise SystemExit(main())
