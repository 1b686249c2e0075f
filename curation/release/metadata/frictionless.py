"""Frictionless: the tables as a data package (Data Package 1.0); one resource for each Parquet file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curation.release.metadata.columns import frictionless_type

if TYPE_CHECKING:
    from curation.release.facts import Column, Facts, TableFacts


def data_package(facts: Facts) -> dict[str, Any]:
    """Return the data package.

    Size and hash of a Parquet file are left out: readers compare them with those of the rows as text. They stand in
    the manifest of the bag.
    """
    manifest = facts.manifest
    return {
        "profile": "data-package",
        "name": facts.manifest.dataset,
        "id": facts.identifier,
        "title": manifest.title,
        "description": facts.whole_description,
        "version": manifest.version,
        "created": f"{facts.date}T00:00:00Z",
        "licenses": [{"name": facts.licence.spdx, "path": facts.licence.url, "title": facts.licence.title}],
        "contributors": [{"title": one.name, "role": "author"} for one in facts.people],
        "sources": [{"title": source.title} for source in manifest.sources],
        "keywords": list(facts.keywords),
        "resources": [_resource(table, path) for table in facts.tables for path in table.paths],
    }


def _resource(table: TableFacts, path: str) -> dict[str, Any]:
    name = path.removeprefix("data/").removesuffix(".parquet").replace("/", "-").lower()
    return {
        "name": name,
        "profile": "tabular-data-resource",
        "path": path,
        "title": table.title,
        "format": "parquet",
        "mediatype": "application/x-parquet",
        "schema": {"fields": [_field(column) for column in table.columns], "primaryKey": list(table.key)},
    }


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": frictionless_type(column.kind, required=column.required)}
    field |= {"description": column.description} if column.description else {}
    field |= {"unit": column.unit} if column.unit else {}
    return field | {"constraints": {"required": True}} if column.required else field
