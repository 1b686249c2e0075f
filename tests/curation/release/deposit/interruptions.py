"""Interruptions: one call of a deposit is lost, or its process is killed there; the same command is run again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curation import open_dataset
from curation.release.deposit.errors import TryAgainError
from curation.release.deposit.http import Door, Patience
from curation.release.deposit.inveniordm import InvenioRdm
from curation.release.deposit.run import Deposited, Order, deposit
from curation.release.terms import ReleaseTerms

if TYPE_CHECKING:
    from pathlib import Path

DATE = "2026-01-02"
KILLED = -9
LONGEST_SECONDS = 300
type Proxy = Any  # the module of the fault proxy, which is loaded by path


@dataclass(frozen=True)
class Repository:
    """Where to deposit: an address, and the key of a user who owns nothing else."""

    address: str
    token: str


@dataclass(frozen=True)
class Fault:
    """What happens to a call.

    Attributes:
        call: its number, counted from one; none fails where it is zero.
        after: whether the repository does it before.
        kills: whether the process is killed there; else the answer is a 504.
    """

    call: int
    after: bool
    kills: bool


@dataclass(frozen=True)
class Outcome:
    """What an interrupted deposit came to, and the calls that were made for it."""

    done: Deposited
    calls: list[str]


def interrupt_and_resume(proxy: Proxy, released: Path, room: Path, repository: Repository, fault: Fault) -> Outcome:
    """Deposit the newest version of a store, interrupted by a fault, then run again to its end.

    Args:
        proxy: the module of the fault proxy.
        released: a store with one dataset; it is copied.
        room: folder for the copy.
        repository: where to.
        fault: at which call, and which.
    """
    shutil.copytree(released, room, copy_function=os.link)
    faults = proxy.Faults(fail_at=fault.call, after=fault.after)
    with proxy.losing(repository.address, faults) as address:
        if fault.call and fault.kills:
            _begin_and_be_killed(room, address, repository.token, faults)
        elif fault.call:
            _begin_and_be_told_to_try_again(room, address, repository.token)
        done = _deposited(room, address, repository.token)
    return Outcome(done, faults.calls)


def _begin_and_be_killed(store: Path, address: str, token: str, faults: Proxy) -> None:
    """Run the command line in a process of its own, which the proxy kills (SIGKILL) at the call."""
    options = ["--to", "inveniordm", "--instance", address, "--date", DATE, "--store", str(store)]
    said = store.with_suffix(".log")
    with (
        said.open("wb") as log,
        subprocess.Popen(
            [sys.executable, "-m", "curation", "release", *options],
            env=os.environ | {"MATGRANARY_INVENIORDM_TOKEN": token},
            stdout=log,
            stderr=log,
        ) as process,
    ):
        faults.kill = process.kill
        code = process.wait(timeout=LONGEST_SECONDS)
    assert code == KILLED, f"ended with {code} before call {faults.fail_at}: {said.read_text(encoding='utf-8')[-2000:]}"


def _begin_and_be_told_to_try_again(store: Path, address: str, token: str) -> None:
    try:
        _deposited(store, address, token)
    except TryAgainError:
        return
    message = "a call was answered by 504, and the deposit was published as if it had not been"
    raise AssertionError(message)


def _deposited(store: Path, address: str, token: str) -> Deposited:
    """Deposit in this process; no call is made twice, so that the fault is seen."""
    door = Door(address, {"Authorization": f"Bearer {token}"}, Patience(attempts=1))
    order = Order(ReleaseTerms(released=DATE), "inveniordm", address)
    return deposit(open_dataset(store), store, order, depositor=InvenioRdm(door))
