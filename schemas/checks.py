"""Checks: what a check says; values, not exceptions: only the command line turns them into exit codes."""

from __future__ import annotations

from schemas.quantity import Model, described


class CheckResult(Model):
    """The outcome of one check."""

    subject: str = described("What was looked at, most often a file.")
    passed: bool
    message: str = described("What was found and, where it did not pass, what to do.")
