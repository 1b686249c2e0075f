"""S3: a release as objects of a bucket, under NAME/VERSION/; needs boto3 (the extra `s3`).

`--instance s3://BUCKET/PREFIX`, with keys and endpoint as boto3 finds them (`AWS_ACCESS_KEY_ID`, `AWS_ENDPOINT_URL`).
"""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from curation.release.deposit.depositor import Draft, Published
from curation.release.deposit.errors import NoAccessError, NotThereError, TryAgainError

if TYPE_CHECKING:
    from pathlib import Path

    from curation.release.deposit.depositor import Depositor, Submission, Target

_PUBLISHED = "published.json"


class S3:
    """A depositor for a bucket; a release is published once the object `published.json` stands beside its files."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:  # noqa: ANN401 — boto3 makes its clients' types
        """Put objects into a bucket, below a prefix."""
        self._client = client
        self._bucket = bucket
        self._prefix = prefix

    def reserve(self, submission: Submission) -> Draft:
        """Name the place; nothing is written."""
        manifest = submission.facts.manifest
        place = "/".join(part for part in (self._prefix, manifest.dataset, manifest.version) if part)
        return Draft(place, url=f"s3://{self._bucket}/{place}")

    def fill(self, draft: Draft, submission: Submission, files: tuple[Path, ...]) -> None:
        """Put the files that are not there with the same bytes."""
        del submission
        for file in files:
            sha256 = _sha256(file)
            if self._sha256_of(f"{draft.id}/{file.name}") != sha256:
                with file.open("rb") as stream:
                    self._put(f"{draft.id}/{file.name}", stream, {"sha256": sha256})

    def publish(self, draft: Draft) -> Published:
        """Write the object that says that all others are there."""
        self._put(f"{draft.id}/{_PUBLISHED}", b'{"published": true}\n', {})
        return Published(draft.id, "", "", draft.url)

    def _sha256_of(self, key: str) -> str | None:
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=key)
        except self._client.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:  # noqa: PLR2004 — not found
                return None
            raise _told(error) from error
        return str(head.get("Metadata", {}).get("sha256", ""))

    def _put(self, key: str, body: object, said: dict[str, str]) -> None:
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, Metadata=said)
        except self._client.exceptions.ClientError as error:
            raise _told(error) from error


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
    return S3(boto3.client("s3"), parts.netloc, parts.path.strip("/"))


def _told(error: Any) -> Exception:  # noqa: ANN401 — see above
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if status in {401, 403}:
        return NoAccessError(f"the bucket refuses access: {error}")
    return TryAgainError(f"{error}; run the same command again")


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
