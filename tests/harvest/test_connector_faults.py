"""Connector faults: whatever a connector does, the error names it and the page, and keeps where it was raised."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from curation.cli import make_app
from harvest.console import run_app
from harvest.errors import RateLimitedError
from harvest.sources.files import FilesSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harvest.source import Door, Page, Plan, RawObject


class Raising(FilesSource):
    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        yield from super().fetch(plan, door)
        raise RecursionError("what a library says")


class RaisingAtOnce(FilesSource):
    def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
        del plan, door
        raise KeyError("next")


class Giving(FilesSource):
    def fetch(self, plan: Plan, door: Door) -> Iterator[Any]:
        yield from super().fetch(plan, door)
        yield None


class GivingNothing(FilesSource):
    def fetch(self, plan: Plan, door: Door) -> Any:  # noqa: ANN401 — what it gives is the fault
        del plan, door


class Misreading(FilesSource):
    parse_columns = None

    def parse(self, plan: Plan, raw: RawObject) -> Any:  # noqa: ANN401 — what it gives is the fault
        del plan, raw
        return [None]


FAULTS: list[tuple[type[FilesSource], str]] = [
    (Raising, "fetch() after READ file:crystals.csv raised RecursionError: what a library says"),
    (RaisingAtOnce, "fetch() raised KeyError: 'next'"),
    (Giving, "fetch() after READ file:crystals.csv gave None, where Page is expected"),
    (GivingNothing, "fetch() raised TypeError: 'NoneType' object is not iterable"),
    (Misreading, "parse() of READ file:crystals.csv gave None, where RecordColumns or MaterialRecord or Rejected"),
]


@pytest.fixture
def harvested(
    recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Return a function that harvests a file by a connector, and gives exit code and what was said."""

    def harvest(source: type[FilesSource], *words: str) -> tuple[int, str, str]:
        for module in ("runner", "preview"):
            monkeypatch.setattr(f"harvest.{module}.load_source", lambda _: source())
        code = run_app(make_app(), ["harvest", str(recipe), "--store", str(recipe.parent / "store"), *words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return harvest


@pytest.mark.parametrize(("source", "said"), FAULTS)
def test_a_fault_of_a_connector_names_it_and_the_page(
    source: type[FilesSource], said: str, harvested: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, complaint = harvested(source)
    assert (code, out) == (1, "")
    assert f"error: table: the connector 'files' has a fault: {said}" in complaint
    assert complaint.endswith("tell whoever maintains the connector; what was fetched is archived\n")
    assert ("Traceback (most recent call last)" in complaint) == ("raised" in said)
    code, out, _ = harvested(source, "--json")
    answer = json.loads(out)
    assert (code, answer["error"], answer["exit_code"]) == (1, "ConnectorError", 1)
    assert said in answer["message"]


@pytest.mark.parametrize(("source", "said"), [(RaisingAtOnce, "fetch() raised KeyError: 'next'"), FAULTS[3]])
def test_a_fault_is_told_by_a_dry_run_too(
    source: type[FilesSource], said: str, harvested: Callable[..., tuple[int, str, str]]
) -> None:
    code, out, _ = harvested(source, "--dry-run", "--json")
    assert (code, json.loads(out)["error"]) == (1, "ConnectorError")
    assert said in json.loads(out)["message"]


def test_the_run_after_the_connector_was_mended_goes_on(harvested: Callable[..., tuple[int, str, str]]) -> None:
    assert harvested(Raising)[0] == 1
    code, out, _ = harvested(FilesSource, "--json")
    assert (code, json.loads(out)["fetched"]) == (0, {})


def test_an_error_that_tells_the_caller_what_to_do_passes_as_it_is(
    harvested: Callable[..., tuple[int, str, str]],
) -> None:
    class Busy(FilesSource):
        def fetch(self, plan: Plan, door: Door) -> Iterator[Page]:
            del plan, door
            raise RateLimitedError("wait an hour", wait_seconds=3600.0)

    code, out, _ = harvested(Busy, "--json")
    assert (code, json.loads(out)["error"]) == (75, "RateLimitedError")
