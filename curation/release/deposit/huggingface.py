"""Hugging Face: a release as a dataset repository, one tag a version; needs huggingface_hub (the extra `huggingface`).

`--instance OWNER/NAME`, with the key in `HF_TOKEN`. Files are stored by content, so a second run sends nothing again.
"""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import TYPE_CHECKING, Any

from curation.release.bag import TAGS
from curation.release.deposit.depositor import Draft, Published
from curation.release.deposit.errors import NoAccessError, NotThereError, RefusedError, TryAgainError
from curation.release.terms import Access
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path

    from curation.release.deposit.depositor import Depositor, Submission, Target

_FORBIDDEN = frozenset({401, 403})
_TOO_MANY, _SERVER = 429, 500
_EXCERPT = 600
type Hub = Any  # HfApi of an extra


class HuggingFace:
    """A depositor for a dataset repository."""

    def __init__(self, hub: Hub, repository: str) -> None:
        """Write to a repository, `owner/name`."""
        self._hub = hub
        self._repository = repository

    def reserve(self, submission: Submission) -> Draft:
        """Make the repository where it is not there; it stays private where the release is not open."""
        private = submission.facts.terms.access is not Access.OPEN
        made = self._call("create_repo", private=private, exist_ok=True)
        return Draft(f"{self._repository}@{submission.facts.manifest.version}", url=str(made))

    def fill(self, draft: Draft, submission: Submission, files: tuple[Path, ...]) -> None:
        """Commit the release folder; what is there with the same bytes is not sent.

        Raises:
            RefusedError: another release carries the tag of this version.
        """
        release = files[1].parent
        version = _version(draft)
        if self._is_published(version, release):
            return
        said = f"Release {submission.facts.manifest.version}"
        self._call("upload_folder", folder_path=release, commit_message=said, delete_patterns="*")

    def publish(self, draft: Draft) -> Published:
        """Tag the version; a tag is never moved."""
        version = _version(draft)
        self._call("create_tag", tag=version, exist_ok=True)
        return Published(draft.id, "", "", f"{draft.url}/tree/{version}")

    def _is_published(self, version: str, release: Path) -> bool:
        """Say whether the tag of a version stands, and on this release: its list of hashes is told by its own hash."""
        tags = {one.name for one in self._call("list_repo_refs").tags}
        if version not in tags:
            return False
        found = self._call("get_paths_info", paths=[TAGS], revision=version)
        if found and _same_bytes(found[0], release / TAGS):
            return True
        message = (
            f"{self._repository} has a tag {version} already, of other files; a release is never changed: make a new "
            "version, or choose another repository"
        )
        raise RefusedError(message)

    def _call(self, name: str, **what: Any) -> Any:  # noqa: ANN401 — see Hub
        refused = import_module("huggingface_hub.errors").HfHubHTTPError
        # Its own errors are made from the one of its transport, whose package differs between versions of the client.
        of_transport = refused.__bases__[0]
        try:
            return getattr(self._hub, name)(repo_id=self._repository, repo_type="dataset", **what)
        except (of_transport, RuntimeError) as error:
            # The client wraps what stopped the upload of one file into a RuntimeError.
            reason = error.__cause__ if isinstance(error, RuntimeError) else error
            if isinstance(reason, refused):
                raise _refused(reason) from error
            if not isinstance(reason, of_transport):
                raise
            message = f"Hugging Face: no answer ({type(reason).__name__}); run the same command again"
            raise TryAgainError(message) from error


def huggingface(target: Target) -> Depositor:
    """Return a depositor for a dataset repository."""
    owner, _, name = target.address.partition("/")
    if not owner or not name or "/" in name:
        message = f"say which repository: --instance OWNER/NAME, got {target.address!r}"
        raise RefusedError(message)
    token = target.keys.get("HF_TOKEN")
    if not token:
        message = "Hugging Face wants a token that may write: HF_TOKEN"
        raise NoAccessError(message)
    try:
        hub = import_module("huggingface_hub")
    except ImportError as error:
        message = f"huggingface_hub is missing ({error}); install it: pip install 'matgranary[huggingface]'"
        raise NotThereError(message) from error
    hub.utils.disable_progress_bars()
    return HuggingFace(hub.HfApi(token=token, endpoint=target.keys.get("HF_ENDPOINT")), target.address)


def _version(draft: Draft) -> str:
    return draft.id.rpartition("@")[2]


def _same_bytes(present: Any, file: Path) -> bool:  # noqa: ANN401 — RepoFile of an extra
    """Say whether a file of a repository has the bytes of a local one, by its id in git or in large-file storage."""
    if present.lfs is not None:
        return bool(present.lfs.sha256 == sha256_of_file(file))
    content = file.read_bytes()
    named = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
    return bool(present.blob_id == named.hexdigest())


def _refused(error: Any) -> Exception:  # noqa: ANN401 — HfHubHTTPError of an extra
    """Return what an answer with an error means, by its status."""
    status = error.response.status_code
    said = f"Hugging Face answers status {status}"
    if status in _FORBIDDEN:
        return NoAccessError(f"{said}: is HF_TOKEN set, may it write, and is the owner right?")
    if status == _TOO_MANY or status >= _SERVER:
        return TryAgainError(f"{said}; run the same command again")
    return RefusedError(f"{said}: {str(error)[:_EXCERPT]}")
