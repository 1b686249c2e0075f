"""Connector faults: what a connector hands over in, the same out, or an error that names the connector and the page."""

from __future__ import annotations

import sqlite3
import traceback
from typing import TYPE_CHECKING

from harvest.errors import ConnectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from harvest.source import Plan

_LONGEST = 2000  # characters


def handed_over[T](
    plan: Plan,
    hand_over: Callable[[], Iterable[T]],
    kinds: tuple[type, ...],
    place: Callable[[], str],
    *,
    passing: tuple[type[Exception], ...] = (),
) -> Iterator[T]:
    """Yield what a connector hands over.

    Args:
        plan: the query.
        hand_over: calls the connector.
        kinds: what it promises to hand over.
        place: tells which of its members was called, and where it was.
        passing: what the door raises through it.

    Raises:
        ConnectorError: it raised what no connector raises, or handed over something else.
        HarvestError: what it raised as such; errors of the disk and of the ledger pass too.
    """
    try:
        for item in hand_over():
            _prove_kind(plan, item, kinds, place)
            yield item
    except Exception as error:
        if isinstance(error, (OSError, sqlite3.Error, *passing)) or isinstance(getattr(error, "exit_code", None), int):
            raise
        fault = _fault(plan, place(), f"raised {type(error).__name__}: {error}"[:_LONGEST])
        fault.add_note("".join(traceback.format_exception(error))[-_LONGEST:])
        raise fault from error


def _prove_kind(plan: Plan, item: object, kinds: tuple[type, ...], place: Callable[[], str]) -> None:
    if not isinstance(item, kinds):
        expected = " or ".join(kind.__name__ for kind in kinds)
        raise _fault(plan, place(), f"gave {item!r:.80}, where {expected} is expected")


def _fault(plan: Plan, place: str, said: str) -> ConnectorError:
    message = (
        f"{plan.key}: the connector {plan.source!r} has a fault: {place} {said}; it is none of the recipe or of the "
        "store: tell whoever maintains the connector; what was fetched is archived"
    )
    return ConnectorError(message)
