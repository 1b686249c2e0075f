"""Errors of harvesting, grouped by what the caller should do.

HarvestError
├── RetryableError             the same call may succeed later
│   ├── TransportError         the connection failed, or the answer was cut, empty or no data
│   │   └── UnreachableError   nobody answers
│   └── RateLimitedError       the provider asks to wait; says until when
├── SkippableError             this one record or document cannot be used; its neighbours can
└── FatalError                 a person has to change something
    ├── UnknownSourceError     no such source is registered
    ├── CardError              a source or its card says too little, or something that cannot be
    ├── ConnectorError         a connector does what none may: its code has to be mended
    ├── IncompleteError        fewer records than the source promised, or a page that could not be had
    │   └── NotArchivedError   nothing of a query is archived, and the network may not be used
    ├── DriftError             the source is not what the lock says
    ├── StorageError           the disk is full or refuses
    ├── ContractError          the source answers in another shape than it promised
    ├── IntegrityError         bytes are not the bytes that were recorded
    ├── CredentialsError       a key is missing or refused
    └── ForbiddenHostError     an address outside of the source's own hosts
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class HarvestError(Exception):
    """The root; `exit_code` is what the command line returns."""

    exit_code = 1


class RetryableError(HarvestError):
    """The same call may succeed later."""

    exit_code = 75


class TransportError(RetryableError):
    """The connection failed, or the answer was cut, empty or no data."""


class UnreachableError(TransportError):
    """Nobody answers: that says nothing of what was asked for."""


class RateLimitedError(RetryableError):
    """The provider asks to wait."""

    def __init__(self, message: str, *, wait_seconds: float) -> None:
        """Hold how long the provider asks to wait."""
        super().__init__(message)
        self.wait_seconds = wait_seconds

    def __reduce__(self) -> tuple[Callable[..., RateLimitedError], tuple[str]]:
        """Return what makes a copy, also in another process."""
        return partial(type(self), wait_seconds=self.wait_seconds), (str(self),)


class SkippableError(HarvestError):
    """This one record or document cannot be used; its neighbours can."""

    exit_code = 3


class FatalError(HarvestError):
    """A person has to change something."""


class UnknownSourceError(FatalError):
    """No such source is registered."""

    exit_code = 2


class CardError(FatalError):
    """A source or its card says too little, or something that cannot be."""

    exit_code = 2


class ConnectorError(FatalError):
    """A connector does what none may: its code has to be mended; a note holds where it was raised."""


class IncompleteError(FatalError):
    """Fewer records than the source promised, or a page that could not be had."""

    exit_code = 4


class NotArchivedError(IncompleteError):
    """Nothing of a query is archived, and the network may not be used."""

    exit_code = 2


class StorageError(FatalError):
    """The disk is full or refuses."""

    exit_code = 5


class ContractError(FatalError):
    """The source answers in another shape than it promised."""

    exit_code = 6


class DriftError(FatalError):
    """The source is not what the lock says."""

    exit_code = 6


class IntegrityError(FatalError):
    """Bytes are not the bytes that were recorded."""

    exit_code = 7


class CredentialsError(FatalError):
    """A key is missing or refused."""

    exit_code = 8


class ForbiddenHostError(FatalError):
    """An address outside of the source's own hosts."""

    exit_code = 6
