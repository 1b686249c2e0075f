"""Beside: pages in, read by a process of their own, so that the next one is fetched meanwhile.

This is the harvest's side of it; what the process does is `harvest.reader_process`. It reads, and neither fetches nor
archives: whatever becomes of it, no page is lost.
"""

from __future__ import annotations

import contextlib
import os
import pickle  # noqa: TID251 — between two processes of one harvest; nothing from elsewhere is unpickled
import subprocess
import sys
from typing import IO, TYPE_CHECKING, Any, Self

from harvest.errors import HarvestError, RetryableError, UnknownSourceError
from harvest.reader_process import ENDED, Ask, Failure
from harvest.registry import load_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harvest.door import SeenObject
    from harvest.reading import Received, Taken, Written
    from harvest.source import Plan, RawObject, Source

# Who is interrupted is the harvest; it ends this process.
_PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); sys.path[:] = sys.argv[1:]; "
    "from harvest.reader_process import serve; serve()"
)
_PROCESSES = 2  # one fetches, one reads
MANY = 50_000  # records
_AHEAD = 8  # pages
_PIPE_BYTES = 1 << 20


def is_worth_it(n_records: int | None) -> bool:
    """Whether reading so many records takes longer than starting a process."""
    return n_records is not None and n_records >= MANY


def can_read(source: Source, plan: Plan) -> bool:
    """Whether a process beside can read a source: there is a processor for it, and it finds the connector and plan."""
    if _processors() < _PROCESSES or not sys.executable or getattr(sys, "frozen", False):
        return False
    try:
        is_importable = b"__main__" not in pickle.dumps(plan)
        return is_importable and load_source(plan.source) is source
    except (UnknownSourceError, pickle.PicklingError, TypeError, AttributeError):  # a plan of another package
        return False


def _processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class ReaderBeside:
    """Reads pages in a process of its own; see `harvest.reading.Reader`."""

    ahead = _AHEAD

    def __init__(self, folder: Path, plan: Plan) -> None:
        """Start the process; it writes into an empty folder."""
        self._process = subprocess.Popen(  # noqa: S603 — our own program
            [sys.executable, "-u", "-c", _PROGRAM, *map(str, sys.path)],  # -u: what a connector prints is not lost
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        _widen(self._process.stdin)
        self._unasked = 0
        self._send((folder.absolute(), plan))

    def give(self, raw: RawObject) -> None:
        """Hand over a page."""
        self._send((Ask.GIVE, raw))
        self._unasked += 1

    def taken(self) -> Taken:
        """Return what the oldest page brought that was not asked for yet; what reading it raised is raised here."""
        self._unasked -= 1
        taken: Taken = self._answer()
        return taken

    def received(self) -> Received:
        """Return what came so far, of all pages that were given."""
        while self._unasked:
            with contextlib.suppress(HarvestError):  # who asks in spite of it deals with an earlier error
                self.taken()
        received: Received = self._asked(Ask.RECEIVED)
        return received

    def source_ids(self) -> set[str]:
        """Return the source's own ids of all that came, also of what was rejected."""
        ids: set[str] = self._asked(Ask.SOURCE_IDS)
        return ids

    def finish(self, seen: Sequence[SeenObject]) -> Written:
        """Write what is left, and the list of raw objects."""
        written: Written = self._asked(Ask.FINISH, list(seen))
        return written

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process; one that has finished has nothing left to do."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe and pipe.close()
        self._process.wait()

    def _asked(self, ask: Ask, given: object = None) -> Any:  # noqa: ANN401 — each question has its own answer
        self._send((ask, given))
        return self._answer()

    def _send(self, message: object) -> None:
        """Send a message; a process that is gone is found when its answer is asked for."""
        pipe = self._process.stdin
        with contextlib.suppress(BrokenPipeError):
            if pipe:
                pickle.dump(message, pipe, pickle.HIGHEST_PROTOCOL)
                pipe.flush()

    def _answer(self) -> Any:  # noqa: ANN401 — see `_asked`
        """Return the next answer.

        Raises:
            Exception: what the process raised.
            RetryableError: it has ended.
        """
        try:
            answer = pickle.load(self._process.stdout) if self._process.stdout else None  # noqa: S301 — of our own process
        except ENDED:
            status = self._process.wait()
            message = (
                f"the process that reads pages ended with status {status}; "
                "what was fetched is archived: run again, with more memory if that was short"
            )
            raise RetryableError(message) from None
        if isinstance(answer, Failure):
            raise answer.error
        return answer


def _widen(pipe: IO[bytes] | None) -> None:
    """Let a pipe hold more, where the system has a call for it and lets this user have it."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415 — not every system has it

        if pipe:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
