"""Citation: how to cite a release, for people, for CITATION.cff (1.2.0) and for BibTeX."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from curation.release.plain import yaml_string

if TYPE_CHECKING:
    from curation.release.facts import Facts
    from curation.release.people import Person

_BIBTEX_SPECIAL = re.compile(r"[\\{}$&#^_%~]")
_BIBTEX_WRITTEN = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}


def citation_text(facts: Facts) -> str:
    """Return one line: creators (year): title, version. Publisher. Identifier."""
    people = "; ".join(person.name for person in facts.people)
    manifest = facts.manifest
    return (
        f"{people} ({facts.year}): {manifest.title}, version {manifest.version}. {facts.publisher}. {facts.identifier}"
    )


def citation_file(facts: Facts) -> str:
    """Return the CITATION.cff."""
    manifest = facts.manifest
    lines = [
        "cff-version: 1.2.0",
        "message: If you use this dataset, cite it and its sources.",
        "type: dataset",
        f"title: {yaml_string(manifest.title)}",
        f"version: {json.dumps(manifest.version)}",
        f"date-released: {facts.date}",
        f"license: {manifest.licence}",
        *([f"doi: {yaml_string(facts.terms.doi)}"] if facts.terms.doi else []),
        *([f"url: {yaml_string(facts.terms.url)}"] if facts.terms.url else []),
        f"abstract: {yaml_string(facts.description)}",
        "authors:",
        *[line for person in facts.people for line in _author(person)],
        "keywords:",
        *[f"  - {yaml_string(word)}" for word in facts.keywords],
    ]
    return "\n".join(lines) + "\n"


def _author(person: Person) -> list[str]:
    if person.is_person:
        said = {"family-names": person.family, "given-names": person.given, "affiliation": person.affiliation.name}
    else:
        said = {"name": person.name}
    lines = [f"    {key}: {yaml_string(value)}" for key, value in said.items() if value]
    lines += [f"    orcid: {person.address}"] if person.address else []
    return [f"  - {lines[0].lstrip()}", *lines[1:]]


def bibtex(facts: Facts) -> str:
    """Return an entry for BibTeX and BibLaTeX."""
    manifest = facts.manifest
    fields = {
        "author": " and ".join(
            f"{_tex(person.family)}, {_tex(person.given)}" if person.given else f"{{{_tex(person.name)}}}"
            for person in facts.people
        ),
        "title": f"{{{_tex(manifest.title)}}}",
        "year": facts.year,
        "publisher": _tex(facts.publisher),
        "version": manifest.version,
        "doi": facts.terms.doi or "",
        "url": facts.address if facts.address.startswith("http") else "",
        "note": "" if facts.terms.doi else _tex(facts.identifier),
    }
    body = "".join(f"  {key} = {{{value}}},\n" for key, value in fields.items() if value)
    return f"@misc{{{facts.id},\n{body}}}\n"


def _tex(text: str) -> str:
    flat = " ".join(text.split())
    return _BIBTEX_SPECIAL.sub(lambda found: _BIBTEX_WRITTEN.get(found[0], f"\\{found[0]}"), flat)
