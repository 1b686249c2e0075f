"""Attempt: which walk of a query the records come from; the ledger and the lock in, one attempt out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harvest.errors import DriftError, IntegrityError
from harvest.ledger import State
from schemas.provenance import PinKind

if TYPE_CHECKING:
    from harvest.ledger import Harvest, Ledger
    from harvest.lock import LockedSource
    from harvest.source import Plan
    from schemas.provenance import Pin

_HINT = "run with --update to take the new state, or bring back the old one"


def choose_attempt(
    ledger: Ledger, plan: Plan, locked: LockedSource | None, *, update: bool, allow_incomplete: bool = False
) -> Harvest:
    """Return the attempt to use: the locked one, else the newest complete one, else an open or new one.

    Where it is allowed, an attempt that is not whole counts as well, unless there is a whole one.

    Raises:
        IntegrityError: a file is not the file that was locked.
    """
    attempts = ledger.harvests(plan.key, plan.target)
    resumable = attempts[-1] if attempts and attempts[-1].state is State.OPEN else None
    complete = [attempt for attempt in attempts if attempt.state is State.COMPLETE]
    if update and plan.declared is None:
        complete = []
    elif locked is not None and not update:
        _refuse_other_bytes(plan, locked.pin)
        complete = [attempt for attempt in complete if _is_locked(attempt, locked.pin)]
    if complete:
        return complete[-1]
    if allow_incomplete and not update and attempts and attempts[-1].state is State.INCOMPLETE:
        return attempts[-1]
    return resumable or ledger.open_harvest(plan.key, plan.target)


def _is_locked(attempt: Harvest, pin: Pin) -> bool:
    closing = attempt.closing
    return closing["raw_root"] == pin.raw_root or (
        pin.kind is not PinKind.IMMUTABLE and closing["records_root"] == pin.records_root
    )


def _refuse_other_bytes(plan: Plan, pin: Pin) -> None:
    if plan.declared is not None and plan.declared != pin.version:
        message = f"{plan.key}: harvest.lock says {pin.version}, got {plan.declared}; {_HINT}"
        raise IntegrityError(message)


def compare_with_lock(plan: Plan, got: Pin, locked: Pin, *, drift: str = "") -> None:
    """Refuse a walk that brought something else than the lock says.

    Args:
        plan: what was asked.
        got: what came.
        locked: what the lock says.
        drift: what differs, in words, where that is known.

    Raises:
        IntegrityError: the bytes of an immutable source differ.
        DriftError: the version or the records of a live source differ.
    """
    if got.kind is PinKind.IMMUTABLE:
        if got.raw_root != locked.raw_root:
            message = f"{plan.key}: harvest.lock says raw root {locked.raw_root}, got {got.raw_root}; {_HINT}"
            raise IntegrityError(message)
    elif got.version != locked.version:
        message = f"{plan.key}: harvest.lock says version {locked.version}, got {got.version}; {_HINT}"
        raise DriftError(message)
    elif got.raw_root != locked.raw_root and got.records_root != locked.records_root:
        found = f" ({drift})" if drift else ""
        message = (
            f"{plan.key}: the source has drifted: harvest.lock says {locked.records} records with root "
            f"{locked.records_root[:_SHOWN]}, got {got.records} with {got.records_root[:_SHOWN]}{found}; {_HINT}"
        )
        raise DriftError(message)


_SHOWN = 12
