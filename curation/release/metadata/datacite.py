"""DataCite: the metadata of a DOI, kernel 4.5 (DataCite Metadata Working Group, 2024)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curation.release.facts import cited_dois
from curation.release.terms import Access, named_information

if TYPE_CHECKING:
    from curation.release.facts import Facts
    from curation.release.people import Organisation, Person

SCHEMA = "http://datacite.org/schema/kernel-4"


def datacite(facts: Facts) -> dict[str, Any]:
    """Return the record as DataCite's own API takes it."""
    manifest = facts.manifest
    record: dict[str, Any] = {
        "schemaVersion": SCHEMA,
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": "Curated materials data"},
        "creators": [_creator(person) for person in facts.people],
        "titles": [{"title": manifest.title}],
        "publisher": {"name": facts.publisher},
        "publicationYear": facts.year,
        "subjects": [{"subject": word} for word in facts.keywords],
        "dates": _dates(facts),
        "language": "en",
        "version": manifest.version,
        "rightsList": _rights(facts),
        "descriptions": _descriptions(facts),
        "formats": sorted({file.media_type for file in facts.files}),
        "sizes": [f"{facts.n_materials} materials"],
        "alternateIdentifiers": [
            {
                "alternateIdentifier": named_information(manifest.content_sha256),
                "alternateIdentifierType": "Named Information (RFC 6920)",
            }
        ],
        "relatedIdentifiers": _related(facts),
    }
    if facts.terms.doi:
        record |= {"doi": facts.terms.doi}
    if facts.terms.url:
        record |= {"url": facts.terms.url}
    return record


def _creator(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = {"name": f"{person.family}, {person.given}" if person.given else person.name}
    if person.is_person:
        found |= {"nameType": "Personal", "familyName": person.family}
        found |= {"givenName": person.given} if person.given else {}
    else:
        found |= {"nameType": "Organizational"}
    if person.orcid:
        found["nameIdentifiers"] = [
            {
                "nameIdentifier": person.address,
                "nameIdentifierScheme": "ORCID",
                "schemeUri": "https://orcid.org",
            }
        ]
    if person.affiliation.name:
        found["affiliation"] = [_affiliation(person.affiliation)]
    return found


def _affiliation(one: Organisation) -> dict[str, str]:
    if not one.ror:
        return {"name": one.name}
    scheme = {"affiliationIdentifierScheme": "ROR", "schemeUri": "https://ror.org"}
    return {"name": one.name, "affiliationIdentifier": one.ror} | scheme


def _descriptions(facts: Facts) -> list[dict[str, str]]:
    said = [{"description": facts.description, "descriptionType": "Abstract"}]
    return said + [{"description": one, "descriptionType": "TechnicalInfo"} for one in facts.limits]


def _dates(facts: Facts) -> list[dict[str, str]]:
    dates = [{"date": facts.date, "dateType": "Issued"}]
    if facts.terms.embargo_until:
        dates.append({"date": facts.terms.embargo_until, "dateType": "Available"})
    return dates


def _rights(facts: Facts) -> list[dict[str, str]]:
    licence = facts.licence
    rights = [
        {
            "rights": licence.title,
            "rightsUri": licence.url,
            "rightsIdentifier": licence.spdx,
            "rightsIdentifierScheme": "SPDX",
            "schemeUri": "https://spdx.org/licenses/",
        }
    ]
    if facts.terms.access is not Access.OPEN:
        rights.append({"rights": f"{facts.terms.access.value} access", "rightsUri": facts.terms.access.uri})
    return rights


def _related(facts: Facts) -> list[dict[str, str]]:
    found = {doi: "IsDerivedFrom" for source in facts.manifest.sources for doi in cited_dois(source)}
    if facts.parent_doi:
        found[facts.parent_doi] = "IsNewVersionOf"
    if facts.terms.concept_doi:
        found[facts.terms.concept_doi] = "IsVersionOf"
    return [
        {"relatedIdentifier": doi, "relatedIdentifierType": "DOI", "relationType": relation}
        for doi, relation in sorted(found.items())
    ]
