"""Reader process: pages on standard input, their records in a folder; what each page brought, on standard output.

`harvest.beside` starts it, and asks it. Each message is answered by one; what a page brought may be an error, which is
raised where the pages come from.
"""

from __future__ import annotations

import contextlib
import os
import pickle  # noqa: TID251 — between two processes of one harvest; nothing from elsewhere is unpickled
import sys
import traceback
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from harvest.errors import HarvestError
from harvest.reading import PageReader, Taken
from harvest.registry import load_source

if TYPE_CHECKING:
    from collections.abc import Callable

ENDED = (EOFError, pickle.UnpicklingError)  # the other process has; the latter, in the middle of a message
_MOST_SAID = 4000  # characters of an error: an answer fits into any pipe, as the harvest may be busy writing
_MOST_BYTES = 4 * _MOST_SAID


class Ask(Enum):
    """What the process is asked to do."""

    GIVE = auto()
    RECEIVED = auto()
    SOURCE_IDS = auto()
    FINISH = auto()


@dataclass(frozen=True)
class Failure:
    """The error that reading a page raised."""

    error: Exception


def serve() -> None:
    """Read what standard input gives, until it ends: the program of the process."""
    asked = sys.stdin.buffer
    with contextlib.suppress(BrokenPipeError), os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answers:
        elsewhere = sys.stderr.fileno() if sys.stderr else os.open(os.devnull, os.O_WRONLY)
        os.dup2(elsewhere, sys.stdout.fileno())  # what a connector prints is no answer
        with contextlib.suppress(*ENDED), contextlib.ExitStack() as opened:
            try:
                folder, plan = pickle.load(asked)  # noqa: S301 — from the harvest itself
                reader = opened.enter_context(PageReader(folder, load_source(plan.source), plan))
            except ENDED:
                raise
            except Exception as error:  # noqa: BLE001 — the answer to whatever is asked first
                _say(answers, Failure(_portable(error)))
            else:
                _answer_all(reader, asked, answers)


def _answer_all(reader: PageReader, asked: BinaryIO, answers: BinaryIO) -> None:
    """Do what is asked, until the harvest ends."""
    has_failed = False
    while True:
        ask, given = pickle.load(asked)  # noqa: S301 — from the harvest itself
        try:
            answer = Taken(0, 0) if has_failed and ask is Ask.GIVE else _done(reader, ask, given)
        except Exception as error:  # noqa: BLE001 — it is raised again where the pages come from
            has_failed, answer = True, Failure(_portable(error))
        _say(answers, answer)


def _done(reader: PageReader, ask: Ask, given: Any) -> object:  # noqa: ANN401 — each question gives something else
    if ask is Ask.GIVE:
        reader.give(given)
        return reader.taken()
    if ask is Ask.FINISH:
        return reader.finish(given)
    return reader.received() if ask is Ask.RECEIVED else reader.source_ids()


def _say(answers: BinaryIO, answer: object) -> None:
    pickle.dump(answer, answers, pickle.HIGHEST_PROTOCOL)
    answers.flush()


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
