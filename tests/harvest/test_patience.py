"""Patience: what passes is waited out, what does not is raised, and neither for ever."""

from __future__ import annotations

import pytest

from harvest.errors import ContractError, HarvestError, RateLimitedError, TransportError
from harvest.patience import until_done


class Failing:
    """An action that raises what it is told, in order, and then succeeds."""

    def __init__(self, *errors: HarvestError) -> None:
        self._errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self._errors:
            raise self._errors.pop(0)
        return "done"


def test_waits_that_are_asked_for_are_waited_and_said() -> None:
    slept: list[float] = []
    said: list[str] = []
    action = Failing(RateLimitedError("later", wait_seconds=3600), RateLimitedError("later", wait_seconds=5))
    assert until_done(action, say=said.append, sleep=slept.append) == "done"
    assert slept == [3600, 5]
    assert said == ["later\ngoing on in 3600 s", "later\ngoing on in 5 s"]


def test_other_waits_grow_to_an_hour_and_end() -> None:
    slept: list[float] = []
    action = Failing(*[TransportError("out of order")] * 100)
    with pytest.raises(TransportError):
        until_done(action, say=lambda _: None, sleep=slept.append)
    assert slept[:7] == [60, 120, 240, 480, 960, 1920, 3600]
    assert max(slept) == 3600
    assert action.calls == 25


def test_what_does_not_pass_is_raised_at_once() -> None:
    action = Failing(ContractError("another shape"))
    with pytest.raises(ContractError):
        until_done(action, say=lambda _: None, sleep=lambda _: None)
    assert action.calls == 1
