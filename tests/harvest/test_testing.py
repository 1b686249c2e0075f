"""The contract itself: a connector that breaks a promise does not pass it."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from harvest.source import Rejected
from harvest.sources.files import FilesSource
from harvest.testing import SourceContract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harvest.source import Door, Page, Plan, RawObject
    from schemas.material import MaterialRecord

OPTIONS = {"path": "crystals.csv", "card": "crystals.toml"}


class Breaking(FilesSource):
    """The connector of files with one thing wrong."""

    def plan(self, key: str, options: dict[str, Any], folder: Path) -> Plan:
        from dataclasses import replace

        plan = super().plan(key, {name: value for name, value in options.items() if name in OPTIONS}, folder)
        about = plan.about.model_copy(update={"licence": "unknown"})
        (folder / "left.txt").write_text(key)
        return replace(plan, about=about)


class Forgetful(FilesSource):
    """A connector whose second walk brings nothing."""

    walks = 0

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        self.walks += 1
        if self.walks == 1:
            yield from super().fetch(plan, door)


def changed(change: Callable[[MaterialRecord], list[MaterialRecord]]) -> type[FilesSource]:
    class Changed(FilesSource):
        def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
            for item in super().parse(plan, raw):
                yield from [item] if isinstance(item, Rejected) else change(item)

    return Changed


def contract_of(source: Callable[[], Any]) -> SourceContract:
    return type("Contract", (SourceContract,), {"source": source})()


@pytest.mark.parametrize(
    ("promise", "says"),
    [
        ("test_plan_is_pure_and_its_fingerprint_stable", "planning changed files"),
        ("test_unknown_options_are_refused", "accepts the option"),
        ("test_a_licence_is_stated", "licences .*unknown.* are not all known"),
    ],
)
def test_a_plan_that_breaks_a_promise_is_found(recipe: Path, promise: str, says: str) -> None:
    with pytest.raises(AssertionError, match=says):
        getattr(contract_of(Breaking), promise)(OPTIONS, recipe.parent)


def test_a_walk_that_is_not_repeatable_is_found(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="the replay gave 0 pages unlike the 1"):
        contract_of(Forgetful).test_a_replay_without_network_gives_the_same_pages(OPTIONS, recipe.parent, tmp_path)


COUNTER = iter(range(10**6))
CHANGES: dict[str, Callable[[MaterialRecord], list[MaterialRecord]]] = {
    "parsing the same bytes twice": lambda r: [r.model_copy(update={"phase": str(next(COUNTER))})],
    "ids come twice": lambda r: [r, r],
    "choose one that does": lambda r: [r.model_copy(update={"properties": ()})],
    "not in the dictionary": lambda r: [
        r.model_copy(update={"properties": tuple(v.model_copy(update={"property": "gap"}) for v in r.properties)})
    ],
    "the bytes say": lambda r: [
        r.model_copy(update={"properties": tuple(v.model_copy(update={"text": "7"}) for v in r.properties)})
    ],
    "licence 'free'": lambda r: [r.model_copy(update={"licence": "free"})],
}


@pytest.mark.parametrize("says", CHANGES)
def test_records_that_break_a_promise_are_found(recipe: Path, tmp_path: Path, says: str) -> None:
    contract = contract_of(changed(CHANGES[says]))
    with pytest.raises(AssertionError, match=says):
        contract.test_records_are_what_a_dataset_needs(OPTIONS, recipe.parent, tmp_path)


def test_a_connector_that_keeps_its_promises_passes(recipe: Path, tmp_path: Path) -> None:
    contract = contract_of(FilesSource)
    (recipe.parent / "crystals.csv.gz").write_bytes(gzip.compress((recipe.parent / "crystals.csv").read_bytes()))
    for options in (OPTIONS, OPTIONS | {"path": "crystals.csv.gz"}):
        contract.test_plan_is_pure_and_its_fingerprint_stable(options, recipe.parent)
        contract.test_records_are_what_a_dataset_needs(options, recipe.parent, tmp_path)
