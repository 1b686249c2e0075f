"""DCAT: the release as catalogues of public data read it (W3C DCAT 3, DCAT-AP 3), in Turtle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.release.facts import cited_dois
from curation.release.metadata.turtle import Blank, Iri, Text, turtle
from curation.release.terms import Access

if TYPE_CHECKING:
    from curation.release.facts import Facts, ReleasedFile
    from curation.release.metadata.turtle import Statement

_RIGHTS = "http://publications.europa.eu/resource/authority/access-right/"
_MEDIA = "https://www.iana.org/assignments/media-types/"
_WORDS = {Access.OPEN: "PUBLIC", Access.EMBARGOED: "RESTRICTED", Access.RESTRICTED: "RESTRICTED"}


def dcat(facts: Facts) -> str:
    """Return the dataset and its distributions; file addresses are relative to `landing/`."""
    dataset = Iri(facts.identifier)
    described = [(_place(file), _distribution(facts, file)) for file in facts.files]
    return turtle([(dataset, _dataset(facts)), *described])


def _dataset(facts: Facts) -> list[Statement]:
    manifest = facts.manifest
    said: list[Statement] = [
        ("a", Iri("dcat:Dataset")),
        ("dct:identifier", Text(facts.identifier)),
        ("dct:title", Text(manifest.title)),
        ("dct:description", Text(facts.whole_description)),
        ("dct:issued", Text(facts.date, "xsd:date")),
        ("dcat:version", Text(manifest.version)),
        ("dct:license", Iri(facts.licence.url)),
        ("dct:accessRights", Iri(_RIGHTS + _WORDS[facts.terms.access])),
        ("dct:publisher", Blank((("a", Iri("foaf:Agent")), ("foaf:name", Text(facts.publisher))))),
    ]
    for person in facts.people:
        agent: tuple[Statement, ...] = (("a", Iri("foaf:Agent")), ("foaf:name", Text(person.name)))
        same: tuple[Statement, ...] = (("rdfs:seeAlso", Iri(person.address)),) if person.address else ()
        said.append(("dct:creator", Blank(agent + same)))
    said += [("dcat:keyword", Text(word)) for word in facts.keywords]
    dois = sorted({doi for source in manifest.sources for doi in cited_dois(source)})
    said += [("dct:source", Iri(f"https://doi.org/{doi}")) for doi in dois]
    said += [("dcat:landingPage", Iri(facts.terms.url))] if facts.terms.url else []
    return said + [("dcat:distribution", _place(file)) for file in facts.files]


def _distribution(facts: Facts, file: ReleasedFile) -> list[Statement]:
    checksum = Blank(
        (
            ("a", Iri("spdx:Checksum")),
            ("spdx:algorithm", Iri("spdx:checksumAlgorithm_sha256")),
            ("spdx:checksumValue", Text(file.sha256, "xsd:hexBinary")),
        )
    )
    return [
        ("a", Iri("dcat:Distribution")),
        ("dct:title", Text(file.path)),
        ("dct:description", Text(file.description)),
        ("dcat:accessURL", _place(file)),
        ("dcat:downloadURL", _place(file)),
        ("dcat:mediaType", Iri(_MEDIA + file.media_type)),
        ("dcat:byteSize", Text(str(file.n_bytes), "xsd:nonNegativeInteger")),
        ("dct:license", Iri(facts.licence.url)),
        ("spdx:checksum", checksum),
    ]


def _place(file: ReleasedFile) -> Iri:
    return Iri(f"../{file.path}")
