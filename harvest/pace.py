"""Pace: when the next request to a host may start; by the card, and by what the answers say of their limits."""

from __future__ import annotations

import email.utils
import re
import time
from datetime import UTC
from typing import TYPE_CHECKING

from harvest.errors import RateLimitedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Spellings of one thing: GitHub and many others, Crossref, and the draft of the IETF.
_PREFIXES = ("x-ratelimit-", "x-rate-limit-", "ratelimit-")
_INTERVAL = re.compile(r"^(\d+)\s*(s|m|h)?$")
_UNITS = {"s": 1, "m": 60, "h": 3600, None: 1}
_A_MOMENT = 1e9  # seconds since 1970, not seconds from now
_MILLISECONDS = 1e12


class Pace:
    """The distance between requests of one client, by a clock that never goes back."""

    def __init__(
        self,
        *,
        per_second: float,
        longest_wait_seconds: float,
        sleep: Callable[[float], None],
        clock: Callable[[], float] = time.monotonic,
        time_of_day: Callable[[], float] = time.time,
    ) -> None:
        """Start at most `per_second` requests; wait no longer than `longest_wait_seconds` for a limit to pass."""
        self._spacing = 1.0 / per_second
        self._longest = longest_wait_seconds
        self._sleep, self._clock, self._time_of_day = sleep, clock, time_of_day
        self._next_start = 0.0
        self._not_before = 0.0

    def wait(self) -> None:
        """Wait until the next request may start.

        Raises:
            RateLimitedError: the source said that its limit is used up, for longer than is waited here.
        """
        now = self._clock()
        if self._not_before - now > self._longest:
            wait = self._not_before - now
            message = f"the limit of the source is used up, it begins anew in {wait:.0f} s"
            raise RateLimitedError(message, wait_seconds=wait)
        start = max(self._next_start, self._not_before)
        if now < start:
            self._sleep(start - now)
        self._next_start = max(now, start) + self._spacing

    def slow_down(self, seconds: float) -> None:
        """Leave at least so many seconds between requests, as the source asks for."""
        longer = max(self._spacing, seconds)
        self._next_start += longer - self._spacing
        self._spacing = longer

    def learn(self, headers: Mapping[str, str]) -> None:
        """Keep to the limits that an answer states."""
        said = {name.lower(): value.strip() for name, value in headers.items()}
        for prefix in _PREFIXES:
            self._keep_rate(said.get(f"{prefix}limit", ""), said.get(f"{prefix}interval", ""))
            self._keep_limit(said.get(f"{prefix}remaining", ""), said.get(f"{prefix}reset", ""))

    def _keep_rate(self, limit: str, interval: str) -> None:
        match = _INTERVAL.match(interval)
        if match and limit.isascii() and limit.isdigit() and int(limit):
            self.slow_down(int(match[1]) * _UNITS[match[2]] / int(limit))

    def _keep_limit(self, remaining: str, reset: str) -> None:
        seconds = _number(reset)
        if _number(remaining) != 0 or seconds is None:
            return
        if seconds >= _A_MOMENT:
            seconds = seconds / (1000 if seconds >= _MILLISECONDS else 1) - self._time_of_day()
        self._not_before = max(self._not_before, self._clock() + seconds)


def _number(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\d{1,16}(\.\d+)?", text, re.ASCII) else None


def retry_after_seconds(header: str | None, now: str | None) -> float | None:
    """Return the wait that a Retry-After header asks for, in seconds; a date is taken relative to the Date header."""
    if header is None:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return float(header)
    until, since = _moment(header), _moment(now)
    if until is None or (now is not None and since is None):
        return None
    return max(until - (time.time() if since is None else since), 0.0)


def _moment(header: str | None) -> float | None:
    """Return the time stamp of a date header; a zone that is not known (-0000) is UTC, as RFC 5322 has it."""
    try:
        read = email.utils.parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
    if read is None:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
