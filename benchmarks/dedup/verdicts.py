"""Verdicts: StructureMatcher asked four times about each pair, each answer kept as it comes.

It is asked in both orders, of the structures as given, and of their primitive cells (moyopy, symprec 0.01) without its
own search for primitive cells. A line is written for each pair, so that a run that was stopped goes on where it stood.
"""

from __future__ import annotations

import json
import signal
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from pymatgen.analysis.structure_matcher import StructureMatcher

from benchmarks.dedup import peer
from benchmarks.dedup.planted import primitive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

    from pymatgen.core import Structure

    from benchmarks.dedup.planted import Item

YES, NO, TOO_LONG = "y", "n", "t"


class Setting(NamedTuple):
    """Tolerances, with the meaning that they have in StructureMatcher."""

    length: float
    site: float
    angle_degree: float
    scale: bool


SETTINGS = {"default": Setting(0.2, 0.3, 5.0, scale=True), "strict": Setting(0.1, 0.1, 3.0, scale=False)}


@dataclass(frozen=True)
class Verdict:
    """What StructureMatcher says of a pair.

    Attributes:
        pair: the names of both.
        answers: as given; as given, the other way round; primitive; primitive, the other way round.
        seconds: processor seconds that the first answer took.
        primitive_sites: sites of both after its own search for primitive cells, where its answers are not one.
    """

    pair: tuple[str, str]
    answers: str
    seconds: float
    primitive_sites: tuple[int, int] | None = None

    @property
    def is_one(self) -> bool:
        """Whether it agrees with itself."""
        return set(self.answers) in ({YES}, {NO})


def verdicts(pairs: list[tuple[Item, Item]], setting: Setting, path: Path, limit_seconds: float) -> list[Verdict]:
    """Return what StructureMatcher says of pairs; what stands in the file already is not asked again.

    Args:
        pairs: what to compare.
        setting: tolerances.
        path: one verdict a line.
        limit_seconds: processor seconds that one question may take; a longer one is answered by `t`.
    """
    known = {verdict.pair: verdict for verdict in _read(path)}
    asked = _Asked(setting, limit_seconds)
    with path.open("a", encoding="utf-8") as file:
        for one, two in pairs:
            if (one.name, two.name) not in known:
                verdict = asked.verdict(one, two)
                known[verdict.pair] = verdict
                file.write(json.dumps(asdict(verdict)) + "\n")
                file.flush()
    return [known[one.name, two.name] for one, two in pairs]


def _read(path: Path) -> Iterator[Verdict]:
    """Yield the verdicts of a file; the last line may be torn."""
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else ():
        if line.endswith("\n"):
            row = json.loads(line)
            sites = row["primitive_sites"]
            yield Verdict(tuple(row["pair"]), row["answers"], row["seconds"], tuple(sites) if sites else None)


class _Asked:
    """StructureMatcher at one setting, with a limit of time."""

    def __init__(self, setting: Setting, limit_seconds: float) -> None:
        length, site, angle, scale = setting
        self._limit_seconds = limit_seconds
        self._searching = StructureMatcher(length, site, angle, primitive_cell=True, scale=scale)
        self._as_is = StructureMatcher(length, site, angle, primitive_cell=False, scale=scale)
        signal.signal(signal.SIGVTALRM, _stop)

    def verdict(self, one: Item, two: Item) -> Verdict:
        given = peer.structure(one.crystal), peer.structure(two.crystal)
        begin = time.process_time()
        answers = self._answer(self._searching, *given)
        seconds = time.process_time() - begin
        answers += self._answer(self._searching, *reversed(given))
        small = [peer.structure(primitive(item.crystal, np.random.default_rng(0))) for item in (one, two)]
        answers += self._answer(self._as_is, *small) + self._answer(self._as_is, *reversed(small))
        verdict = Verdict((one.name, two.name), answers, round(seconds, 5))
        if verdict.is_one:
            return verdict
        sites = [len(structure.get_primitive_structure()) for structure in given]
        return Verdict(verdict.pair, answers, verdict.seconds, (sites[0], sites[1]))

    def _answer(self, matcher: StructureMatcher, one: Structure, two: Structure) -> str:
        signal.setitimer(signal.ITIMER_VIRTUAL, self._limit_seconds)
        try:
            return YES if matcher.fit(one, two) else NO
        except TimeoutError:
            return TOO_LONG
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _stop(number: int, frame: FrameType | None) -> None:
    del number, frame
    message = "the question took longer than its limit"
    raise TimeoutError(message)
