"""Parallel: one function over many parts, on all cores, results in order; the same whether one process works or ten."""

from __future__ import annotations

import collections
import contextlib
import multiprocessing
import os
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future
    from multiprocessing.process import BaseProcess

_AHEAD = 2


class Spread(Protocol):
    """A way to map a function over parts, results in the order of the parts."""

    def __call__[Part, Result](self, function: Callable[[Part], Result], parts: Iterable[Part], /) -> Iterator[Result]:
        """Yield `function(part)` for each part."""


def spread[Part, Result](
    function: Callable[[Part], Result], parts: Iterable[Part], *, workers: int | None = None
) -> Iterator[Result]:
    """Yield `function(part)` for each part, in the order of the parts; a few parts are under way at a time.

    Args:
        function: importable, as it is sent to other processes.
        parts: read as results are taken, so that memory is bounded by a few parts.
        workers: number of processes; all cores where not given, none of its own where it is 1.
    """
    count = workers or os.cpu_count() or 1
    if count == 1:
        yield from map(function, parts)
        return
    context = multiprocessing.get_context("spawn")
    waiting: collections.deque[Future[Result]] = collections.deque()
    with ProcessPoolExecutor(count, mp_context=context, initializer=_end_with_parent) as pool:
        try:
            for part in parts:
                with _unseen_main():
                    waiting.append(pool.submit(function, part))
                if len(waiting) >= count * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def watched(spread: Spread, tell: Callable[[int], None]) -> Spread:
    """Return a way to map that tells how many parts are done."""

    def run[Part, Result](function: Callable[[Part], Result], parts: Iterable[Part], /) -> Iterator[Result]:
        for done, result in enumerate(spread(function, parts), start=1):
            yield result
            tell(done)

    return run


def _end_with_parent() -> None:
    """Let a worker end when the process that sends it work is gone, however that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


@contextlib.contextmanager
def _unseen_main() -> Iterator[None]:
    """Hide the caller's script while a process starts: a script that is imported there would run again.

    `function` is imported by its own module, so nothing of the script is needed.
    """
    main = sys.modules["__main__"]
    known = {name: getattr(main, name, None) for name in ("__file__", "__spec__")}
    try:
        for name in known:
            setattr(main, name, None)
        yield
    finally:
        for name, value in known.items():
            setattr(main, name, value)
