"""PROV: a provenance graph in, W3C PROV-JSON (member submission, 2013) and PROV-O in Turtle out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from curation.provenance.graph import Kind, Verb
from curation.release.metadata.turtle import Iri, Text, turtle

if TYPE_CHECKING:
    from curation.provenance.graph import Graph
    from curation.release.metadata.turtle import Statement

NAMESPACE = "https://example.org/matgranary/provenance/"
_TYPES = {Kind.ENTITY: "prov:Entity", Kind.ACTIVITY: "prov:Activity", Kind.AGENT: "prov:Agent"}
# The two ends of each relation in PROV-JSON; a revision is a derivation of its own type there.
_ENDS = {
    Verb.USED: ("used", "prov:activity", "prov:entity"),
    Verb.GENERATED_BY: ("wasGeneratedBy", "prov:entity", "prov:activity"),
    Verb.DERIVED_FROM: ("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"),
    Verb.REVISION_OF: ("wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"),
    Verb.ASSOCIATED_WITH: ("wasAssociatedWith", "prov:activity", "prov:agent"),
}


def prov_json(graph: Graph) -> dict[str, Any]:
    """Return a graph as PROV-JSON."""
    document: dict[str, Any] = {"prefix": {"m": NAMESPACE}}
    for node in graph.nodes:
        said = {"prov:label": node.label} | {f"m:{_name(key)}": value for key, value in node.detail.items() if value}
        document.setdefault(node.kind.value, {})[f"m:{_name(node.id)}"] = said
    for number, edge in enumerate(graph.edges):
        relation, first, second = _ENDS[edge.verb]
        said = {first: f"m:{_name(edge.source)}", second: f"m:{_name(edge.target)}"}
        if edge.verb is Verb.REVISION_OF:
            said["prov:type"] = "prov:Revision"
        document.setdefault(relation, {})[f"_:r{number:06d}"] = said
    return document


def prov_turtle(graph: Graph) -> str:
    """Return a graph as PROV-O in Turtle."""
    arrows: dict[str, list[Statement]] = {}
    for edge in graph.edges:
        arrows.setdefault(edge.source, []).append((f"prov:{edge.verb.value}", _iri(edge.target)))
    subjects: list[tuple[Iri, list[Statement]]] = []
    for node in graph.nodes:
        statements: list[Statement] = [("a", Iri(_TYPES[node.kind])), ("rdfs:label", Text(node.label))]
        facts = "; ".join(f"{key}: {value}" for key, value in node.detail.items() if value)
        statements += [("rdfs:comment", Text(facts))] if facts else []
        subjects.append((_iri(node.id), [*statements, *arrows.get(node.id, [])]))
    return turtle(subjects)


def _iri(name: str) -> Iri:
    return Iri(NAMESPACE + _name(name))


def _name(name: str) -> str:
    return quote(name, safe="/@.-")
