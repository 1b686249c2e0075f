"""Describe: the facts of a release in, all files that describe it out; nothing is typed twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from curation.release.attribution import attribution, licence_table
from curation.release.card import readme
from curation.release.files import released_files
from curation.release.landing.page import landing_page
from curation.release.landing.sql_page import write_sql_page
from curation.release.metadata.citation import bibtex, citation_file, citation_text
from curation.release.metadata.croissant import croissant
from curation.release.metadata.datacite import datacite
from curation.release.metadata.dcat import dcat
from curation.release.metadata.frictionless import data_package
from curation.release.metadata.linkset import linkset
from curation.release.metadata.prov import prov_json, prov_turtle
from curation.release.metadata.ro_crate import ro_crate

if TYPE_CHECKING:
    from pathlib import Path

    from curation.datasets.open import Dataset
    from curation.release.facts import Facts
    from curation.release.landing.sql_page import SqlEngine
    from curation.release.selection import LeftOut

CRATE = "ro-crate-metadata.json"


def describe(
    dataset: Dataset, facts: Facts, left_out: tuple[LeftOut, ...], folder: Path, engine: SqlEngine | None = None
) -> None:
    """Write every description into the folder of a release; the crate comes last, because it names the others."""
    (folder / "landing").mkdir()
    texts = {
        "README.md": readme(facts, left_out),
        "LICENSES.csv": licence_table(facts),
        "ATTRIBUTION.md": attribution(facts),
        "CITATION.cff": citation_file(facts),
        "citation.bib": bibtex(facts),
        "citation.txt": citation_text(facts) + "\n",
        "datacite.json": _json(datacite(facts)),
        "croissant.json": _json(croissant(facts)),
        "datapackage.json": _json(data_package(facts)),
        "prov.json": _json(prov_json(facts)),
        "landing/metadata.ttl": dcat(facts),
        "landing/provenance.ttl": prov_turtle(facts),
        "landing/linkset.json": _json(linkset(facts)),
        "landing/index.html": landing_page(dataset, facts),
    }
    for path, text in texts.items():
        (folder / path).write_text(text, encoding="utf-8", newline="\n")
    if engine is not None:
        write_sql_page(facts, engine, folder)
    known = {file.path for file in facts.files}
    others = tuple(file for file in released_files(folder) if file.path not in known)
    (folder / CRATE).write_text(_json(ro_crate(facts, others=others)), encoding="utf-8", newline="\n")


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
