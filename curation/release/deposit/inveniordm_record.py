"""InvenioRDM record: the facts of a release in the words of InvenioRDM's metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curation.release.facts import cited_dois
from curation.release.terms import Access

if TYPE_CHECKING:
    from curation.release.facts import Facts
    from curation.release.people import Person

_DERIVED, _VERSION = "isderivedfrom", "version"


def metadata(facts: Facts, marker: str) -> dict[str, Any]:
    """Return the metadata of a record; the marker stands among its identifiers."""
    manifest = facts.manifest
    return {
        "resource_type": {"id": "dataset"},
        "title": manifest.title,
        "publication_date": facts.date,
        "publisher": facts.publisher,
        "version": manifest.version,
        "description": _paragraph(facts.description),
        "creators": [_creator(person) for person in facts.people],
        "subjects": [{"subject": word} for word in facts.keywords],
        "rights": [{"id": manifest.licence.lower()}],
        "identifiers": [{"identifier": marker, "scheme": "other"}],
        "related_identifiers": _related(facts),
    }


def access(facts: Facts) -> dict[str, Any]:
    """Return who may see the record and its files."""
    terms = facts.terms
    found: dict[str, Any] = {"record": "public", "files": "public" if terms.access is Access.OPEN else "restricted"}
    if terms.embargo_until:
        reason = "Embargo stated by the creators"
        found["embargo"] = {"active": True, "until": terms.embargo_until, "reason": reason}
    return found


def _creator(person: Person) -> dict[str, Any]:
    if person.is_person:
        said: dict[str, Any] = {"type": "personal", "family_name": person.family, "given_name": person.given}
    else:
        said = {"type": "organizational", "name": person.name}
    if person.orcid:
        said["identifiers"] = [{"identifier": person.orcid, "scheme": "orcid"}]
    found: dict[str, Any] = {"person_or_org": said}
    return found | ({"affiliations": [{"name": person.affiliation.name}]} if person.affiliation.name else {})


def _related(facts: Facts) -> list[dict[str, Any]]:
    dois = sorted({doi for source in facts.manifest.sources for doi in cited_dois(source)})
    return [{"identifier": doi, "scheme": "doi", "relation_type": {"id": _DERIVED}} for doi in dois]


def _paragraph(text: str) -> str:
    """Return a text as the HTML that the repository expects."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<p>{escaped}</p>"
