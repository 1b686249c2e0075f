"""Hugging Face: the head of a data card, by which `datasets` loads each table of a release folder by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curation.release.facts import Facts

# Where the hub's name of a licence is not the SPDX id in lower case (its list of licences, 2026).
_NAMES = {"odbl-1.0": "odbl", "odc-by-1.0": "odc-by", "pddl-1.0": "pddl"}
_OTHER = frozenset({"cc-pddc"})


def front_matter(facts: Facts) -> str:
    """Return the head in YAML: licence, name, words, and the files of each table that has rows.

    `datasets` reads no empty files and has no type for maps, such as the labels of `entries`: they are not named.
    """
    return "\n".join(["---", *_lines(facts), "---"])


def _lines(facts: Facts) -> Iterator[str]:
    spdx = facts.manifest.licence.lower()
    if spdx in _OTHER:
        yield "license: other"
        yield f"license_name: {_quoted(facts.licence.title)}"
        yield f"license_link: {_quoted(facts.licence.url)}"
    else:
        yield f"license: {_NAMES.get(spdx, spdx)}"
    yield f"pretty_name: {_quoted(facts.manifest.title)}"
    yield "tags:"
    yield from (f"- {_quoted(word)}" for word in facts.keywords)
    yield "configs:"
    for table in facts.tables:
        if table.rows and not any("map<" in str(column.kind) for column in table.columns):
            yield f"- config_name: {table.name}"
            yield f"  data_files: data/{table.name}/*.parquet"
            yield from ["  default: true"] if table.name == "materials" else []


def _quoted(text: str) -> str:
    """Return a text as a string of YAML in which nothing has a meaning in Markdown, where the head may be shown."""
    letters = (one if one.isalnum() or one in " -_." else f"\\U{ord(one):08x}" for one in text)
    return '"' + "".join(letters) + '"'
