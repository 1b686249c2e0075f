"""S3: a release as objects of a bucket, under NAME/VERSION/; needs boto3 (the extra `s3`).

`--instance s3://BUCKET/PREFIX`, with keys and endpoint as boto3 finds them (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`).
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from curation.release.bag import TAGS
from curation.release.deposit.depositor import Draft, Published
from curation.release.deposit.errors import NotThereError, RefusedError
from curation.release.deposit.s3_objects import Objects
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path

    from curation.release.deposit.depositor import Depositor, Submission, Target

PUBLISHED = "published.json"


class S3:
    """A depositor for a bucket; a release is published once the object `published.json` stands beside its files."""

    def __init__(self, objects: Objects, bucket: str, prefix: str) -> None:
        """Put objects into a bucket, below a prefix."""
        self._objects = objects
        self._bucket = bucket
        self._prefix = prefix

    def reserve(self, submission: Submission) -> Draft:
        """Name the place; nothing is written."""
        manifest = submission.facts.manifest
        place = "/".join(part for part in (self._prefix, manifest.dataset, manifest.version) if part)
        return Draft(place, url=f"s3://{self._bucket}/{place}")

    def fill(self, draft: Draft, submission: Submission, files: tuple[Path, ...]) -> None:
        """Put the files that are not there with the same bytes; a release that is published is left alone.

        Raises:
            RefusedError: another release is published at this place.
        """
        del submission
        present = self._objects.read(f"{draft.id}/{PUBLISHED}")
        if present is None:
            for file in files:
                self._objects.send(f"{draft.id}/{file.name}", file)
            return
        ours = next(sha256_of_file(file) for file in files if file.name == TAGS)
        theirs = json.loads(present).get("tagmanifest_sha256")
        if theirs != ours:
            message = (
                f"{draft.url} is published already, with other files ({TAGS} has the sha256 {theirs}, not {ours}); a "
                "release is never changed: make a new version, or choose another place"
            )
            raise RefusedError(message)

    def publish(self, draft: Draft) -> Published:
        """Write the object that says that all others are there, and names their hashes."""
        said = {"published": True, "tagmanifest_sha256": self._objects.sha256_of(f"{draft.id}/{TAGS}")}
        self._objects.write(f"{draft.id}/{PUBLISHED}", json.dumps(said).encode() + b"\n")
        return Published(draft.id, "", "", draft.url)


def s3(target: Target) -> Depositor:
    """Return a depositor for a bucket."""
    parts = urlsplit(target.address)
    if parts.scheme != "s3" or not parts.netloc:
        message = f"say which bucket: --instance s3://BUCKET/PREFIX, got {target.address!r}"
        raise NotThereError(message)
    try:
        boto3 = import_module("boto3")
    except ImportError as error:
        message = f"boto3 is missing ({error}); install it: pip install 'matgranary[s3]'"
        raise NotThereError(message) from error
    return S3(Objects(boto3.Session().client("s3"), parts.netloc), parts.netloc, parts.path.strip("/"))
