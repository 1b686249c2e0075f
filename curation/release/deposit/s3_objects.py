"""S3 objects: a file in, an object with the same bytes out; a large one in parts, from the first that is not there.

An object carries the sha256 of its file as metadata, and a part the MD5 of its bytes as ETag, so that what is there is
told from what is not without reading it back.
"""

from __future__ import annotations

import hashlib
from importlib import import_module
from typing import TYPE_CHECKING, Any

from curation.release.deposit.errors import NoAccessError, NotThereError, RefusedError, TryAgainError
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from pathlib import Path

PART_BYTES = 64 << 20
_MOST_PARTS = 10_000
_FORBIDDEN = frozenset({401, 403})
_GONE, _SERVER = 404, 500
type Client = Any  # boto3 makes the types of its clients when it runs


class Objects:
    """The objects of a bucket."""

    def __init__(self, client: Client, bucket: str, part_bytes: int = PART_BYTES) -> None:
        """Read and write objects of a bucket.

        Args:
            client: of boto3, for S3.
            bucket: its name.
            part_bytes: a larger file is sent in parts of this size; S3 wants at least 5 MiB.
        """
        self._client = client
        self._bucket = bucket
        self._part_bytes = part_bytes
        self._unreachable = import_module("botocore.exceptions").BotoCoreError

    def sha256_of(self, key: str) -> str | None:
        """Return the sha256 that an object carries, or none where there is no such object."""
        try:
            head = self._call("head_object", Key=key)
        except NotThereError:
            return None
        return str(head.get("Metadata", {}).get("sha256", ""))

    def read(self, key: str) -> bytes | None:
        """Return the bytes of a small object, or none where there is no such object."""
        try:
            return bytes(self._call("get_object", Key=key)["Body"].read())
        except NotThereError:
            return None

    def write(self, key: str, content: bytes) -> None:
        """Write a small object."""
        self._call("put_object", Key=key, Body=content)

    def send(self, key: str, file: Path) -> None:
        """Send a file, unless the object is there with the same bytes.

        Raises:
            TryAgainError: a call got no clear answer, or parts of another file were there: run it again.
        """
        sha256 = sha256_of_file(file)
        if self.sha256_of(key) == sha256:
            return
        if file.stat().st_size <= self._part_bytes:
            with file.open("rb") as body:
                self._call("put_object", Key=key, Body=body, Metadata={"sha256": sha256})
            return
        self._send_parts(key, file, sha256)
        if self.sha256_of(key) != sha256:
            message = f"{key} was completed with parts of another file; run the same command again"
            raise TryAgainError(message)

    def _send_parts(self, key: str, file: Path, sha256: str) -> None:
        upload, there = self._begun(key) or (self._create(key, sha256), {})
        size = file.stat().st_size
        length = max(self._part_bytes, -(-size // _MOST_PARTS))
        parts = []
        with file.open("rb") as stream:
            for number in range(1, -(-size // length) + 1):
                content = stream.read(length)
                tag = there.get(number)
                if tag != _md5(content):
                    said = {"Key": key, "UploadId": upload, "PartNumber": number}
                    tag = self._call("upload_part", Body=content, **said)["ETag"].strip('"')
                parts.append({"PartNumber": number, "ETag": tag})
        self._call("complete_multipart_upload", Key=key, UploadId=upload, MultipartUpload={"Parts": parts})

    def _create(self, key: str, sha256: str) -> str:
        return str(self._call("create_multipart_upload", Key=key, Metadata={"sha256": sha256})["UploadId"])

    def _begun(self, key: str) -> tuple[str, dict[int, str]] | None:
        """Return the upload of an object that was begun, with the tags of its parts; others are given up."""
        listed = self._call("list_multipart_uploads", Prefix=key).get("Uploads", [])
        found = [(str(one["UploadId"]), self._parts(key, one["UploadId"])) for one in listed if one["Key"] == key]
        found.sort(key=lambda one: -len(one[1]))
        for upload, _ in found[1:]:
            self._call("abort_multipart_upload", Key=key, UploadId=upload)
        return found[0] if found else None

    def _parts(self, key: str, upload: str) -> dict[int, str]:
        found: dict[int, str] = {}
        more: dict[str, Any] = {}
        while True:
            answer = self._call("list_parts", Key=key, UploadId=upload, **more)
            found |= {int(part["PartNumber"]): part["ETag"].strip('"') for part in answer.get("Parts", [])}
            if not answer.get("IsTruncated"):
                return found
            more = {"PartNumberMarker": answer["NextPartNumberMarker"]}

    def _call(self, name: str, **what: Any) -> dict[str, Any]:  # noqa: ANN401 — see Client
        try:
            answer: dict[str, Any] = getattr(self._client, name)(Bucket=self._bucket, **what)
        except self._client.exceptions.ClientError as error:
            raise _refused(error) from error
        except self._unreachable as error:
            raise _unanswered(error) from error
        return answer


def _refused(error: Any) -> Exception:  # noqa: ANN401 — made by boto3 when it runs
    """Return what an answer with an error means, by its status."""
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    if status in _FORBIDDEN:
        return NoAccessError(f"the bucket refuses access: {error}; may this key list, read and write it?")
    if status == _GONE:
        return NotThereError(str(error))
    return TryAgainError(f"{error}; run the same command again") if status >= _SERVER else RefusedError(str(error))


def _unanswered(error: Exception) -> Exception:
    """Return what it means that there was no answer: no key to sign with, or no connection."""
    if type(error).__name__ in {"NoCredentialsError", "PartialCredentialsError"}:
        return NoAccessError("boto3 finds no key: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile")
    return TryAgainError(f"{error}; run the same command again")


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
