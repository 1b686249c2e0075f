"""Schema.org: the Dataset that search engines read from the landing page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curation.release.facts import cited_dois
from curation.release.metadata.citation import citation_text

if TYPE_CHECKING:
    from curation.release.facts import Facts, PropertyFacts
    from curation.release.people import Organisation, Person


def schema_org(facts: Facts) -> dict[str, Any]:
    """Return the description; file addresses are relative to the landing page in `landing/`."""
    manifest = facts.manifest
    related = sorted({doi for source in manifest.sources for doi in cited_dois(source)})
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": facts.identifier,
        "identifier": facts.identifier,
        "name": manifest.title,
        "description": facts.whole_description,
        "url": facts.address,
        "version": manifest.version,
        "license": facts.licence.url,
        "datePublished": facts.date,
        "isAccessibleForFree": True,
        "conditionsOfAccess": facts.terms.access.uri,
        "creator": [person(one) for one in facts.people],
        "publisher": organisation(facts.organisation),
        "keywords": list(facts.keywords),
        "citation": citation_text(facts),
        "isBasedOn": [f"https://doi.org/{doi}" for doi in related],
        "variableMeasured": [_variable(one) for one in facts.properties],
        "distribution": [
            {
                "@type": "DataDownload",
                "name": file.path,
                "description": file.description,
                "contentUrl": f"../{file.path}",
                "encodingFormat": file.media_type,
                "contentSize": f"{file.n_bytes} B",
                "sha256": file.sha256,
            }
            for file in facts.files
        ],
    }


def person(one: Person) -> dict[str, Any]:
    """Return a creator as schema.org has it."""
    found: dict[str, Any] = {"@type": "Person" if one.is_person else "Organization", "name": one.name}
    found |= {"givenName": one.given, "familyName": one.family} if one.given else {}
    found |= {"@id": one.address, "identifier": one.address} if one.address else {}
    return found | ({"affiliation": organisation(one.affiliation)} if one.affiliation.name and one.is_person else {})


def organisation(one: Organisation) -> dict[str, str]:
    """Return an organisation as schema.org has it."""
    return {"@type": "Organization", "name": one.name} | ({"@id": one.ror} if one.ror else {})


def _variable(one: PropertyFacts) -> dict[str, Any]:
    found: dict[str, Any] = {"@type": "PropertyValue", "name": one.label, "propertyID": one.name, "unitText": one.unit}
    if one.low is not None and one.high is not None:
        found |= {"minValue": one.low, "maxValue": one.high}
    return found | ({"measurementTechnique": list(one.methods)} if one.methods else {})
