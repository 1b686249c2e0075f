"""Deposits in a hub of datasets, by Hugging Face's own client: equal files, one tag, resumed, keys told apart."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from curation.release.deposit.depositor import Target
from curation.release.deposit.errors import NoAccessError, RefusedError, TryAgainError
from curation.release.deposit.huggingface import huggingface
from curation.release.deposit.run import Deposited, Order, deposit
from curation.release.terms import Access, ReleaseTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

    from curation.datasets.open import Dataset

    Load = Callable[[str], ModuleType]

type Hub = Any  # the class of a module that is loaded by path
TERMS = ReleaseTerms(released="2026-01-02")
NAME = "ada/tiny"
TOKEN = "hf_only_for_tests"
# The client hands a stream to its own transport in a way that the transport is about to give up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")


@pytest.fixture(autouse=True)
def _plain_storage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files go by the protocol of large-file storage, and no call waits before it is made again."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda _: None)


@pytest.fixture(scope="session")
def hub_module(load: Load) -> ModuleType:
    return load("curation/release/deposit/hub_server")


@pytest.fixture
def hub(hub_module: ModuleType) -> Hub:
    return hub_module.Hub()


@pytest.fixture
def address(hub_module: ModuleType, hub: Hub) -> Iterator[str]:
    with hub_module.serving(hub) as served:
        yield served


def send(dataset: Dataset, store: Path, address: str, terms: ReleaseTerms = TERMS, token: str = TOKEN) -> Deposited:
    depositor = huggingface(Target("huggingface", NAME, {"HF_TOKEN": token, "HF_ENDPOINT": address}))
    return deposit(dataset, store, Order(terms, "huggingface", NAME), depositor=depositor)


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def tagged(hub: Hub, version: str) -> dict[str, bytes]:
    return {path: content for path, content in hub.at(version).items() if path != ".gitattributes"}


def test_the_tag_of_a_version_holds_the_files_of_the_release(
    tiny: Dataset, hub: Hub, address: str, tmp_path: Path
) -> None:
    done = send(tiny, tmp_path, address)
    assert (hub.name, hub.private, list(hub.tags), len(hub.commits)) == (NAME, False, ["1.1.0"], 2)
    assert tagged(hub, "1.1.0") == files_of(done.folder)
    assert done.state.url == f"{address}/datasets/{NAME}/tree/1.1.0"


def test_a_second_run_from_another_store_commits_nothing(tiny: Dataset, hub: Hub, address: str, tmp_path: Path) -> None:
    first = send(tiny, tmp_path / "one", address)
    second = send(tiny, tmp_path / "two", address)
    assert (second.state.url, len(hub.commits)) == (first.state.url, 2)


def test_a_closed_release_makes_a_private_repository(tiny: Dataset, hub: Hub, address: str, tmp_path: Path) -> None:
    send(tiny, tmp_path, address, TERMS.model_copy(update={"access": Access.RESTRICTED}))
    assert hub.private


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
@pytest.mark.parametrize("step", [5, pytest.param(1, marks=pytest.mark.sweep)], ids=["every fifth", "every"])
def test_an_answer_that_is_lost_at_any_call_leaves_the_same_files_under_one_tag(
    tiny: Dataset, hub_module: ModuleType, load: Load, tmp_path: Path, after: bool, step: int
) -> None:
    proxy = load("curation/release/deposit/fault_proxy")
    released, calls, number = None, 1, 0
    while number < calls:
        hub, store, faults = hub_module.Hub(), tmp_path / f"{number}", proxy.Faults(fail_at=number, after=after)
        if released is not None:
            place = store / "deposits" / "huggingface" / released.name
            shutil.copytree(released, place / released.name, copy_function=os.link)
        with hub_module.serving(hub) as served, proxy.losing(served, faults) as address:
            try:
                done = send(tiny, store, address)
            except TryAgainError:
                done = send(tiny, store, address)
        said = f"call {number}: {faults.calls[number - 1]}"
        assert tagged(hub, "1.1.0") == files_of(done.folder), said
        assert list(hub.tags) == ["1.1.0"], said
        if released is None:
            released, calls = done.folder, len(faults.calls)
        number += step if number else 1 + after % step
    assert calls > 10


def test_another_release_under_a_tag_that_stands_is_refused(
    tiny: Dataset, hub: Hub, address: str, tmp_path: Path
) -> None:
    send(tiny, tmp_path / "one", address)
    other = TERMS.model_copy(update={"publisher": "Somebody else"})
    with pytest.raises(RefusedError, match=r"has a tag 1\.1\.0 already, of other files"):
        send(tiny, tmp_path / "two", address, other)
    assert len(hub.commits) == 2


def test_a_wrong_key_is_told_apart_and_not_shown(tiny: Dataset, hub: Hub, address: str, tmp_path: Path) -> None:
    with pytest.raises(NoAccessError, match="may it write") as caught:
        send(tiny, tmp_path, address, token="hf_canary")
    assert caught.value.exit_code == 8
    assert "hf_canary" not in str(caught.value)
    assert (hub.name, hub.commits) == ("", [])


def test_the_command_line_says_which_key_is_missing(
    tiny_store: Path, tmp_path: Path, command: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    shutil.copytree(tiny_store, tmp_path / "store", copy_function=os.link)
    place = ("--to", "huggingface", "--instance", NAME, "--store", tmp_path / "store")
    code, _, said = command("release", "tiny", *place)
    assert (code, "HF_TOKEN" in said) == (8, True)
    code, text, said = command("release", "tiny", *place, "--dry-run", "--json")
    assert (code, json.loads(text)["dry_run"]) == (0, True), said
