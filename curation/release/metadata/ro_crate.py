"""RO-Crate: the release folder as a research object (RO-Crate 1.3); every file with size and hash."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curation.release.facts import cited_dois
from curation.release.metadata.schema_org import organisation, person
from schemas.licence import LICENCES

if TYPE_CHECKING:
    from curation.release.facts import Facts, ReleasedFile
    from curation.release.people import Organisation, Person
    from schemas.dataset import SourceSummary

_CONTEXT = "https://w3id.org/ro/crate/1.3/context"
_VERSION = "https://w3id.org/ro/crate/1.3"
_PROGRAM = "#matgranary"


def ro_crate(facts: Facts, *, others: tuple[ReleasedFile, ...]) -> dict[str, Any]:
    """Return the crate.

    Args:
        facts: those of the release.
        others: the files beside the data, which the crate describes too.
    """
    files = (*facts.files, *others)
    graph = [
        {
            "@id": "ro-crate-metadata.json",
            "@type": "CreativeWork",
            "conformsTo": {"@id": _VERSION},
            "about": {"@id": "./"},
        },
        _root(facts, files),
        *(_file(file) for file in files),
        *_context(facts),
    ]
    return {"@context": _CONTEXT, "@graph": graph}


def _root(facts: Facts, files: tuple[ReleasedFile, ...]) -> dict[str, Any]:
    manifest = facts.manifest
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": manifest.title,
        "description": facts.whole_description,
        "identifier": {"@id": "#identifier"},
        "datePublished": facts.date,
        "version": manifest.version,
        "license": {"@id": facts.licence.url},
        "author": _one_or_all([{"@id": _id(one)} for one in facts.people]),
        "publisher": {"@id": _organisation_id(facts.organisation)},
        "keywords": list(facts.keywords),
        "conditionsOfAccess": facts.terms.access.uri,
        "hasPart": [{"@id": file.path} for file in files],
        "mentions": {"@id": "#release"},
        "isBasedOn": _one_or_all([{"@id": f"#source-{source.key}"} for source in manifest.sources]),
        **({"cite-as": facts.identifier} if facts.terms.doi else {}),
    }


def _file(file: ReleasedFile) -> dict[str, Any]:
    return {
        "@id": file.path,
        "@type": "File",
        "name": file.path.rsplit("/", 1)[-1],
        "description": file.description,
        "encodingFormat": file.media_type,
        "contentSize": str(file.n_bytes),
        "sha256": file.sha256,
    }


def _context(facts: Facts) -> list[dict[str, Any]]:
    return [
        *_licences(facts),
        _identifier(facts),
        *(_author(one) for one in facts.people),
        *_organisations(facts),
        _contact(facts),
        *_sources(facts),
        {
            "@id": _PROGRAM,
            "@type": "SoftwareApplication",
            "name": "matgranary",
            "version": facts.manifest.code["matgranary"],
            "url": "https://example.org/matgranary",
        },
        {
            "@id": "#release",
            "@type": "CreateAction",
            "name": "Harvest, curation and release",
            "instrument": {"@id": _PROGRAM},
            "object": _one_or_all([{"@id": f"#source-{source.key}"} for source in facts.manifest.sources]),
            "result": {"@id": "./"},
            "endTime": facts.date,
        },
    ]


def _sources(facts: Facts) -> list[dict[str, Any]]:
    return [
        {
            "@id": f"#source-{source.key}",
            "@type": "CreativeWork",
            "name": source.title,
            "description": f"{source.origin}. {source.attribution}",
            "version": source.pin.version,
            "license": {"@id": LICENCES[source.licence].url if source.licence in LICENCES else f"#{source.licence}"},
            **_cited(source),
        }
        for source in facts.manifest.sources
    ]


def _cited(source: SourceSummary) -> dict[str, Any]:
    dois = [f"https://doi.org/{doi}" for doi in cited_dois(source)]
    return {"citation": _one_or_all(dois)} if dois else {}


def _licences(facts: Facts) -> list[dict[str, Any]]:
    named = sorted({facts.manifest.licence, *(source.licence for source in facts.manifest.sources)})
    return [_licence(spdx) for spdx in named]


def _licence(spdx: str) -> dict[str, Any]:
    known = LICENCES.get(spdx)
    return {
        "@id": known.url if known else f"#{spdx}",
        "@type": "CreativeWork",
        "name": known.title if known else spdx,
        "identifier": spdx,
        "description": f"{known.title}, SPDX id {spdx}." if known else f"{spdx}: no licence that is known here.",
    }


def _identifier(facts: Facts) -> dict[str, Any]:
    doi = facts.terms.doi
    scheme = "https://registry.identifiers.org/registry/doi" if doi else "https://www.rfc-editor.org/rfc/rfc6920"
    found = {"@id": "#identifier", "@type": "PropertyValue", "propertyID": scheme}
    found |= {"name": f"doi:{doi}" if doi else "Named Information", "value": f"doi:{doi}" if doi else facts.identifier}
    return found | ({"url": facts.identifier} if doi else {})


def _one_or_all[T](values: list[T]) -> T | list[T]:
    """Return the only one of several values by itself, as RO-Crate 1.3 recommends."""
    return values[0] if len(values) == 1 else values


def _author(one: Person) -> dict[str, Any]:
    found = {key: value for key, value in person(one).items() if key != "identifier"} | {"@id": _id(one)}
    return found | ({"affiliation": {"@id": _organisation_id(one.affiliation)}} if "affiliation" in found else {})


def _organisations(facts: Facts) -> list[dict[str, Any]]:
    named = [facts.organisation, *(one.affiliation for one in facts.people if one.is_person and one.affiliation.name)]
    authors = {_id(one) for one in facts.people}
    by_id = {_organisation_id(one): one for one in reversed(named)}
    return [
        {
            **organisation(one),
            "@id": name,
            "url": one.ror or facts.address,
            "contactPoint": {"@id": "#contact"},
        }
        for name, one in by_id.items()
        if name not in authors
    ]


def _contact(facts: Facts) -> dict[str, Any]:
    """Return where questions go: a page, never a personal address."""
    page = next((one.address for one in facts.people if one.address), facts.address)
    what = "questions about the data"
    return {"@id": "#contact", "@type": "ContactPoint", "name": "Contact", "contactType": what, "url": page}


def _organisation_id(one: Organisation) -> str:
    return one.ror or "#" + "-".join(one.name.lower().split())


def _id(one: Person) -> str:
    return one.address or "#" + "-".join(one.name.lower().split())
