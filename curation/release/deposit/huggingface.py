"""Hugging Face: a release as a dataset repository, one tag a version; needs huggingface_hub (the extra `huggingface`).

`--instance OWNER/NAME`, with the key in `HF_TOKEN`. Files are stored by content, so a second run sends nothing again.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from curation.release.deposit.depositor import Draft, Published
from curation.release.deposit.errors import NoAccessError, NotThereError, RefusedError
from curation.release.terms import Access

if TYPE_CHECKING:
    from pathlib import Path

    from curation.release.deposit.depositor import Depositor, Submission, Target


class HuggingFace:
    """A depositor for a dataset repository."""

    def __init__(self, hub: Any, repository: str) -> None:  # noqa: ANN401 — HfApi of an extra
        """Write to a repository, `owner/name`."""
        self._hub = hub
        self._repository = repository

    def reserve(self, submission: Submission) -> Draft:
        """Make the repository where it is not there; it stays private where the release is not open."""
        private = submission.facts.terms.access is not Access.OPEN
        made = self._hub.create_repo(self._repository, repo_type="dataset", private=private, exist_ok=True)
        return Draft(f"{self._repository}@{submission.facts.manifest.version}", url=str(made))

    def fill(self, draft: Draft, submission: Submission, files: tuple[Path, ...]) -> None:
        """Commit the release folder; what is there with the same bytes is not sent."""
        del draft
        release = files[1].parent
        said = f"Release {submission.facts.manifest.version}"
        self._hub.upload_folder(
            repo_id=self._repository, repo_type="dataset", folder_path=release, commit_message=said, delete_patterns="*"
        )

    def publish(self, draft: Draft) -> Published:
        """Tag the version; a tag is never moved."""
        version = draft.id.rpartition("@")[2]
        self._hub.create_tag(self._repository, repo_type="dataset", tag=version, exist_ok=True)
        return Published(draft.id, "", "", f"{draft.url}/tree/{version}")


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
    return HuggingFace(hub.HfApi(token=token, endpoint=target.keys.get("HF_ENDPOINT")), target.address)
