"""DataCite: DOIs for a landing page of one's own; the files stay where that page is (REST API, 2024).

The DOI follows from name and version, so that no two runs can make two. Needs `MATGRANARY_DATACITE_REPOSITORY`,
`MATGRANARY_DATACITE_PASSWORD` and `MATGRANARY_DATACITE_PREFIX`.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from curation.release.deposit.depositor import Draft, Published
from curation.release.deposit.errors import NoAccessError, RefusedError
from curation.release.deposit.http import Door
from curation.release.metadata.datacite import datacite as metadata_of
from curation.release.terms import named_information

if TYPE_CHECKING:
    from pathlib import Path

    from curation.release.deposit.depositor import Depositor, Submission, Target
    from curation.release.facts import Facts

WITHOUT_PAGE = "a DOI leads to a landing page: say where it will stand, --url https://…"
_ADDRESS = "https://api.datacite.org"
_PUBLIC = "findable"
_VARIABLES = tuple(f"MATGRANARY_DATACITE_{name}" for name in ("REPOSITORY", "PASSWORD", "PREFIX"))


class DataCite:
    """A depositor that registers DOIs: one for the version, one for all versions."""

    def __init__(self, door: Door, prefix: str) -> None:
        """Register DOIs under a prefix."""
        self._door = door
        self._prefix = prefix

    def reserve(self, submission: Submission) -> Draft:
        """Register both DOIs as drafts, where they are not there yet."""
        facts = submission.facts
        if not facts.terms.url:
            raise RefusedError(WITHOUT_PAGE)
        concept, doi = self._dois(facts)
        self._refuse_other_rows(doi, facts)
        for one in (concept, doi):
            if self._door.find(f"dois/{one}") is None:
                self._door.post("dois", _body({"doi": one}))
        return Draft(doi, doi, concept, facts.terms.url)

    def fill(self, draft: Draft, submission: Submission, files: tuple[Path, ...]) -> None:
        """Write the metadata of both DOIs; there is nowhere to send the files to."""
        del files
        facts = submission.facts
        versions = self._versions(draft.concept_doi) | {draft.doi}
        of_all = metadata_of(facts) | {"doi": draft.concept_doi, "url": facts.terms.url}
        del of_all["version"]
        of_all["relatedIdentifiers"] = [_related(one, "HasVersion") for one in sorted(versions)]
        self._door.put(f"dois/{draft.concept_doi}", _body(of_all))
        self._door.put(f"dois/{draft.id}", _body(metadata_of(facts)))

    def publish(self, draft: Draft) -> Published:
        """Make both DOIs findable; one that is stays so."""
        for one in (draft.doi, draft.concept_doi):
            self._door.put(f"dois/{one}", _body({"doi": one, "event": "publish"}))
        return Published(draft.id, draft.doi, draft.concept_doi, draft.url)

    def _refuse_other_rows(self, doi: str, facts: Facts) -> None:
        """A DOI that everybody sees stands for the rows that it was registered for."""
        present = self._door.find(f"dois/{doi}")
        attributes = present["data"]["attributes"] if present else {}
        if attributes.get("state") != _PUBLIC:
            return
        named = {one["alternateIdentifier"] for one in attributes.get("alternateIdentifiers") or []}
        ours = named_information(facts.manifest.content_sha256)
        if ours not in named:
            message = (
                f"{doi} is registered already, for other rows ({', '.join(sorted(named)) or 'unnamed'}, not {ours}): "
                "make a new version, or give the dataset another name"
            )
            raise RefusedError(message)

    def _dois(self, facts: Facts) -> tuple[str, str]:
        concept = f"{self._prefix}/{facts.manifest.dataset}"
        return concept, f"{concept}.{facts.manifest.version}"

    def _versions(self, concept: str) -> set[str]:
        attributes = self._door.get(f"dois/{concept}")["data"]["attributes"]
        related = attributes.get("relatedIdentifiers") or []
        return {one["relatedIdentifier"] for one in related if one["relationType"] == "HasVersion"}


def datacite_doi(target: Target) -> Depositor:
    """Return a depositor for an account at DataCite."""
    missing = [name for name in _VARIABLES if not target.keys.get(name)]
    if missing:
        message = f"DataCite wants an account and a prefix: {', '.join(missing)}"
        raise NoAccessError(message)
    account, password, prefix = (target.keys[name] for name in _VARIABLES)
    key = base64.b64encode(f"{account}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {key}", "Accept": "application/vnd.api+json"}
    return DataCite(Door(target.address or _ADDRESS, headers), prefix)


def _body(attributes: dict[str, Any]) -> dict[str, Any]:
    return {"data": {"type": "dois", "attributes": attributes}}


def _related(doi: str, relation: str) -> dict[str, str]:
    return {"relatedIdentifier": doi, "relatedIdentifierType": "DOI", "relationType": relation}
