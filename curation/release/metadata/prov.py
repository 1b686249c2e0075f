"""PROV: from the pins of the sources to the release, as W3C PROV-JSON and as PROV-O in Turtle.

Without times: the same rows have the same provenance whenever they were computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curation.release.metadata.turtle import Iri, Text, turtle
from curation.release.terms import named_information

if TYPE_CHECKING:
    from curation.release.facts import Facts
    from curation.release.metadata.turtle import Statement
    from schemas.dataset import SourceSummary

_NAMESPACE = "https://example.org/matgranary/provenance/"
_TYPES = {"entity": "prov:Entity", "activity": "prov:Activity", "agent": "prov:Agent"}
# The verbs of PROV-O, and the names of the two ends in PROV-JSON.
_RELATIONS = {
    "used": ("prov:used", "prov:activity", "prov:entity"),
    "wasGeneratedBy": ("prov:wasGeneratedBy", "prov:entity", "prov:activity"),
    "wasDerivedFrom": ("prov:wasDerivedFrom", "prov:generatedEntity", "prov:usedEntity"),
    "wasAssociatedWith": ("prov:wasAssociatedWith", "prov:activity", "prov:agent"),
    "wasAttributedTo": ("prov:wasAttributedTo", "prov:entity", "prov:agent"),
}

type Things = dict[str, dict[str, dict[str, str]]]
type Relations = list[tuple[str, str, str]]


def provenance(facts: Facts) -> tuple[Things, Relations]:
    """Return the things (entities, activities, agents by name) and how they hang together."""
    things: Things = {"entity": {}, "activity": {}, "agent": {}}
    relations: Relations = []
    things["agent"]["matgranary"] = {"prov:label": f"matgranary {facts.manifest.code['matgranary']}"}
    for number, person in enumerate(facts.people):
        things["agent"][f"creator-{number}"] = {"prov:label": person.name}
        relations.append(("wasAttributedTo", "release", f"creator-{number}"))
    things["activity"]["curation"] = {"prov:label": f"normalise, validate, deduplicate ({facts.manifest.dedup})"}
    things["entity"]["release"] = {
        "prov:label": facts.manifest.title,
        "dct:identifier": facts.identifier,
        "dct:hasVersion": facts.manifest.version,
    }
    relations += [
        ("wasGeneratedBy", "release", "curation"),
        ("wasAssociatedWith", "curation", "matgranary"),
    ]
    for source in facts.manifest.sources:
        _add_source(things, relations, source)
    return things, relations


def _add_source(things: Things, relations: Relations, source: SourceSummary) -> None:
    raw, records, harvest = f"raw-{source.key}", f"records-{source.key}", f"harvest-{source.key}"
    things["entity"][raw] = {
        "prov:label": source.title,
        "dct:identifier": named_information(source.pin.raw_root),
        "dct:license": source.licence,
        "dct:hasVersion": source.pin.version,
    }
    things["entity"][records] = {
        "prov:label": f"{source.pin.records} records of {source.key}",
        "dct:identifier": named_information(source.pin.records_root),
    }
    things["activity"][harvest] = {"prov:label": f"fetch and parse {source.key} ({source.source})"}
    relations += [
        ("used", harvest, raw),
        ("wasGeneratedBy", records, harvest),
        ("wasAssociatedWith", harvest, "matgranary"),
        ("wasDerivedFrom", records, raw),
        ("used", "curation", records),
        ("wasDerivedFrom", "release", records),
    ]


def prov_json(facts: Facts) -> dict[str, Any]:
    """Return the provenance as PROV-JSON (W3C member submission, 2013)."""
    things, relations = provenance(facts)
    document: dict[str, Any] = {"prefix": {"m": _namespace(facts), "dct": "http://purl.org/dc/terms/"}}
    for kind, found in things.items():
        document[kind] = {f"m:{name}": said for name, said in found.items()}
    for number, (relation, one, other) in enumerate(relations):
        _, first, second = _RELATIONS[relation]
        document.setdefault(relation, {})[f"_:r{number:04d}"] = {first: f"m:{one}", second: f"m:{other}"}
    return document


def prov_turtle(facts: Facts) -> str:
    """Return the provenance as PROV-O."""
    things, relations = provenance(facts)
    namespace = _namespace(facts)
    subjects: list[tuple[Iri, list[Statement]]] = []
    for kind, found in things.items():
        for name, said in found.items():
            statements: list[Statement] = [("a", Iri(_TYPES[kind]))]
            statements += [(key.replace("prov:label", "rdfs:label"), Text(value)) for key, value in said.items()]
            statements += [
                (_RELATIONS[relation][0], Iri(namespace + other)) for relation, one, other in relations if one == name
            ]
            subjects.append((Iri(namespace + name), statements))
    return turtle(subjects)


def _namespace(facts: Facts) -> str:
    """Return what the names begin with: the address of this release, so that no two releases share a subject."""
    address = facts.identifier if facts.terms.doi else facts.terms.url
    return f"{address}#" if address else f"{_NAMESPACE}{facts.manifest.dataset}/{facts.manifest.version}#"
