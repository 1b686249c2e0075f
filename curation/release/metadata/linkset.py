"""Linkset: the links of FAIR Signposting (RFC 9264, signposting.org) that lead a machine from the landing page on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curation.release.facts import Facts

# Where descriptions stand, relative to the landing page, and what they are.
DESCRIPTIONS = {
    "../datacite.json": ("application/vnd.datacite.datacite+json", None),
    "../ro-crate-metadata.json": ("application/ld+json", "https://w3id.org/ro/crate"),
    "../croissant.json": ("application/ld+json", "http://mlcommons.org/croissant/1.1"),
    "../datapackage.json": ("application/json", "https://specs.frictionlessdata.io/data-package/"),
    "../prov.json": ("application/json", "http://www.w3.org/ns/prov#"),
    "metadata.ttl": ("text/turtle", "http://www.w3.org/ns/dcat#"),
    "provenance.ttl": ("text/turtle", "http://www.w3.org/ns/prov#"),
}


def links(facts: Facts) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each link of the landing page: its relation and its attributes, `href` first."""
    if facts.terms.doi:
        yield "cite-as", {"href": facts.identifier}
    yield "type", {"href": "https://schema.org/Dataset"}
    yield "type", {"href": "https://schema.org/AboutPage"}
    yield "license", {"href": facts.licence.url}
    for person in facts.people:
        if person.address:
            yield "author", {"href": person.address}
    for href, (media_type, profile) in DESCRIPTIONS.items():
        yield "describedby", {"href": href, "type": media_type} | ({"profile": profile} if profile else {})
    for file in facts.files:
        yield "item", {"href": f"../{file.path}", "type": file.media_type}


def linkset(facts: Facts) -> dict[str, Any]:
    """Return all links as one linkset, for landing pages with more files than a page's head should hold."""
    found: dict[str, Any] = {"anchor": facts.terms.url or "index.html"}
    for relation, attributes in links(facts):
        found.setdefault(relation, []).append(attributes)
    return {"linkset": [found]}
