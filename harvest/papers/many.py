"""Many: paths of articles in; what each of them yields, one after the other and in their order, out.

Nothing is gathered, so that memory does not grow with the number of articles. An article that cannot be read, takes too
long or kills its process comes out with the reason, and its neighbours are unharmed.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as TakesTooLong
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

from harvest.papers.document import DocumentError
from harvest.papers.export import Row, flat_rows
from harvest.papers.pipeline import extract
from harvest.papers.readers.formats import Format, format_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SUFFIXES = frozenset([".xml", ".nxml", ".html", ".htm", ".xhtml", ".tex", ".txt", ".md", ".pdf"])
_LARGEST_BYTES = 256 * 2**20
_FEWEST_FOR_A_POOL = 12
_SHOWN_BYTES = 24
_MOST_AHEAD = 4
SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a file yields.

    Attributes:
        reason: why it could not be read; empty where it could.
        tables: how many tables of it were looked at.
    """

    path: Path
    rows: tuple[Row, ...] = ()
    reason: str = ""
    tables: int = 0


def article_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the files that paths name: a file is itself, a folder is all articles in it, sorted.

    Raises:
        FileNotFoundError: a path does not exist.
    """
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            message = f"{path} does not exist; expected an article or a folder of articles"
            raise FileNotFoundError(message)
        inside = (each for each in sorted(path.rglob("*")) if each.is_file() and each.suffix.lower() in SUFFIXES)
        found.extend(inside if path.is_dir() else [path])
    return tuple(dict.fromkeys(found))


def extract_file(path: Path, *, sentences: bool = False) -> Extracted:
    """Return what one file yields; the one place where a reader's failure becomes a reason."""
    try:
        size = path.stat().st_size
        if size > _LARGEST_BYTES:
            return Extracted(path, reason=f"{size:,} bytes; articles of up to {_LARGEST_BYTES:,} bytes are read")
        payload = path.read_bytes()
        _check_name(path, payload)
        extraction = extract(payload, document=path.stem, sentences=sentences)
        rows = flat_rows(extraction)
    except (DocumentError, OSError) as error:
        return Extracted(path, reason=str(error))
    except (RecursionError, MemoryError) as error:
        return Extracted(path, reason=f"the article is too deep or too large to be read ({type(error).__name__})")
    return Extracted(path, rows=tuple(rows), tables=len(extraction.document.tables))


def _check_name(path: Path, payload: bytes) -> None:
    """Refuse what is called a PDF and is none: a page that was saved in its place would be read without a word.

    Raises:
        DocumentError: the bytes are another format.
    """
    if path.suffix.lower() == ".pdf" and payload.strip() and format_of(payload) is not Format.PDF:
        message = f"the file is named a PDF and begins with {payload[:_SHOWN_BYTES]!r}, a PDF with %PDF-"
        raise DocumentError(f"{message}; fetch it again, or name it by its format")


def extract_many(
    files: Sequence[Path], *, sentences: bool = False, workers: int | None = None, seconds: float = SECONDS
) -> Iterator[Extracted]:
    """Yield what each file yields, in their order.

    Args:
        files: articles in any of the formats that are read.
        sentences: whether prose is read too.
        workers: how many processes; by default one a core, and none beside this one for a few files.
        seconds: how long one article may take in a process of its own.
    """
    count = workers or (os.cpu_count() or 1)
    if count == 1 or len(files) < _FEWEST_FOR_A_POOL:
        for path in files:
            yield extract_file(path, sentences=sentences)
        return
    position = 0
    while position < len(files):
        for item in _pooled(files[position:], count, sentences=sentences, seconds=seconds):
            position += 1
            yield item


def _pooled(files: Sequence[Path], workers: int, *, sentences: bool, seconds: float) -> Iterator[Extracted]:
    """Yield results of a pool until one file breaks it; that file is named, and a new pool goes on behind it."""
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
    waiting = [pool.submit(extract_file, path, sentences=sentences) for path in files[: workers * _MOST_AHEAD]]
    try:
        for index, path in enumerate(files):
            try:
                yield waiting[index].result(timeout=seconds)
            except TakesTooLong:
                yield Extracted(path, reason=f"not done after {seconds:g} seconds")
                return
            except BrokenProcessPool:
                yield _alone(path, sentences=sentences, seconds=seconds)
                return
            following = index + workers * _MOST_AHEAD
            if following < len(files):
                waiting.append(pool.submit(extract_file, files[following], sentences=sentences))
    finally:
        _end(pool)


def _alone(path: Path, *, sentences: bool, seconds: float) -> Extracted:
    """Read a file in a process of its own: the pool broke while it was waited for, perhaps because of another."""
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    try:
        return pool.submit(extract_file, path, sentences=sentences).result(timeout=seconds)
    except (BrokenProcessPool, TakesTooLong):
        return Extracted(path, reason="the process that read it ended, or was not done in time")
    finally:
        _end(pool)


def _end(pool: ProcessPoolExecutor) -> None:
    """End a pool at once, also a process that is still at work."""
    processes = list((pool._processes or {}).values())  # noqa: SLF001 — until 3.14 there is no public way to end them
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join()
