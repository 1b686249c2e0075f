"""Beside: pages in, read by a process of their own, so that the next one is fetched meanwhile.

The process reads: it neither fetches nor archives, so whatever becomes of it, no page is lost. It is told what to do by
messages on its standard input, and answers each on its standard output.
"""

from __future__ import annotations

import contextlib
import os
import pickle  # noqa: TID251 — between two processes of one harvest; nothing from elsewhere is unpickled
import subprocess
import sys
import traceback
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Self

from harvest.errors import HarvestError, RetryableError, UnknownSourceError
from harvest.reading import PageReader, Received, Taken, Written
from harvest.registry import load_source

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harvest.door import SeenObject
    from harvest.source import Plan, RawObject, Source

# Who is interrupted is the harvest; it ends this process.
_PROGRAM = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); sys.path[:] = sys.argv[1:]; "
    "from harvest.beside import serve; serve()"
)
_PROCESSES = 2  # one fetches, one reads
MANY = 50_000  # records
_AHEAD = 8  # pages
_PIPE_BYTES = 1 << 20
_SECONDS_TO_END = 5.0
_MOST_SAID = 4000  # characters of an error: an answer fits into any pipe, as the harvest may be busy writing
_MOST_BYTES = 4 * _MOST_SAID
_ENDED = (EOFError, pickle.UnpicklingError)  # the latter in the middle of a message


class _Ask(Enum):
    """What the process is asked to do."""

    GIVE = auto()
    RECEIVED = auto()
    SOURCE_IDS = auto()
    FINISH = auto()


@dataclass(frozen=True)
class _Failure:
    """The error that reading a page raised."""

    error: Exception


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
            [sys.executable, "-c", _PROGRAM, *map(str, sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        _widen(self._process.stdin)
        self._unasked = 0
        self._send((folder.absolute(), plan))

    def give(self, raw: RawObject) -> None:
        """Hand over a page."""
        self._send((_Ask.GIVE, raw))
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
        received: Received = self._asked(_Ask.RECEIVED)
        return received

    def source_ids(self) -> set[str]:
        """Return the source's own ids of all that came, also of what was rejected."""
        ids: set[str] = self._asked(_Ask.SOURCE_IDS)
        return ids

    def finish(self, seen: Sequence[SeenObject]) -> Written:
        """Write what is left, and the list of raw objects."""
        written: Written = self._asked(_Ask.FINISH, list(seen))
        return written

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(self, *error: object) -> None:
        """End the process, at once after an error."""
        if any(error):
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe and pipe.close()
        try:
            self._process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _asked(self, ask: _Ask, given: object = None) -> Any:  # noqa: ANN401 — each question has its own answer
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
        except _ENDED:
            status = self._process.wait()
            message = (
                f"the process that reads pages ended with status {status}; "
                "what was fetched is archived: run again, with more memory if that was short"
            )
            raise RetryableError(message) from None
        if isinstance(answer, _Failure):
            raise answer.error
        return answer


def serve() -> None:
    """Read what standard input gives, until it ends: the program of the process."""
    asked = sys.stdin.buffer
    with contextlib.suppress(BrokenPipeError), os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        elsewhere = sys.stderr.fileno() if sys.stderr else os.open(os.devnull, os.O_WRONLY)
        os.dup2(elsewhere, sys.stdout.fileno())  # what a connector prints is no answer
        with contextlib.suppress(*_ENDED), contextlib.ExitStack() as opened:
            try:
                folder, plan = pickle.load(asked)  # noqa: S301 — from the harvest itself
                reader = opened.enter_context(PageReader(folder, load_source(plan.source), plan))
            except _ENDED:
                raise
            except Exception as error:  # noqa: BLE001 — the answer to whatever is asked first
                _say(answers, _Failure(_portable(error)))
            else:
                _answer_all(reader, asked, answers)


def _answer_all(reader: PageReader, asked: BinaryIO, answers: BinaryIO) -> None:
    """Do what is asked, until the harvest ends."""
    has_failed = False
    while True:
        ask, given = pickle.load(asked)  # noqa: S301 — from the harvest itself
        try:
            answer = Taken(0, 0) if has_failed and ask is _Ask.GIVE else _done(reader, ask, given)
        except Exception as error:  # noqa: BLE001 — it is raised again where the pages come from
            has_failed, answer = True, _Failure(_portable(error))
        _say(answers, answer)


def _done(reader: PageReader, ask: _Ask, given: Any) -> object:  # noqa: ANN401 — each question gives something else
    if ask is _Ask.GIVE:
        reader.give(given)
        return reader.taken()
    if ask is _Ask.FINISH:
        return reader.finish(given)
    return reader.received() if ask is _Ask.RECEIVED else reader.source_ids()


def _say(answers: BinaryIO, answer: object) -> None:
    pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()


def _widen(pipe: IO[bytes] | None) -> None:
    """Let a pipe hold more, where the system has a call for it and lets this user have it."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl  # noqa: PLC0415 — not every system has it

        if pipe:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _portable(error: Exception) -> Exception:
    """Return an error that can be sent, with where it was raised.

    One that cannot be copied, or holds a whole page, is told in words by the nearest kind of ours that can.
    """
    kinds = [kind for kind in type(error).__mro__ if kind.__module__ == HarvestError.__module__]
    if not kinds:
        raised = "".join(traceback.format_exception(error))[-_MOST_SAID:]
        error.add_note(f"raised in the process that reads pages:\n{raised}")
    said = (str(error) if kinds else f"{type(error).__name__}: {error}")[:_MOST_SAID]
    tellings: list[Callable[[], Exception]] = [lambda: error, *(partial(kind, said) for kind in kinds)]
    for telling in tellings:
        with contextlib.suppress(Exception):  # whatever an exception of a library does when it is made or copied
            if _is_copied(told := telling()):
                return told
    told = RuntimeError(said)
    told.__notes__ = getattr(error, "__notes__", [])
    return told


def _is_copied(error: Exception) -> bool:
    written = pickle.dumps(error)
    return len(written) <= _MOST_BYTES and type(pickle.loads(written)) is type(error)  # noqa: S301 — our own error
