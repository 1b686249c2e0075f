"""Completeness: what a source promised and what came in, what is missing out; nothing is taken for whole unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harvest.errors import ContractError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harvest.source import Gap, Page

_MOST_BARREN_PAGES = 3
_SHOWN = 3


class Completeness:
    """Keeps count while a source is walked.

    Attributes:
        limited: the number of records after which the walk was ended, where it was.
    """

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self._versions: dict[str, None] = {}
        self._promised: dict[int, None] = {}
        self._barren = 0
        self._changed: int | None = None
        self._unlike_list: tuple[str, ...] = ()
        self._said: dict[str, None] = {}
        self.limited: int | None = None

    @property
    def version(self) -> str | None:
        """The version that the source named first."""
        return next(iter(self._versions), None)

    @property
    def promised(self) -> int | None:
        """How many records the source promised at most."""
        return max(self._promised, default=None)

    @property
    def counts(self) -> list[int]:
        """All numbers of records that the source promised."""
        return list(self._promised)

    @property
    def is_mixed(self) -> bool:
        """Whether two versions of the source were seen."""
        return len(self._versions) > 1

    def take(self, page: Page, *, n_items: int, n_new: int) -> None:
        """Count a page.

        Args:
            page: the page.
            n_items: how many records or rejected rows it holds.
            n_new: how many of them were not delivered before.

        Raises:
            ContractError: pages that bring nothing new follow one another: the source goes in a circle.
        """
        if page.version is not None:
            self._versions[page.version] = None
        if page.promised is not None:
            self._promised[page.promised] = None
        if page.missing:
            self._said[page.missing] = None
        self._barren = self._barren + 1 if n_items and not n_new else 0
        if self._barren >= _MOST_BARREN_PAGES:
            message = f"{page.raw.uri}: {self._barren} pages in a row brought only records that came before"
            raise ContractError(message)

    def is_limited(self, received: int, most: int | None) -> bool:
        """Tell whether enough records came for a walk with a limit."""
        if most is not None and received >= most:
            self.limited = most
        return self.limited is not None

    def is_changed_only(self, received: int) -> None:
        """Hold the promises against the changed records alone: the others come from an earlier harvest."""
        self._changed = received

    def take_present(self, present: set[str] | None, received: set[str]) -> None:
        """Hold the ids that came against the list of all that the source has; without a list nothing is whole."""
        if present is None:
            self._unlike_list = ("the source gave no list of its records",)
            return
        differences = {
            "that the source lists did not come": present - received,
            "that came are not in its list": received - present - {""},
        }
        self._unlike_list = tuple(
            f"{len(ids)} records {said}: {', '.join(sorted(ids)[:_SHOWN])}" for said, ids in differences.items() if ids
        )

    def missing(self, received: int, gaps: Sequence[Gap]) -> tuple[str, ...]:
        """Return what keeps the harvest from being whole, each in words; nothing where it is whole."""
        if self.limited is not None:
            return (f"ended after {received} records, as it was limited to {self.limited}",)
        problems = []
        received = received if self._changed is None else self._changed
        if self.is_mixed:
            problems.append(f"the source changed its version during the harvest ({', '.join(self._versions)})")
        if len(self._promised) > 1:
            counts = ", ".join(map(str, self._promised))
            problems.append(f"the source changed its count during the harvest ({counts} records)")
        elif self._promised and received < max(self._promised):
            problems.append(f"{max(self._promised)} records promised, {received} distinct ones received")
        problems += [*self._unlike_list, *self._said]
        problems += [f"could not be had: {gap.request} ({gap.reason})" for gap in gaps[:_SHOWN]]
        if len(gaps) > _SHOWN:
            problems.append(f"and {len(gaps) - _SHOWN} more parts that could not be had")
        return tuple(problems)
