"""The contract itself: a connector that breaks a promise does not pass it."""

from __future__ import annotations

import gzip
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from harvest.source import Page, Rejected, Request
from harvest.sources.files import FilesSource
from harvest.testing import SourceContract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harvest.source import Door, Plan, RawObject
    from schemas.material import MaterialRecord
    from schemas.measurement import PropertyValue

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


class Circling(FilesSource):
    """A connector whose cursor repeats."""

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        (page,) = super().fetch(plan, door)
        request = Request(page.raw.uri, method="READ", media_type=page.raw.media_type)
        while True:
            yield Page(door.get(request))


class Endless(FilesSource):
    """A connector that hands on one page for ever."""

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        return itertools.cycle(super().fetch(plan, door))


class Remembering(FilesSource):
    """A connector whose records depend on what it fetched."""

    phase: str | None = None

    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        self.phase = "cubic"
        return super().fetch(plan, door)

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        for item in super().parse(plan, raw):
            yield item if isinstance(item, Rejected) else item.model_copy(update={"phase": self.phase})


class Refusing(FilesSource):
    """A connector that rejects every row."""

    def parse(self, plan: Plan, raw: RawObject) -> Iterator[MaterialRecord | Rejected]:
        for item in super().parse(plan, raw):
            yield item if isinstance(item, Rejected) else Rejected(item.pointer, ("does_not_fit: n is NaN",), {})


WALKING = [
    "test_a_replay_without_network_gives_the_same_pages",
    "test_records_are_what_a_dataset_needs",
    "test_a_hostile_entry_is_rejected_alone",
    "test_an_entry_that_comes_twice_is_counted_once",
    "test_an_empty_page_is_not_taken_for_the_end",
    "test_the_same_page_again_and_again_ends",
]


@pytest.mark.parametrize("promise", WALKING)
@pytest.mark.parametrize(
    ("source", "says"),
    [
        (Circling, r"fetch\(\) goes in a circle: it asks for READ file:crystals\.csv again and again"),
        (Endless, r"fetch\(\) does not end: more than 1000 pages, the last of READ file:crystals\.csv"),
    ],
)
def test_a_walk_that_does_not_end_is_left(
    source: Callable[[], Any], says: str, promise: str, recipe: Path, tmp_path: Path
) -> None:
    with pytest.raises(AssertionError, match=says):
        getattr(contract_of(source), promise)(OPTIONS, recipe.parent, tmp_path)


def test_a_parser_that_needs_the_walk_is_found(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="a connector that did not fetch the page reads other records"):
        contract_of(Remembering).test_records_are_what_a_dataset_needs(OPTIONS, recipe.parent, tmp_path)


def test_where_no_value_comes_it_is_told_why(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"choose one that does; 5 rows were rejected: .*does_not_fit: n is NaN"):
        contract_of(Refusing).test_records_are_what_a_dataset_needs(OPTIONS, recipe.parent, tmp_path)


def each_value(change: Callable[[PropertyValue], dict[str, Any]]) -> Callable[[MaterialRecord], list[MaterialRecord]]:
    def changed_values(record: MaterialRecord) -> list[MaterialRecord]:
        values = tuple(value.model_copy(update=change(value)) for value in record.properties)
        return [record.model_copy(update={"properties": values})]

    return changed_values


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
    r"band_gap at .*: band_gap: unit 'GPa' has dimension": each_value(
        lambda v: {"unit": "GPa"} if v.property == "band_gap" else {}
    ),
    r"the value is 1544\.0, its text says '1\.544'": each_value(lambda v: {"value": (v.value or 0) * 1000}),
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
