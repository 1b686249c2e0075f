"""Deposits in a bucket of a real S3 protocol (moto, which checks signatures): equal bytes, resumed, told apart."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from curation.release.deposit.errors import NoAccessError, NotThereError, RefusedError, TryAgainError
from curation.release.deposit.run import Deposited, Order, deposit
from curation.release.deposit.s3 import S3
from curation.release.deposit.s3_objects import Objects
from curation.release.terms import ReleaseTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from curation.datasets.open import Dataset

    Load = Callable[[str], ModuleType]

PROJECT = Path(__file__).parents[4]
JUDGES = PROJECT / "tests" / "judges"
TERMS = ReleaseTerms(released="2026-01-02")
ONCE = Config(retries={"total_max_attempts": 1})
SMALLEST_PART = 5 << 20


@dataclass(frozen=True)
class Server:
    """A server of S3, its one bucket, and the key that may use it."""

    address: str
    bucket: str
    key: str
    secret: str

    def client(self, address: str = "", secret: str = "") -> Any:  # noqa: ANN401 — boto3 makes it when it runs
        """A client that makes every call once, so that a fault is seen."""
        return boto3.client(
            "s3",
            endpoint_url=address or self.address,
            aws_access_key_id=self.key,
            aws_secret_access_key=secret or self.secret,
            region_name="us-east-1",
            config=ONCE,
        )

    def contents(self, prefix: str) -> dict[str, bytes]:
        client = self.client()
        listed = client.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return {
            one["Key"].removeprefix(f"{prefix}/"): client.get_object(Bucket=self.bucket, Key=one["Key"])["Body"].read()
            for one in listed
        }

    def unfinished(self) -> list[Any]:
        found: list[Any] = self.client().list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        return found


@pytest.fixture(scope="module")
def server(load: Load) -> Iterator[Server]:
    python = load("judges/environment").environment(JUDGES / "s3.txt", PROJECT / ".venv-judges" / "s3")
    with subprocess.Popen(
        [python, JUDGES / "s3_server.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Server(**json.loads(process.stdout.readline()))
        process.stdin.close()
        process.wait(timeout=30)


def send(dataset: Dataset, store: Path, server: Server, prefix: str, client: object = None) -> Deposited:
    depositor = S3(Objects(client or server.client(), server.bucket), server.bucket, prefix)
    return deposit(dataset, store, Order(TERMS, "s3", f"s3://{server.bucket}/{prefix}"), depositor=depositor)


@pytest.fixture(scope="module")
def whole(server: Server, tiny: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Deposited:
    """A deposit that nothing stopped."""
    return send(tiny, tmp_path_factory.mktemp("whole"), server, "whole")


def copied(whole: Deposited, store: Path) -> Path:
    """Give a store the package of another, which has the same bytes; nothing is known of its deposit."""
    place = store / "deposits" / "s3" / whole.folder.name
    shutil.copytree(whole.folder, place / whole.folder.name, copy_function=os.link)
    return store


def test_the_objects_hold_the_bytes_of_the_files(server: Server, whole: Deposited) -> None:
    found = server.contents("whole/tiny/1.1.0")
    published = json.loads(found.pop("published.json"))
    assert found == {file.name: file.read_bytes() for file in whole.files}
    tags = (whole.folder / "tagmanifest-sha256.txt").read_bytes()
    assert published == {"published": True, "tagmanifest_sha256": hashlib.sha256(tags).hexdigest()}
    assert whole.state.url == f"s3://{server.bucket}/whole/tiny/1.1.0"


def test_what_is_published_is_not_sent_again(
    server: Server, tiny: Dataset, whole: Deposited, load: Load, tmp_path: Path
) -> None:
    proxy = load("curation/release/deposit/fault_proxy")
    faults = proxy.Faults()
    with proxy.losing(server.address, faults) as address:
        done = send(tiny, copied(whole, tmp_path), server, "whole", server.client(address))
    assert done.state.published
    sent = [call for call in faults.calls if call.startswith("PUT")]
    assert sent == [f"PUT /{server.bucket}/whole/tiny/1.1.0/published.json"]


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
@pytest.mark.parametrize("step", [4, pytest.param(1, marks=pytest.mark.sweep)], ids=["every fourth", "every"])
def test_an_answer_that_is_lost_at_any_call_leaves_the_same_objects(
    server: Server, tiny: Dataset, whole: Deposited, load: Load, tmp_path: Path, after: bool, step: int
) -> None:
    proxy = load("curation/release/deposit/fault_proxy")
    expected = server.contents("whole/tiny/1.1.0")
    calls = 2 * len(whole.files) + 3
    for number in range(1 + after % step, calls + 1, step):
        prefix = f"round{number}{after}{step}"
        store, faults = copied(whole, tmp_path / prefix), proxy.Faults(fail_at=number, after=after)
        with proxy.losing(server.address, faults) as address:
            with pytest.raises(TryAgainError, match="run the same command again"):
                send(tiny, store, server, prefix, server.client(address))
            done = send(tiny, store, server, prefix, server.client(address))
        assert done.state.published
        assert server.contents(f"{prefix}/tiny/1.1.0") == expected, faults.calls[number - 1]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of three parts, no two of them equal."""
    path = tmp_path_factory.mktemp("large") / "large.zip"
    path.write_bytes(b"".join(bytes([number]) * SMALLEST_PART for number in (1, 2)) + b"the end")
    return path


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
def test_a_file_in_parts_goes_on_with_the_first_part_that_is_not_there(
    server: Server, large: Path, load: Load, after: bool
) -> None:
    """The calls: what is there, uploads begun, create, three parts, complete, what is there now."""
    proxy = load("curation/release/deposit/fault_proxy")
    for number in range(1, 9):
        key, faults = f"parts-{number}-{after}", proxy.Faults(fail_at=number, after=after)
        with proxy.losing(server.address, faults) as address:
            objects = Objects(server.client(address), server.bucket, SMALLEST_PART)
            with pytest.raises(TryAgainError):
                objects.send(key, large)
            objects.send(key, large)
        said = f"call {number}: {faults.calls}"
        assert server.contents(key) == {key: large.read_bytes()}, said
        # A part is put once, and once more where its own call was lost.
        assert sum(call.startswith("PUT") for call in faults.calls) == 3 + (4 <= number <= 6 and not after), said
    assert server.unfinished() == []


def test_parts_of_another_file_are_replaced(server: Server, large: Path) -> None:
    client, key = server.client(), "other-parts"
    upload = client.create_multipart_upload(Bucket=server.bucket, Key=key)["UploadId"]
    other = {"Bucket": server.bucket, "Key": key, "UploadId": upload, "PartNumber": 1}
    client.upload_part(Body=b"x" * SMALLEST_PART, **other)
    objects = Objects(client, server.bucket, SMALLEST_PART)
    with pytest.raises(TryAgainError, match="completed with parts of another file"):
        objects.send(key, large)
    objects.send(key, large)
    assert server.contents(key) == {key: large.read_bytes()}
    assert objects.sha256_of(key) == hashlib.sha256(large.read_bytes()).hexdigest()


def test_another_release_at_the_same_place_is_refused(server: Server, tiny: Dataset, tmp_path: Path) -> None:
    send(tiny, tmp_path / "one", server, "taken")
    before = server.contents("taken/tiny/1.1.0")
    other = TERMS.model_copy(update={"publisher": "Somebody else"})
    depositor = S3(Objects(server.client(), server.bucket), server.bucket, "taken")
    with pytest.raises(RefusedError, match="is published already, with other files"):
        deposit(tiny, tmp_path / "two", Order(other, "s3", "s3://releases/taken"), depositor=depositor)
    assert server.contents("taken/tiny/1.1.0") == before


def test_a_wrong_key_is_told_apart_and_not_shown(server: Server, tiny: Dataset, tmp_path: Path) -> None:
    with pytest.raises(NoAccessError, match="the bucket refuses access") as caught:
        send(tiny, tmp_path, server, "refused", server.client(secret="canary-secret"))
    assert caught.value.exit_code == 8
    assert "canary-secret" not in str(caught.value)
    assert server.contents("refused") == {}


def test_the_command_line_deposits_with_the_key_of_the_environment(
    server: Server,
    tiny_store: Path,
    tmp_path: Path,
    command: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = tmp_path / "store"
    shutil.copytree(tiny_store, store, copy_function=os.link)
    place = ("--to", "s3", "--instance", f"s3://{server.bucket}/cli", "--store", store, "--json")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", server.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary-secret")
    code, text, said = command("release", "tiny", *place)
    assert code == 8
    assert "canary-secret" not in text + said
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", server.secret)
    code, text, said = command("release", "tiny", *place)
    assert (code, json.loads(text)["published"]) == (0, True), said
    assert "published.json" in server.contents("cli/tiny/1.1.0")


def test_a_place_that_is_no_bucket_is_refused(tiny: Dataset, tmp_path: Path) -> None:
    with pytest.raises(NotThereError, match="--instance s3://BUCKET/PREFIX, got 'bucket'"):
        deposit(tiny, tmp_path, Order(TERMS, "s3", "bucket"))
