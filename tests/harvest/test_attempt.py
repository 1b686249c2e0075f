"""Attempts: which walk the records come from, and when another one is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harvest.archive import Archive, Exchange
from harvest.attempt import choose_attempt, compare_with_lock
from harvest.errors import DriftError, IntegrityError
from harvest.ledger import Harvest, Ledger, State
from harvest.lock import LockedSource
from harvest.source import About, Plan
from schemas.disk import canonical_json
from schemas.provenance import Pin, PinKind
from schemas.quantity import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime


class Query(Model):
    pass


PLAN = Plan(
    key="k",
    source="s",
    query=Query(),
    about=About(title="t", licence="MIT", attribution="", origin="o"),
    folder=Path(),
)


def pin(kind: PinKind = PinKind.SNAPSHOT, **changes: Any) -> Pin:  # noqa: ANN401 — any field
    fields = {"kind": kind, "version": "1", "raw_root": "raw", "records_root": "records", "pages": 1, "records": 1}
    return Pin.model_validate(fields | changes)


def locked(of: Pin) -> LockedSource:
    return LockedSource(source="s", fingerprint=PLAN.fingerprint, pin=of)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def walked(ledger: Ledger, tmp_path: Path, fetched_at: datetime) -> Callable[..., Harvest]:
    """Return a function that notes a walk that ended in a state."""
    archive = Archive(tmp_path / "raw")

    def note(state: State, plan: Plan = PLAN, **roots: str) -> Harvest:
        attempt = ledger.open_harvest(plan.key, plan.target)
        content = canonical_json({"state": state, "raw_root": "raw", "records_root": "records", **roots})
        closing = Exchange(attempt.harvest, "closing", "urn:x", "application/json", content, fetched_at, "metadata")
        return ledger.close_harvest(closing, archive.append(closing))

    return note


def test_the_first_attempt_is_opened_and_then_gone_on_with(ledger: Ledger) -> None:
    first = choose_attempt(ledger, PLAN, None, update=False)
    assert (first.attempt, first.state) == (1, State.OPEN)
    assert choose_attempt(ledger, PLAN, None, update=False).harvest == first.harvest


def test_the_newest_complete_attempt_is_used_again(ledger: Ledger, walked: Callable[..., Harvest]) -> None:
    walked(State.COMPLETE)
    newest = walked(State.COMPLETE)
    walked(State.INCOMPLETE)
    assert choose_attempt(ledger, PLAN, None, update=False) == newest


@pytest.mark.parametrize("state", [State.INCOMPLETE, State.DISCARDED])
def test_an_attempt_that_failed_is_not_used_again(ledger: Ledger, walked: Callable[..., Harvest], state: State) -> None:
    walked(state)
    assert choose_attempt(ledger, PLAN, None, update=False).attempt == 2


def test_the_lock_chooses_among_complete_attempts(ledger: Ledger, walked: Callable[..., Harvest]) -> None:
    older = walked(State.COMPLETE, raw_root="older", records_root="older")
    walked(State.COMPLETE)
    assert choose_attempt(ledger, PLAN, locked(pin(raw_root="older", records_root="x")), update=False) == older
    assert choose_attempt(ledger, PLAN, locked(pin(raw_root="x", records_root="older")), update=False) == older
    other = locked(pin(PinKind.IMMUTABLE, raw_root="x", records_root="older"))
    assert choose_attempt(ledger, PLAN, other, update=False).state is State.OPEN


def test_an_update_asks_a_live_source_anew_and_a_file_only_if_it_changed(
    ledger: Ledger, walked: Callable[..., Harvest]
) -> None:
    walked(State.COMPLETE)
    assert choose_attempt(ledger, PLAN, locked(pin()), update=True).attempt == 2
    file = replace(PLAN, declared="sha256:1")
    known = walked(State.COMPLETE, file)
    assert choose_attempt(ledger, file, None, update=True) == known


def test_a_file_of_other_bytes_than_locked_is_refused(ledger: Ledger) -> None:
    file = replace(PLAN, declared="sha256:2")
    of_old = locked(pin(PinKind.IMMUTABLE, version="sha256:1"))
    with pytest.raises(IntegrityError, match=r"k: harvest\.lock says sha256:1, got sha256:2; run with --update"):
        choose_attempt(ledger, file, of_old, update=False)
    assert choose_attempt(ledger, file, of_old, update=True).state is State.OPEN


@pytest.mark.parametrize(
    ("got", "expected", "error", "says"),
    [
        (pin(), pin(), None, ""),
        (pin(raw_root="x"), pin(), None, ""),
        (pin(records_root="x"), pin(), None, ""),
        (pin(raw_root="x", records_root="x"), pin(), DriftError, "has drifted.*1 records.*--update"),
        (pin(version="2"), pin(), DriftError, "says version 1, got 2.*--update"),
        (pin(PinKind.IMMUTABLE, raw_root="x"), pin(PinKind.IMMUTABLE), IntegrityError, "raw root raw, got x.*--update"),
        (pin(PinKind.LABEL, raw_root="x", records_root="x"), pin(PinKind.LABEL), DriftError, "has drifted"),
    ],
)
def test_what_a_walk_brought_is_held_to_the_lock(
    got: Pin, expected: Pin, error: type[Exception] | None, says: str
) -> None:
    if error is None:
        compare_with_lock(PLAN, got, expected)
        return
    with pytest.raises(error, match=says):
        compare_with_lock(PLAN, got, expected)
