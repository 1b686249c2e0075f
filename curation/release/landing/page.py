"""Page: the facts and rows of a release in, one HTML file out.

Nothing is fetched and nothing that others wrote is run: a content security policy lets one script run, ours, named by
its hash; text enters the page escaped, and data as JSON that cannot end the element it stands in.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from curation.release.card import loading
from curation.release.landing.gather import gather
from curation.release.limits import accepted_drift, known_gaps, split_rows
from curation.release.metadata.citation import bibtex, citation_text
from curation.release.metadata.linkset import links
from curation.release.metadata.prov import provenance
from curation.release.metadata.schema_org import schema_org

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curation.datasets.open import Dataset
    from curation.release.facts import Facts

_SCRIPTS = ("draw.js", "plots.js", "search.js", "viewer.js")
_SECTIONS = (
    ("ledger", "Ledger", "What became of every harvested record: kept, merged into another of its material, or out."),
    ("coverage", "Elements", "Number of materials that contain each element."),
    ("histograms", "Properties", "Kept values by source; the first and the last percent stand in the end bins."),
    ("symmetry", "Symmetry", "Crystal systems, and the most frequent space groups."),
    ("space", "Chemical space", "A sample of the materials: mean electronegativity and mean mass of their atoms."),
    ("agreement", "Agreement between sources", "Medians of one property of one formula in two sources."),
    ("provenance", "Provenance", "From the pins of the sources to this release."),
    ("search", "Materials", "Search for formulas, elements, systems or properties; choose a row to see its structure."),
)


def landing_page(dataset: Dataset, facts: Facts) -> str:
    """Return the page."""
    script = "\n".join(_resource(name) for name in _SCRIPTS)
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        *_head(facts, script),
        "</head>",
        "<body>",
        '<a class="skip" href="#main">Skip to the content</a>',
        *_body(facts),
        f'<script type="application/json" id="data">{_embedded(_data(dataset, facts))}</script>',
        f"<script>{script}</script>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _head(facts: Facts, script: str) -> Iterator[str]:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'"
    )
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{html.escape(facts.manifest.title)}</title>"
    yield '<link rel="icon" href="data:,">'
    for name, content in _dublin_core(facts):
        yield f'<meta name="{name}" content="{html.escape(content)}">'
    for relation, attributes in links(facts):
        said = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
        yield f'<link rel="{relation}" {said}>'
    yield '<link rel="linkset" href="linkset.json" type="application/linkset+json">'
    yield f'<script type="application/ld+json">{_embedded(schema_org(facts))}</script>'
    yield f"<style>{_resource('page.css')}</style>"


def _dublin_core(facts: Facts) -> Iterator[tuple[str, str]]:
    yield "description", facts.description
    yield "DC.title", facts.manifest.title
    yield "DC.identifier", facts.identifier
    yield "DC.type", "Dataset"
    yield "DC.date", facts.date
    yield "DC.publisher", facts.publisher
    yield "DC.rights", facts.licence.url
    yield "DC.language", "en"
    for person in facts.people:
        yield "DC.creator", person.name
    for word in facts.keywords:
        yield "DC.subject", word


def _body(facts: Facts) -> Iterator[str]:
    manifest, escape = facts.manifest, html.escape
    yield "<header>"
    yield f"<p class=kind>Dataset · version {escape(manifest.version)} · {escape(facts.date)}</p>"
    yield f"<h1>{escape(manifest.title)}</h1>"
    yield f"<p class=lead>{escape(facts.description)}</p>"
    yield f"<ul class=figures>{''.join(_figures(facts))}</ul>"
    told = (*_TOLD, *((name, title) for name, title, _ in (*_limits_of(facts), *_SECTIONS)))
    contents = "".join(f'<a href="#{name}">{title}</a>' for name, title in told)
    contents += '<a href="sql.html">SQL</a>' if facts.terms.sql_engine else ""
    yield f'<nav aria-label="Sections">{contents}</nav>'
    yield "</header>"
    yield '<main id="main">'
    yield from _cite(facts)
    yield from _load(facts)
    yield from _licence(facts)
    yield from _limits(facts)
    for name, title, said in _SECTIONS:
        yield f'<section id="{name}"><h2>{title}</h2><p>{said}</p><div class="drawn"></div></section>'
    yield "</main>"
    made = f"Made with matgranary {manifest.code['matgranary']}. {facts.identifier}"
    yield f"<footer><p>{escape(made)}</p></footer>"


_TOLD = (("cite", "Cite"), ("load", "Load"), ("licence", "Licence"))


def _figures(facts: Facts) -> Iterator[str]:
    values = sum(one.count for one in facts.properties)
    for number, word in (
        (facts.n_materials, "materials"),
        (values, "property values"),
        (len(facts.properties), "properties"),
        (len(facts.elements), "elements"),
        (len(facts.manifest.sources), "sources"),
    ):
        yield f"<li><strong>{number:,}</strong> {word}</li>"


def _cite(facts: Facts) -> Iterator[str]:
    yield '<section id="cite"><h2>Cite</h2>'
    yield f"<p class=citation>{html.escape(citation_text(facts))}</p>"
    yield f"<details><summary>BibTeX</summary><pre>{html.escape(bibtex(facts))}</pre></details></section>"


def _load(facts: Facts) -> Iterator[str]:
    yield '<section id="load"><h2>Load</h2>'
    for name, _, code in loading(facts):
        yield f"<details><summary>{html.escape(name)}</summary><pre>{html.escape(code)}</pre></details>"
    yield "<details><summary>Files</summary><ul>"
    for file in facts.files:
        path = html.escape(file.path)
        yield f'<li><a href="../{path}">{path}</a> {file.n_bytes:,} bytes, {html.escape(file.description)}</li>'
    yield "</ul></details></section>"


def _licence(facts: Facts) -> Iterator[str]:
    escape = html.escape
    yield '<section id="licence"><h2>Licence and attribution</h2>'
    yield f'<p>Released under <a href="{escape(facts.licence.url)}">{escape(facts.licence.title)}</a>.</p>'
    rows = [(one.source.title, f"{one.rows:,}", one.licence, one.source.attribution) for one in facts.licences]
    yield _table("Licences of the rows", ("source", "records", "licence", "to name"), rows)
    yield "</section>"


def _limits_of(facts: Facts) -> list[tuple[str, str, str]]:
    """Return the sections that only some releases have: name, title, content."""
    found = []
    for name, title, said in (
        ("gaps", "Known gaps", known_gaps(facts.manifest)),
        ("drift", "Drift", accepted_drift(facts.manifest)),
    ):
        if said:
            found.append((name, title, "<ul>" + "".join(f"<li>{html.escape(one)}</li>" for one in said) + "</ul>"))
    if facts.splits:
        cells = [(name, by, fold, f"{count:,}") for name, by, fold, count in split_rows(facts.splits)]
        found.append(("splits", "Splits", _table("Splits", ("split", "stays together", "fold", "materials"), cells)))
    return found


def _limits(facts: Facts) -> Iterator[str]:
    for name, title, content in _limits_of(facts):
        yield f'<section id="{name}"><h2>{title}</h2>{content}</section>'


def _table(label: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th scope=col>{one}" for one in heads)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    region = f'<div class=scroll tabindex=0 role=region aria-label="{label}">'
    return f"{region}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _data(dataset: Dataset, facts: Facts) -> dict[str, Any]:
    """Return all that the script draws."""
    things, relations = provenance(facts)
    lines = [
        {"source": line.source, **line.entries.model_dump(), "values": line.values.model_dump()}
        for line in facts.manifest.ledger.lines
    ]
    graph = {
        "things": [[kind, name, said["prov:label"]] for kind, found in things.items() for name, said in found.items()],
        "relations": [list(one) for one in relations],
    }
    return {"ledger": lines, "provenance": graph, **gather(dataset)}


def _embedded(value: dict[str, Any]) -> str:
    """Return JSON that cannot end the element it stands in."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _resource(name: str) -> str:
    return files("curation.release.landing").joinpath(name).read_text(encoding="utf-8")
