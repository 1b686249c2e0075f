"""InvenioRDM: deposits in Zenodo, its sandbox, and every other repository that runs InvenioRDM (REST API, v12 to v14).

A draft is created once: before it is, the drafts of the owner of the key are searched for one that carries the marker
of the submission, because a creation whose answer was lost may have been done.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any

from curation.release.deposit.depositor import Draft, Published
from curation.release.deposit.errors import NoAccessError, NotThereError, RefusedError
from curation.release.deposit.http import Door
from curation.release.deposit.inveniordm_record import access, metadata

if TYPE_CHECKING:
    from pathlib import Path

    from curation.release.deposit.depositor import Depositor, DepositorFactory, Submission, Target

_ADDRESSES = {"zenodo": "https://zenodo.org", "zenodo-sandbox": "https://sandbox.zenodo.org"}
_PAGE = 100
_CHUNK = 1 << 20
_DONE = "completed"


class InvenioRdm:
    """A depositor for an InvenioRDM instance."""

    def __init__(self, door: Door) -> None:
        """Deposit through a door that carries the key."""
        self._door = door

    def reserve(self, submission: Submission) -> Draft:
        """Return the draft of a submission, with its DOI reserved."""
        record = self._begun(submission) or self._found(submission) or self._created(submission)
        identifier = str(record["id"])
        if "doi" not in record.get("pids", {}) and not record.get("is_published"):
            record = self._door.post(f"api/records/{identifier}/draft/pids/doi")
        return Draft(identifier, _doi(record), _concept_doi(record), _page(record))

    def fill(self, draft: Draft, submission: Submission, files: tuple[Path, ...]) -> None:
        """Give a draft its metadata and files; what is published already is left alone."""
        present = self._door.find(f"api/records/{draft.id}/draft")
        if present is None:
            self._refuse_other_access(draft.id, submission)
            return
        body = {**_body(submission), "pids": present.get("pids", {})}
        self._door.put(f"api/records/{draft.id}/draft", body)
        self._send(f"api/records/{draft.id}/draft/files", files)

    def publish(self, draft: Draft) -> Published:
        """Publish a draft, unless it was published before."""
        if self._door.find(f"api/records/{draft.id}/draft") is not None and not self._is_published(draft.id):
            self._door.post(f"api/records/{draft.id}/draft/actions/publish")
        return self._published(draft.id)

    def _begun(self, submission: Submission) -> dict[str, Any] | None:
        """Return the draft that the state names, or the record that it has become."""
        if not submission.begun:
            return None
        draft = self._door.find(f"api/records/{submission.begun}/draft")
        return draft or self._door.find(f"api/records/{submission.begun}")

    def _found(self, submission: Submission) -> dict[str, Any] | None:
        """Return a draft or record of the owner of the key that carries the marker."""
        page = 1
        while True:
            answer = self._door.get(f"api/user/records?size={_PAGE}&page={page}&sort=newest")
            hits = answer.get("hits", {}).get("hits", [])
            for hit in hits:
                if _carries(hit, submission.marker):
                    return self._door.find(f"api/records/{hit['id']}/draft") or hit
            if len(hits) < _PAGE:
                return None
            page += 1

    def _created(self, submission: Submission) -> dict[str, Any]:
        """Create a draft: of a new record, or of a new version of an earlier one, which has one such draft at most."""
        body = _body(submission)
        if not submission.earlier:
            return self._door.post("api/records", body)
        draft = self._door.post(f"api/records/{submission.earlier}/versions")
        return self._door.put(f"api/records/{draft['id']}/draft", {**body, "pids": draft.get("pids", {})})

    def _send(self, room: str, files: tuple[Path, ...]) -> None:
        """Send files in the three steps of the API, each from the first that was not done.

        All are announced in one call, which is done as a whole or not at all: a repository counts calls.
        """
        sums = {file.name: f"md5:{_md5(file)}" for file in files}
        listed = self._door.get(room).get("entries", [])
        there = {str(entry["key"]): entry for entry in listed}
        done = {name for name, entry in there.items() if entry.get("status") == _DONE}
        right = {name for name in done if there[name].get("checksum") == sums.get(name)}
        wrong = (done - right) | (there.keys() - sums.keys())
        for name in sorted(wrong):
            self._door.delete(f"{room}/{name}")
        new = [{"key": name} for name in sums if name not in there or name in wrong]
        if new:
            self._door.post(room, new)
        for file in files:
            if file.name not in right:
                self._door.put_file(f"{room}/{file.name}/content", file)
                self._door.post(f"{room}/{file.name}/commit")

    def _refuse_other_access(self, identifier: str, submission: Submission) -> None:
        """The rows may have been published before, from another store; then who may read them must be as is wished."""
        wanted = access(submission.facts)["files"]
        there = self._door.get(f"api/records/{identifier}").get("access", {}).get("files", wanted)
        if there != wanted:
            message = f"these rows are published already as record {identifier}, with {there} files, not {wanted} ones"
            raise RefusedError(message)

    def _is_published(self, identifier: str) -> bool:
        return self._door.find(f"api/records/{identifier}") is not None

    def _published(self, identifier: str) -> Published:
        record = self._door.get(f"api/records/{identifier}")
        return Published(identifier, _doi(record), _concept_doi(record), _page(record))


def inveniordm(target: Target) -> Depositor:
    """Return a depositor for any instance, by its address and `MATGRANARY_INVENIORDM_TOKEN`."""
    if not target.address:
        message = "say which InvenioRDM instance: --instance https://…"
        raise NotThereError(message)
    return _with_token(target, target.address, "MATGRANARY_INVENIORDM_TOKEN")


def _zenodo(name: str, target: Target) -> Depositor:
    variable = "MATGRANARY_" + name.upper().replace("-", "_") + "_TOKEN"
    return _with_token(target, target.address or _ADDRESSES[name], variable)


zenodo: DepositorFactory = partial(_zenodo, "zenodo")
zenodo_sandbox: DepositorFactory = partial(_zenodo, "zenodo-sandbox")


def _with_token(target: Target, address: str, variable: str) -> Depositor:
    token = target.keys.get(variable)
    if not token:
        message = (
            f"{address} wants a personal access token with the scopes deposit:write and deposit:actions: {variable}"
        )
        raise NoAccessError(message)
    return InvenioRdm(Door(address, {"Authorization": f"Bearer {token}"}))


def _body(submission: Submission) -> dict[str, Any]:
    return {
        "access": access(submission.facts),
        "files": {"enabled": True},
        "metadata": metadata(submission.facts, submission.marker),
    }


def _carries(record: dict[str, Any], marker: str) -> bool:
    identifiers = record.get("metadata", {}).get("identifiers", [])
    return any(one.get("identifier") == marker for one in identifiers)


def _doi(record: dict[str, Any]) -> str:
    return str(record.get("pids", {}).get("doi", {}).get("identifier", ""))


def _concept_doi(record: dict[str, Any]) -> str:
    return str(record.get("parent", {}).get("pids", {}).get("doi", {}).get("identifier", ""))


def _page(record: dict[str, Any]) -> str:
    links = record.get("links", {})
    return str(links.get("record_html") or links.get("self_html") or "").replace("/uploads/", "/records/")


def _md5(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
