"""Deposits in a real InvenioRDM, the software of Zenodo: its life cycle, and a lost answer at every call."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from curation import open_dataset
from curation.release.deposit.errors import NoAccessError, RefusedError
from curation.release.deposit.http import Door, Patience
from curation.release.deposit.inveniordm import InvenioRdm
from curation.release.deposit.run import Deposited, Order, deposit
from curation.release.get import get
from curation.release.terms import Access, ReleaseTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from curation.datasets.open import Dataset

    Load = Callable[[str], ModuleType]

pytestmark = pytest.mark.sweep
PROJECT = Path(__file__).parents[4]
JUDGES = PROJECT / "tests" / "judges"
TERMS = ReleaseTerms(released="2026-01-02")


@dataclass(frozen=True)
class Server:
    address: str
    token: str
    other_token: str

    def dois(self) -> set[str]:
        """The DOIs that DataCite was asked to register."""
        return set(self.ask("/datacite"))

    def ask(self, path: str, token: str = "") -> Any:  # noqa: ANN401 — JSON
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.get(self.address + path, headers=headers, timeout=120).json()  # noqa: TID251 — loopback

    def status(self, path: str, token: str = "") -> int:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return requests.get(self.address + path, headers=headers, timeout=120).status_code  # noqa: TID251 — loopback

    def records(self, token: str = "") -> list[dict[str, Any]]:
        """Drafts and records of a user, the first where no token is given."""
        hits: list[dict[str, Any]] = self.ask("/api/user/records?size=1000", token or self.token)["hits"]["hits"]
        return hits

    def depositor(self, address: str = "") -> InvenioRdm:
        patience = Patience(attempts=1)
        return InvenioRdm(Door(address or self.address, {"Authorization": f"Bearer {self.token}"}, patience))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, load: Load) -> Iterator[Server]:
    """InvenioRDM with a database of its own, on loopback."""
    python = load("judges/environment").environment(JUDGES / "invenio.txt", PROJECT / ".venv-judges" / "invenio")
    room = tmp_path_factory.mktemp("inveniordm")
    with (
        (room / "said.txt").open("w", encoding="utf-8") as said,
        subprocess.Popen(
            [python, JUDGES / "invenio_server.py", room],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (room / "said.txt").read_text(encoding="utf-8")[-3000:]
        told = json.loads(line)
        yield Server(told["address"], *told["tokens"])
        process.stdin.close()
        process.wait(timeout=60)


@pytest.fixture
def send(tmp_path: Path, server: Server) -> Callable[..., Deposited]:
    def run(dataset: Dataset, terms: ReleaseTerms = TERMS) -> Deposited:
        order = Order(terms, "inveniordm", server.address)
        return deposit(dataset, tmp_path / "store", order, depositor=server.depositor())

    return run


def test_two_versions_stand_under_one_concept_doi_and_come_back_equal(
    send: Callable[..., Deposited], server: Server, tiny_store: Path, tmp_path: Path
) -> None:
    first = send(open_dataset(tiny_store, "tiny@1.0.0"))
    second = send(open_dataset(tiny_store, "tiny@1.1.0"))
    assert first.state.doi != second.state.doi
    assert first.state.concept_doi == second.state.concept_doi != ""
    assert {first.state.doi, second.state.doi, first.state.concept_doi} <= server.dois()
    listed = server.ask(f"/api/records/{second.state.draft}/files")["entries"]
    assert {entry["key"]: entry["checksum"] for entry in listed} == checksums(second)
    got = get(f"{server.address}/records/{second.state.draft}", tmp_path / "got")
    assert (got / "tagmanifest-sha256.txt").read_bytes() == (second.folder / "tagmanifest-sha256.txt").read_bytes()
    assert send(open_dataset(tiny_store, "tiny@1.1.0")).state == second.state


def test_the_export_of_the_record_keeps_to_datacite(
    send: Callable[..., Deposited],
    server: Server,
    tiny: Dataset,
    judges: Callable[[str, Path], list[str]],
    tmp_path: Path,
) -> None:
    done = send(renamed(tiny, "exported"))
    headers = {"Accept": "application/vnd.datacite.datacite+json"}
    said = requests.get(f"{server.address}/api/records/{done.state.draft}", headers=headers, timeout=60).json()  # noqa: TID251 — loopback
    said.pop("identifiers", None)
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "datacite.json").write_text(json.dumps(said), encoding="utf-8")
    assert judges("datacite", tmp_path / "export") == []


def test_files_under_embargo_are_refused_to_the_anonymous_and_to_others(
    send: Callable[..., Deposited], server: Server, tiny: Dataset
) -> None:
    terms = ReleaseTerms(released="2026-01-02", access=Access.EMBARGOED, embargo_until="2100-01-01")
    done = send(renamed(tiny, "embargoed"), terms)
    path = f"/api/records/{done.state.draft}/files/README.md/content"
    assert server.status(f"/api/records/{done.state.draft}") == 200
    assert server.status(path) == 403
    assert server.status(path, server.other_token) == 403
    assert server.status(path, server.token) == 200


def test_a_licence_that_the_repository_does_not_know_is_refused(
    send: Callable[..., Deposited], server: Server, tiny: Dataset
) -> None:
    with pytest.raises(RefusedError):
        send(renamed(tiny, "unlicensed"), TERMS.model_copy(update={"licence": "ODC-By-1.0"}))
    own = [one for one in server.records() if one["metadata"]["title"] == "unlicensed"]
    assert not [one for one in own if one["is_published"]]


def test_a_draft_of_another_is_not_ours(server: Server, tiny: Dataset, tmp_path: Path) -> None:
    wrong = InvenioRdm(Door(server.address, {"Authorization": "Bearer no-token"}, Patience(attempts=1)))
    with pytest.raises((NoAccessError, RefusedError)):
        deposit(tiny, tmp_path, Order(TERMS, "inveniordm", server.address), depositor=wrong)


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
@pytest.mark.parametrize("kills", [False, True], ids=["answered by 504", "process killed"])
def test_a_fault_at_any_call_leaves_one_draft_and_one_doi(
    server: Server,
    tiny_store: Path,
    tmp_path: Path,
    load: Load,
    after: bool,
    kills: bool,
    record_property: Callable[[str, object], None],
) -> None:
    """Each round is of a user of its own, so that all that this user owns was made by this round."""
    interruptions, proxy = load("curation/release/deposit/interruptions"), load("curation/release/deposit/fault_proxy")
    calls, number = 0, 0
    while number <= calls:
        user = interruptions.Repository(server.address, server.ask("/newcomer")["token"])
        before = server.dois()
        fault = interruptions.Fault(number, after, kills)
        outcome = interruptions.interrupt_and_resume(proxy, tiny_store, tmp_path / f"{number}", user, fault)
        calls = calls or len(outcome.calls)
        said, done = f"call {number} of {calls}, {outcome.calls[number - 1]}", outcome.done
        (record,) = server.records(user.token)
        assert (record["id"], record["is_published"]) == (done.state.draft, True), said
        assert server.dois() - before == {done.state.doi, done.state.concept_doi}, said
        listed = server.ask(f"/api/records/{record['id']}/files")["entries"]
        assert {entry["key"]: entry["checksum"] for entry in listed} == checksums(done), said
        number += 1
    record_property("calls", calls)
    assert calls > 20


def checksums(done: Deposited) -> dict[str, str]:
    """The MD5 of every file that was sent, as InvenioRDM says it."""
    return {file.name: f"md5:{hashlib.md5(file.read_bytes()).hexdigest()}" for file in done.files}  # noqa: S324 — see above


def renamed(dataset: Dataset, name: str) -> Dataset:
    copy = type(dataset)(dataset.folder)
    copy.manifest = dataset.manifest.model_copy(update={"dataset": name, "title": name})
    return copy
