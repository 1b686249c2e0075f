"""Deposits through the API of InvenioRDM: whatever call is lost or kills the run, one draft and one DOI come of it."""

from __future__ import annotations

import os
import shutil
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from curation import open_dataset
from curation.errors import CorruptionError
from curation.release.deposit.errors import NoAccessError, RefusedError, TryAgainError
from curation.release.deposit.http import Door, Patience
from curation.release.deposit.inveniordm import InvenioRdm
from curation.release.deposit.journal import read_state, write_state
from curation.release.deposit.run import Deposited, Order, deposit
from curation.release.terms import Access, ReleaseTerms
from curation.release.verify import verify_release

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from curation.datasets.open import Dataset

type Repository = Any  # the class of a module that is loaded by path
TOKEN = "only-for-tests"
TERMS = ReleaseTerms(released="2026-01-02")


def depositor(address: str, token: str = TOKEN, attempts: int = 1) -> InvenioRdm:
    patience = Patience(attempts=attempts, sleep=lambda _: None)
    return InvenioRdm(Door(address, {"Authorization": f"Bearer {token}"}, patience))


@pytest.fixture
def send(tmp_path: Path, address: str) -> Callable[..., Deposited]:
    """A function that deposits a dataset into the repository, from a store of its own."""

    def run(dataset: Dataset, terms: ReleaseTerms = TERMS, **options: Any) -> Deposited:  # noqa: ANN401 — see depositor
        order = Order(terms, "inveniordm", address)
        return deposit(dataset, tmp_path / "store", order, depositor=depositor(address, **options))

    return run


def test_a_deposit_is_published_with_the_doi_that_its_files_name(
    send: Callable[..., Deposited], tiny: Dataset, repository: Repository
) -> None:
    done = send(tiny)
    (record,) = repository.published
    assert (done.state.doi, done.state.concept_doi) == ("10.5072/r1", "10.5072/p-r1")
    assert repository.dois == ["10.5072/r1"]
    assert record["metadata"]["rights"] == [{"id": "cc-by-4.0"}]
    assert '"doi": "10.5072/r1"' in repository.contents["r1", "datacite.json"].decode()
    assert all(result.passed for result in verify_release(done.folder))
    with zipfile.ZipFile(done.files[0]) as archive:
        assert archive.testzip() is None
        assert f"{done.folder.name}/tagmanifest-sha256.txt" in archive.namelist()


def test_a_second_run_does_nothing(send: Callable[..., Deposited], tiny: Dataset, repository: Repository) -> None:
    first = send(tiny)
    calls = len(repository.calls)
    assert send(tiny).state == first.state
    assert len(repository.calls) == calls


def test_a_second_version_stands_under_the_same_concept_doi(
    send: Callable[..., Deposited], tiny_store: Path, repository: Repository
) -> None:
    first = send(open_dataset(tiny_store, "tiny@1.0.0"))
    second = send(open_dataset(tiny_store, "tiny@1.1.0"))
    assert first.state.concept_doi == second.state.concept_doi
    assert first.state.doi != second.state.doi
    assert [one["metadata"]["version"] for one in repository.published] == ["1.0.0", "1.1.0"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, server_module: ModuleType, tiny: Dataset) -> tuple[Path, int]:
    """The folder of a deposit that nothing stopped, and how many calls it made."""
    repository = server_module.Repository()
    store = tmp_path_factory.mktemp("whole")
    with server_module.serving(repository) as address:
        deposit(tiny, store, Order(TERMS, "inveniordm", address), depositor=depositor(address))
    return store / "deposits" / "inveniordm" / "tiny-1.1.0", len(repository.calls)


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
@pytest.mark.parametrize("forgets", [False, True], ids=["state kept", "killed before the state was written"])
@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.sweep)], ids=["every fifth", "every"])
def test_an_answer_that_is_lost_at_any_call_leaves_one_draft_and_one_doi(
    tmp_path: Path,
    server_module: ModuleType,
    tiny: Dataset,
    whole: tuple[Path, int],
    after: bool,
    forgets: bool,
    step: int,
) -> None:
    made, calls = whole
    for number in range(1 + (after + 2 * forgets) % step, calls + 1, step):
        repository = server_module.Repository(fail_at=number, after=after)
        store = tmp_path / f"{number}"
        place = store / "deposits" / "inveniordm" / "tiny-1.1.0"
        # The package has the same bytes each time: made once, it is found to stand.
        shutil.copytree(made / "tiny-1.1.0", place / "tiny-1.1.0", copy_function=os.link)
        with server_module.serving(repository) as address:
            order = Order(TERMS, "inveniordm", address)
            with pytest.raises(TryAgainError, match="run the same command again"):
                deposit(tiny, store, order, depositor=depositor(address))
            state = read_state(place)
            assert state is not None
            if forgets:
                write_state(place, state.model_copy(update={"draft": "", "doi": ""}))
            done = deposit(tiny, store, order, depositor=depositor(address))
        said = f"call {number}, {repository.calls[number - 1]}"
        assert len(repository.records) == 1, said
        assert len(repository.published) == 1, said
        assert repository.dois == [done.state.doi], said
        assert repository.contents["r1", "tiny-1.1.0.zip"] == (made / "tiny-1.1.0.zip").read_bytes(), said


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
@pytest.mark.parametrize("step", [13, pytest.param(1, marks=pytest.mark.sweep)], ids=["every thirteenth", "every"])
def test_a_process_that_is_killed_at_any_call_leaves_one_draft_and_one_doi(
    tmp_path: Path,
    server_module: ModuleType,
    load: Callable[[str], ModuleType],
    tiny_store: Path,
    whole: tuple[Path, int],
    after: bool,
    step: int,
) -> None:
    """The command line in a process of its own (SIGKILL); the same deposit again, which ends it."""
    interruptions, proxy = load("curation/release/deposit/interruptions"), load("curation/release/deposit/fault_proxy")
    for number in range(2 + after * (step // 2), whole[1] + 1, step):
        repository = server_module.Repository()
        with server_module.serving(repository) as address:
            user = interruptions.Repository(address, TOKEN)
            fault = interruptions.Fault(number, after, kills=True)
            outcome = interruptions.interrupt_and_resume(proxy, tiny_store, tmp_path / f"{number}", user, fault)
        said = f"call {number}, {outcome.calls[number - 1]}"
        assert len(repository.records) == len(repository.published) == 1, said
        assert repository.dois == [outcome.done.state.doi], said
        sent = {file.name: file.read_bytes() for file in outcome.done.files}
        assert {name: content for (_, name), content in repository.contents.items()} == sent, said


def test_a_call_that_may_be_made_twice_is_made_again(tmp_path: Path, server_module: ModuleType, tiny: Dataset) -> None:
    repository = server_module.Repository(fail_at=1, after=True)
    with server_module.serving(repository) as address:
        order = Order(TERMS, "inveniordm", address)
        done = deposit(tiny, tmp_path, order, depositor=depositor(address, attempts=3))
    assert done.state.published
    assert repository.calls[0] == repository.calls[1]


def test_an_unknown_licence_is_refused_with_the_reason(
    send: Callable[..., Deposited], tiny: Dataset, repository: Repository
) -> None:
    terms = TERMS.model_copy(update={"licence": "ODC-By-1.0"})
    with pytest.raises(RefusedError, match="invalid rights") as caught:
        send(tiny, terms)
    assert caught.value.exit_code == 6
    assert repository.records == {}


def test_a_wrong_key_is_told_apart(send: Callable[..., Deposited], tiny: Dataset, repository: Repository) -> None:
    with pytest.raises(NoAccessError, match="is the key of this instance set") as caught:
        send(tiny, token="another")
    assert caught.value.exit_code == 8
    assert "another" not in str(caught.value)
    assert repository.records == {}


def test_an_embargo_restricts_the_files_and_not_the_record(
    send: Callable[..., Deposited], tiny: Dataset, repository: Repository
) -> None:
    terms = ReleaseTerms(released="2026-01-02", access=Access.EMBARGOED, embargo_until="2027-01-01")
    send(tiny, terms)
    (record,) = repository.published
    assert record["access"]["record"] == "public"
    assert record["access"]["files"] == "restricted"
    assert record["access"]["embargo"]["until"] == "2027-01-01"


def test_rows_that_were_published_from_another_store_are_found_and_not_published_again(
    send: Callable[..., Deposited], tiny: Dataset, repository: Repository, address: str, tmp_path: Path
) -> None:
    first = send(tiny)
    order = Order(TERMS, "inveniordm", address)
    second = deposit(tiny, tmp_path / "another", order, depositor=depositor(address))
    assert (second.state.doi, len(repository.records)) == (first.state.doi, 1)
    closed = Order(TERMS.model_copy(update={"access": Access.RESTRICTED}), "inveniordm", address)
    with pytest.raises(RefusedError, match="published already as record r1, with public files, not restricted ones"):
        deposit(tiny, tmp_path / "third", closed, depositor=depositor(address))


def test_other_rows_under_a_version_that_was_begun_are_refused(
    send: Callable[..., Deposited], tiny: Dataset, tmp_path: Path
) -> None:
    done = send(tiny)
    place = tmp_path / "store" / "deposits" / "inveniordm" / "tiny-1.1.0"
    write_state(place, done.state.model_copy(update={"marker": "matgranary:other"}))
    with pytest.raises(CorruptionError, match=r"deposit of other rows under tiny@1\.1\.0: record r1"):
        send(tiny)


def test_a_file_that_differs_is_sent_again(
    send: Callable[..., Deposited], tiny: Dataset, repository: Repository, server_module: ModuleType
) -> None:
    """Killed while publishing: what the draft holds is compared with what is to be sent."""

    def refuse(method: str, path: str) -> Any:  # noqa: ANN401 — an Answer
        return server_module.Answer(503, {}) if path.endswith("publish") and method == "POST" else None

    repository.refuses = refuse
    with pytest.raises(TryAgainError):
        send(tiny)
    repository.records["r1"]["files_sent"]["README.md"]["checksum"] = "md5:0"
    repository.records["r1"]["files_sent"]["left over.txt"] = {"status": "pending"}
    repository.refuses = lambda *_: None
    before = len(repository.calls)
    done = send(tiny)
    sent = [call for call in repository.calls[before:] if call.startswith("PUT") and call.endswith("content")]
    assert sent == ["PUT /api/records/r1/draft/files/README.md/content"]
    assert sorted(repository.records["r1"]["files_sent"]) == sorted(file.name for file in done.files)
