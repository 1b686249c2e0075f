"""Files: what stands in a release folder: size, hash, media type, and what each file is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.release.bag import files_of
from curation.release.facts import ReleasedFile
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path

_MEDIA = {
    ".parquet": "application/x-parquet",
    ".duckdb": "application/vnd.duckdb",
    ".jsonl": "application/jsonl",
    ".json": "application/json",
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".html": "text/html",
    ".ttl": "text/turtle",
    ".cff": "application/yaml",
    ".bib": "application/x-bibtex",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
}
_SAID = {
    "data/manifest.json": "What the dataset version consists of and was made from",
    "optimade.jsonl": "Materials with a structure, for OPTIMADE servers",
    "CHANGELOG.md": "What changed since the version before",
    "release.json": "What the release was made from, and on which terms",
    "README.md": "The data card",
    "LICENSES.csv": "Licences of the rows, by source",
    "ATTRIBUTION.md": "Whom to name, and how",
    "CITATION.cff": "How to cite",
    "citation.bib": "How to cite, for BibTeX",
    "citation.txt": "How to cite, in one line",
    "datacite.json": "Metadata of the DOI (DataCite 4.5)",
    "croissant.json": "The tables for machine learning (Croissant 1.1)",
    "datapackage.json": "The tables as a data package (Frictionless)",
    "prov.json": "Provenance (W3C PROV-JSON)",
    "landing/index.html": "The release in a browser",
    "landing/sql.html": "The release in SQL, in a browser, from a web server",
    "landing/metadata.ttl": "Metadata for data catalogues (DCAT 3)",
    "landing/provenance.ttl": "Provenance (W3C PROV-O)",
    "landing/linkset.json": "Links for machines (RFC 9264)",
}


def released_files(folder: Path) -> tuple[ReleasedFile, ...]:
    """Return the files of a folder, sorted by path."""
    return tuple(_file(folder, path) for path in files_of(folder))


def _file(folder: Path, path: str) -> ReleasedFile:
    file = folder / path
    media_type = _MEDIA.get(file.suffix, "application/octet-stream")
    return ReleasedFile(path, sha256_of_file(file), file.stat().st_size, media_type, _described(path))


def _described(path: str) -> str:
    if path in _SAID:
        return _SAID[path]
    if path.startswith("landing/sql/"):
        return "DuckDB for browsers"
    kind, _, rest = path.removeprefix("data/").partition("/")
    if kind == "representations":
        return f"Representation {rest.partition('/')[0]}"
    if kind == "splits":
        return f"Split {rest.partition('/')[0]}"
    return "All tables but structures, for DuckDB" if path.endswith(".duckdb") else f"Part of the table {kind}"
