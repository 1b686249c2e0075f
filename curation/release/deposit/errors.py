"""Errors of depositing, grouped by what the caller should do.

CurationError
├── TryAgainError         a call got no clear answer: run the same command again, later
└── FatalError
    ├── RefusedError      the repository refuses what was sent; its reason is in the message
    ├── NoAccessError     it wants another key
    └── NotThereError     there is no such depositor, record or file
"""

from __future__ import annotations

from curation.errors import CurationError, FatalError


class TryAgainError(CurationError):
    """A call got no clear answer; nothing is lost or doubled by running the same command again."""

    exit_code = 75


class RefusedError(FatalError):
    """The repository refuses what was sent."""

    exit_code = 6


class NoAccessError(FatalError):
    """The repository wants a key, or another one."""

    exit_code = 8


class NotThereError(FatalError):
    """There is no such depositor, record or file."""

    exit_code = 2
