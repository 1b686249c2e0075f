"""The whole process group of a run is killed at random moments, and started again until it ends by itself."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Kill = Callable[[Callable[[Path], Path], int, int], None]

SEED = 20261122


class Interrupted:
    """Runs of one recipe that are killed at moments spread evenly over the time that an undisturbed run takes."""

    def __init__(self, command: list[str], recipe: Path, seconds: float, chance: random.Random) -> None:
        self._command = [*command, "run", str(recipe), "--store", str(recipe.parent / "store"), "--json"]
        self._said = recipe.parent / "said"
        self._chance = chance
        self.seconds = seconds
        self.moments: list[float] = []

    def until_it_ends(self, most_kills: int) -> None:
        """Start and kill, at most so many times; the last run is left to end by itself."""
        while len(self.moments) < most_kills:
            moment = self._chance.uniform(0, self.seconds)
            begun = time.monotonic()
            if not self._killed(moment):
                if not self.moments:  # the machine is faster now than when an undisturbed run was timed
                    self.seconds = time.monotonic() - begun
                return
            self.moments.append(moment)
        assert not self._killed(None)

    def _killed(self, moment: float | None) -> bool:
        """Tell whether a run had to be killed; one that ends by itself ends well."""
        with self._said.open("w") as said:
            process = subprocess.Popen(self._command, stdout=said, stderr=said, start_new_session=True)
            try:
                code = process.wait(moment)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return True
        assert code == 0, self._said.read_text()
        return False


@pytest.fixture
def kill(
    tmp_path: Path,
    command: list[str],
    matgranary: Callable[..., subprocess.CompletedProcess[str]],
    outcome: Callable[[Path, Path], dict[str, object]],
) -> Kill:
    """A function that kills runs of a recipe so many times in all, and holds what they leave against one left alone."""

    def run(write: Callable[[Path], Path], kills: int, seed: int) -> None:
        recipe = write(tmp_path / "undisturbed")
        matgranary("sources")  # what is read from disk for the first time is not to count as the time of a run
        begun = time.monotonic()
        alone = matgranary("run", recipe, "--store", recipe.parent / "store")
        seconds = time.monotonic() - begun
        assert alone.returncode == 0, alone.stderr
        expected = outcome(recipe, recipe.parent / "store")
        chance = random.Random(seed)  # noqa: S311 — moments, not secrets
        killed = stories = 0
        while killed < kills:
            recipe = write(tmp_path / f"killed-{stories}")
            store = recipe.parent / "store"
            interrupted = Interrupted(command, recipe, seconds, chance)
            interrupted.until_it_ends(kills - killed)
            killed, stories, seconds = killed + len(interrupted.moments), stories + 1, interrupted.seconds
            got = outcome(recipe, store)
            lost, doubled = _compare(expected, got)
            moments = ", ".join(f"{moment:.2f}" for moment in interrupted.moments)
            print(  # noqa: T201 — the figures of a sweep are for people
                f"store {stories}: killed after {moments or 'nothing'} s; {lost} lost, {doubled} doubled; "
                f"content {got['content']}"
            )
            assert got == expected
            verified = matgranary("verify", "--store", store)
            assert verified.returncode == 0, verified.stdout
        print(f"seed {seed}: {killed} kills of runs of {seconds:.1f} s, {stories} stores, all {expected['content']}")  # noqa: T201 — the figures of a sweep are for people

    return run


def _compare(expected: dict[str, object], got: dict[str, object]) -> tuple[int, int]:
    """Return the number of lost and of doubled rows and pages."""
    before, after = dict(expected["rows"]), dict(got["rows"])  # type: ignore[call-overload]
    before["pages"], after["pages"] = len(expected["pages"]), len(got["pages"])  # type: ignore[arg-type]
    apart = [after.get(name, 0) - before.get(name, 0) for name in before | after]
    return -sum(n for n in apart if n < 0), sum(n for n in apart if n > 0)


def test_a_small_run_survives_kills(small: Callable[[Path], Path], kill: Kill) -> None:
    kill(small, 8, SEED)


@pytest.mark.sweep
def test_the_quickstart_survives_fifty_kills(quickstart: Callable[[Path], Path], kill: Kill) -> None:
    kill(quickstart, 50, SEED)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_workers_of_a_killed_run_end_with_it(
    number: signal.Signals, tmp_path: Path, small: Callable[[Path], Path], command: list[str]
) -> None:
    """Only the main process is killed, as the kernel does when memory runs out, or `timeout` when time does."""
    recipe = small(tmp_path / "project")
    arguments = [*command, "run", str(recipe), "--store", str(recipe.parent / "store"), "--json"]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        workers = _wait_for(lambda: _group(process.pid) - {process.pid}, 60)
        process.send_signal(number)
        process.wait()
        if not workers:
            pytest.fail("the run had no workers to leave behind", pytrace=False)
        assert _wait_for(lambda: not _group(process.pid), 30)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for[Found](look: Callable[[], Found], seconds: float) -> Found:
    end = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def _group(leader: int) -> set[int]:
    """Return the living processes of a process group."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _, group = path.read_text().rpartition(")")[2].split()[:3]
            if int(group) == leader and state != "Z":
                found.add(int(path.parent.name))
    return found
