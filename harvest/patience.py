"""Patience: an action that may have to wait in, its result out, however often the source asks to come back later."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from harvest.errors import RateLimitedError, RetryableError

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_WAIT_SECONDS = 60.0
_LONGEST_WAIT_SECONDS = 3600.0
_MOST_FAILURES = 24


def until_done[T](
    action: Callable[[], T],
    *,
    say: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
    first_wait_seconds: float = FIRST_WAIT_SECONDS,
) -> T:
    """Do an action until it no longer ends with an error that passes; each time it goes on where it ended.

    A wait that the source asks for is waited. After other errors the waits grow to an hour.

    Args:
        action: what to do; it has to go on where it ended.
        say: told what is waited for, and how long.
        sleep: how to wait.
        first_wait_seconds: the first of the waits that grow.

    Raises:
        RetryableError: it still fails after a day of waits that nobody asked for.
    """
    wait = first_wait_seconds
    failures = 0
    while True:
        try:
            return action()
        except RateLimitedError as error:
            pause, said = error.wait_seconds, str(error)
        except RetryableError as error:
            failures += 1
            if failures > _MOST_FAILURES:
                raise
            pause, said = wait, str(error)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
        say(f"{said}\ngoing on in {pause:.0f} s")
        sleep(pause)
