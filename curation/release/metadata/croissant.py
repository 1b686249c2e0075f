"""Croissant: the tables as record sets that machine-learning libraries load (MLCommons Croissant 1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curation.release.metadata.citation import bibtex
from curation.release.metadata.columns import croissant_type, is_list

if TYPE_CHECKING:
    from curation.release.facts import Column, Facts, ReleasedFile, TableFacts

CONFORMS_TO = "http://mlcommons.org/croissant/1.1"
_WORDS = {
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "arrayShape": "cr:arrayShape",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    **_WORDS,
}


def croissant(facts: Facts) -> dict[str, Any]:
    """Return the description; file addresses are relative to it."""
    manifest = facts.manifest
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": facts.id,
        "alternateName": manifest.title,
        "description": facts.whole_description,
        "license": facts.licence.url,
        "url": facts.address,
        "version": manifest.version,
        "datePublished": facts.date,
        "citeAs": bibtex(facts),
        "creator": [
            {"@type": "sc:Person" if one.is_person else "sc:Organization", "name": one.name} for one in facts.people
        ],
        "publisher": {"@type": "sc:Organization", "name": facts.publisher},
        "keywords": list(facts.keywords),
        "distribution": [*map(_file, facts.files), *(_file_set(table) for table in facts.tables)],
        "recordSet": [_record_set(table) for table in facts.tables],
    }


def _file(file: ReleasedFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.path,
        "name": file.path,
        "description": file.description,
        "contentUrl": file.path,
        "contentSize": f"{file.n_bytes} B",
        "encodingFormat": file.media_type,
        "sha256": file.sha256,
    }


def _file_set(table: TableFacts) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{table.name}-files",
        "name": f"{table.name}-files",
        "description": f"All parts of the table {table.name}.",
        "encodingFormat": "application/x-parquet",
        "includes": f"data/{table.name}/*.parquet",
    }


def _record_set(table: TableFacts) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": f"{table.title}: {table.rows:,} rows.",
        "key": [{"@id": f"{table.name}/{name}"} for name in table.key],
        "field": [_field(table, column) for column in table.columns if croissant_type(column.kind)],
    }


def _field(table: TableFacts, column: Column) -> dict[str, Any]:
    said = f"{column.description} Unit: {column.unit}." if column.unit else column.description
    found: dict[str, Any] = {
        "@type": "cr:Field",
        "@id": f"{table.name}/{column.name}",
        "name": column.name,
        "description": said or column.name,
        "dataType": croissant_type(column.kind),
        "source": {"fileSet": {"@id": f"{table.name}-files"}, "extract": {"column": column.name}},
    }
    return found | {"isArray": True, "arrayShape": "-1"} if is_list(column.kind) else found
