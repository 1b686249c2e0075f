"""DOIs through the API of DataCite: metadata that keep to its schema, two DOIs and never more, keys told apart."""

from __future__ import annotations

import base64
import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from curation import open_dataset
from curation.release.deposit.datacite_doi import DataCite
from curation.release.deposit.errors import NoAccessError, RefusedError, TryAgainError
from curation.release.deposit.http import Door, Patience
from curation.release.deposit.run import Deposited, Order, deposit
from curation.release.terms import ReleaseTerms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType

    from curation.datasets.open import Dataset

    Load = Callable[[str], ModuleType]

type Registry = Any  # the class of a module that is loaded by path
TERMS = ReleaseTerms(released="2026-01-02", url="https://example.org/tiny")
CONCEPT, FIRST, SECOND = "10.5072/tiny", "10.5072/tiny.1.0.0", "10.5072/tiny.1.1.0"


@pytest.fixture(scope="session")
def doi_module(load: Load) -> ModuleType:
    return load("curation/release/deposit/doi_server")


@pytest.fixture
def registry(doi_module: ModuleType) -> Registry:
    return doi_module.Registry()


@pytest.fixture
def address(doi_module: ModuleType, registry: Registry) -> Iterator[str]:
    with doi_module.serving(registry) as served:
        yield served


def send(dataset: Dataset, store: Path, address: str, *, known: bool = True) -> Deposited:
    password = "only-for-tests" if known else "canary"
    key = base64.b64encode(f"EXAMPLE.TESTS:{password}".encode()).decode()
    door = Door(address, {"Authorization": f"Basic {key}"}, Patience(attempts=1))
    return deposit(dataset, store, Order(TERMS, "datacite", address), depositor=DataCite(door, "10.5072"))


def related(registry: Registry, doi: str) -> set[tuple[str, str]]:
    listed = registry.dois[doi]["relatedIdentifiers"]
    return {(one["relationType"], one["relatedIdentifier"]) for one in listed if "10.5072" in one["relatedIdentifier"]}


def test_both_dois_are_findable_and_keep_to_the_schema(
    tiny: Dataset, registry: Registry, address: str, tmp_path: Path, judges: Callable[[str, Path], list[str]]
) -> None:
    done = send(tiny, tmp_path / "store", address)
    assert (done.state.doi, done.state.concept_doi) == (SECOND, CONCEPT)
    assert {doi: one["state"] for doi, one in registry.dois.items()} == {CONCEPT: "findable", SECOND: "findable"}
    for one in registry.dois.values():
        said = {key: value for key, value in one.items() if key != "state"}
        (tmp_path / "datacite.json").write_text(json.dumps(said), encoding="utf-8")
        assert judges("datacite", tmp_path) == []
    assert f'"doi": "{SECOND}"' in (done.folder / "datacite.json").read_text(encoding="utf-8")


def test_versions_hang_together(tiny_store: Path, registry: Registry, address: str, tmp_path: Path) -> None:
    send(open_dataset(tiny_store, "tiny@1.0.0"), tmp_path, address)
    send(open_dataset(tiny_store, "tiny@1.1.0"), tmp_path, address)
    assert related(registry, CONCEPT) == {("HasVersion", FIRST), ("HasVersion", SECOND)}
    assert related(registry, SECOND) == {("IsVersionOf", CONCEPT)}
    assert sorted(registry.created) == [CONCEPT, FIRST, SECOND]


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
def test_an_answer_that_is_lost_at_any_call_leaves_two_dois(
    tiny: Dataset, doi_module: ModuleType, load: Load, tmp_path: Path, after: bool
) -> None:
    proxy = load("curation/release/deposit/fault_proxy")
    released, whole, calls, number = None, None, 1, 0
    while number <= calls:
        registry, faults = doi_module.Registry(), proxy.Faults(fail_at=number, after=after)
        store = tmp_path / f"{number}"
        if released is not None:
            place = store / "deposits" / "datacite" / released.name
            shutil.copytree(released, place / released.name, copy_function=os.link)
        with doi_module.serving(registry) as served, proxy.losing(served, faults) as address:
            if number:
                with pytest.raises(TryAgainError):
                    send(tiny, store, address)
            done = send(tiny, store, address)
        if released is None:
            released, whole, calls = done.folder, registry.dois, len(faults.calls)
        said = f"call {number}: {faults.calls[number - 1]}"
        assert sorted(registry.created) == [CONCEPT, SECOND], said
        assert registry.dois == whole, said
        number += 1
    assert calls > 8


def test_a_doi_of_other_rows_is_refused(tiny_store: Path, registry: Registry, address: str, tmp_path: Path) -> None:
    send(open_dataset(tiny_store, "tiny@1.1.0"), tmp_path / "one", address)
    registry.dois[SECOND]["alternateIdentifiers"][0]["alternateIdentifier"] = "ni:///sha-256;other"
    before = json.dumps(registry.dois)
    with pytest.raises(RefusedError, match=r"10\.5072/tiny\.1\.1\.0 is registered already, for other rows"):
        send(open_dataset(tiny_store, "tiny@1.1.0"), tmp_path / "two", address)
    assert json.dumps(registry.dois) == before


def test_a_wrong_password_is_told_apart_and_not_shown(
    tiny: Dataset, registry: Registry, address: str, tmp_path: Path
) -> None:
    with pytest.raises(NoAccessError, match="refuses access") as caught:
        send(tiny, tmp_path, address, known=False)
    assert caught.value.exit_code == 8
    assert "canary" not in str(caught.value)
    assert registry.dois == {}


def test_the_command_line_says_what_is_missing(
    tiny_store: Path,
    tmp_path: Path,
    address: str,
    command: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shutil.copytree(tiny_store, tmp_path / "store", copy_function=os.link)
    place = ("--to", "datacite", "--instance", address, "--store", tmp_path / "store")
    monkeypatch.setenv("MATGRANARY_DATACITE_REPOSITORY", "EXAMPLE.TESTS")
    monkeypatch.setenv("MATGRANARY_DATACITE_PREFIX", "10.5072")
    code, _, said = command("release", "tiny", *place)
    assert (code, "MATGRANARY_DATACITE_PASSWORD" in said) == (8, True)
    monkeypatch.setenv("MATGRANARY_DATACITE_PASSWORD", "only-for-tests")
    code, _, said = command("release", "tiny", *place)
    assert (code, "--url" in said) == (6, True)
    code, text, said = command("release", "tiny", *place, "--url", "https://example.org/tiny", "--json")
    assert (code, json.loads(text)["doi"]) == (0, SECOND), said
