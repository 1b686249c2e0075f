"""The pace: as the card says, slower where the answers say so, and no waiting without end."""

from __future__ import annotations

import pytest

from harvest.errors import RateLimitedError
from harvest.pace import Pace


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pace(clock: Clock) -> Pace:
    return Pace(per_second=10, longest_wait_seconds=60, sleep=clock.sleep, clock=clock, time_of_day=lambda: 2e9)


def starts(pace: Pace, clock: Clock, number: int = 3) -> list[float]:
    found = []
    for _ in range(number):
        pace.wait()
        found.append(round(clock.now - 100.0, 6))
    return found


def test_requests_keep_their_distance(pace: Pace, clock: Clock) -> None:
    assert starts(pace, clock) == [0.0, 0.1, 0.2]


def test_a_source_may_ask_for_more_distance_but_not_for_less(pace: Pace, clock: Clock) -> None:
    pace.slow_down(2.0)
    pace.slow_down(0.01)
    first, second, third = starts(pace, clock)
    assert (second - first, third - second) == (2.0, 2.0)


@pytest.mark.parametrize(
    ("headers", "spacing"),
    [
        ({"X-Rate-Limit-Limit": "5", "X-Rate-Limit-Interval": "1s"}, 0.2),
        ({"x-rate-limit-limit": "50", "x-rate-limit-interval": "1s"}, 0.1),
        ({"X-RateLimit-Limit": "2", "X-RateLimit-Interval": "1m"}, 30.0),
        ({"X-Rate-Limit-Limit": "0", "X-Rate-Limit-Interval": "1s"}, 0.1),
        ({"X-Rate-Limit-Limit": "many", "X-Rate-Limit-Interval": "soon"}, 0.1),
    ],
)
def test_a_stated_rate_is_kept_where_it_is_slower(pace: Pace, headers: dict[str, str], spacing: float) -> None:
    pace.learn(headers)
    assert pace._spacing == spacing


@pytest.mark.parametrize("reset", ["30", str(2_000_000_030), str(2_000_000_030_000)])
@pytest.mark.parametrize("prefix", ["X-RateLimit-", "X-Rate-Limit-", "RateLimit-"])
def test_a_limit_that_is_used_up_is_waited_for(pace: Pace, clock: Clock, prefix: str, reset: str) -> None:
    pace.learn({f"{prefix}Remaining": "0", f"{prefix}Reset": reset})
    assert starts(pace, clock, 1) == [30.0]


@pytest.mark.parametrize("headers", [{"X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "30"}, {}])
def test_a_limit_that_is_not_used_up_costs_nothing(pace: Pace, clock: Clock, headers: dict[str, str]) -> None:
    pace.learn(headers)
    assert starts(pace, clock, 1) == [0.0]


def test_a_limit_that_is_used_up_for_long_is_said_before_anything_is_asked(pace: Pace, clock: Clock) -> None:
    pace.learn({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "3600"})
    with pytest.raises(RateLimitedError, match="used up, it begins anew in 3600 s") as caught:
        pace.wait()
    assert caught.value.wait_seconds == 3600
    assert clock.now == 100.0
