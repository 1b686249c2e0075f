"""What a run costs at a multiple of the samples: seconds, processor seconds, rows per second and memory of each stage.

    python benchmarks/pipeline/run.py [--factors 1 10 50] [--until write] [--folder DIR] [--out FILE.json] [--profile]

Each factor runs in a process of its own. Before a figure counts, the ledger is held against what was planted. Memory is
the resident memory of all processes of the run together, looked at ten times a second: pages that they share count more
than once, peaks that last less are missed.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from curation.build import curate
from curation.datasets.open import open_dataset
from curation.release.package import package
from curation.represent.compute import represent
from harvest.store import open_store

sys.path.insert(0, str(Path(__file__).parent))
from sample import formulas_of_copies, write_project

if TYPE_CHECKING:
    from collections.abc import Callable

    from curation.datasets.open import Dataset

LOOK_SECONDS = 0.1
MIB = 1 << 20
FLAT = 1.3
LAST = ("write", "release")


@dataclass
class Stage:
    """What one stage took."""

    seconds: float = 0.0
    processor_seconds: float = 0.0
    peak_mib: float = 0.0


def child(recipe: Path, store: Path, until: str, profile: Path | None) -> None:
    """Run the pipeline up to a stage; say on standard output when each begins."""

    told = []

    def say(stage: str, *_: int | None) -> None:
        if told[-1:] != [stage]:
            told.append(stage)
            print(stage, flush=True)

    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    with open_store(store) as opened, opened.writing():
        say("harvest")
        report = opened.harvest(recipe)
        built = curate(store, report.recipe.dataset.name, progress=say)
        if until == "release":
            say("represent")
            represent(built.dataset.folder, report.recipe.represent.with_)
            say("release")
            package(built.dataset, store)
    say("end")
    if profile:
        profiler.disable()
        profiler.dump_stats(profile)


def measured(recipe: Path, store: Path, until: str, profile: Path | None) -> dict[str, Stage]:
    """Run a child and watch it."""
    command = [sys.executable, __file__, "--child", str(recipe), str(store), until]
    command += [str(profile)] if profile else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 — this very file
        watch = _Watch(psutil.Process(process.pid))
        assert process.stdout is not None
        looking = threading.Thread(target=watch.look_until_the_end, daemon=True)
        looking.start()
        for line in process.stdout:
            watch.begin(line.strip())
        watch.is_over = True
        looking.join()
    if process.returncode:
        message = f"the run of {recipe} ended with {process.returncode}"
        raise SystemExit(message)
    watch.stages.pop("start")
    watch.stages.pop("end")
    return watch.stages


class _Watch:
    """Looks at a process and its children, stage by stage."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.is_over = False
        self.stages: dict[str, Stage] = {"start": Stage()}
        self._stage = self.stages["start"]
        self._begun, self._processor_seconds = time.perf_counter(), 0.0

    def begin(self, name: str) -> None:
        now, processor_seconds = time.perf_counter(), self._look()
        self._stage.seconds += now - self._begun
        self._stage.processor_seconds += max(0.0, processor_seconds - self._processor_seconds)
        self._begun, self._processor_seconds = now, max(processor_seconds, self._processor_seconds)
        self._stage = self.stages.setdefault(name, Stage())

    def look_until_the_end(self) -> None:
        while not self.is_over:
            self._look()
            time.sleep(LOOK_SECONDS)

    def _look(self) -> float:
        """Take the memory of all processes, and return the processor time that they have used."""
        memory = used = 0.0
        try:
            family = [self._process, *self._process.children(recursive=True)]
        except psutil.Error:
            return self._processor_seconds
        for member in family:
            try:
                memory += member.memory_info().rss
                times = member.cpu_times()
            except psutil.Error:
                continue
            used += times.user + times.system
            used += times.children_user + times.children_system if member is self._process else 0
        self._stage.peak_mib = max(self._stage.peak_mib, memory / MIB)
        return used


def natural_matches(dataset: Dataset) -> Counter[str]:
    """Return how many records of each formula the matcher merged, planted ones left out, by the sample's ids."""
    rows = dataset.sql(
        "SELECT e.source_id FROM entries e WHERE e.source = 'dielectric' AND e.status = 'merged' "
        "AND NOT ends_with(e.source_id, '~again')"
    ).rows()
    return Counter(str(row["source_id"]).partition("~")[0] for row in rows)


def expected_ledger(factor: int, truth: dict[str, Any], first: Counter[str]) -> dict[str, Any]:
    """Return the ledger that a run must come to; `first` are the matches of the sample itself."""
    copies = formulas_of_copies(factor)
    matches = {"dielectric": sum(number * copies[row] for row, number in first.items()), "energies": 0}
    return {source: truth[source].sums(matches[source]) for source in truth}


def got_ledger(dataset: Dataset) -> dict[str, Any]:
    lines = dataset.manifest.ledger.model_dump()["lines"]
    return {line["source"]: {k: line[k] for k in ("entries", "values", "flagged_values")} for line in lines}


def bench(
    factor: int, folder: Path, first: Counter[str] | None, *, until: str, profile: bool
) -> tuple[dict[str, Any], Counter[str]]:
    """Make the sample of a factor, run it, hold the ledger against the truth, and return the figures."""
    project = folder / f"x{factor}"
    shutil.rmtree(project, ignore_errors=True)
    recipe, truth = write_project(project, factor)
    stages = measured(recipe, project / "store", until, project / "profile" if profile else None)
    dataset = open_dataset(project / "store", "scaled")
    first = natural_matches(dataset) if first is None else first
    expected, got = expected_ledger(factor, truth, first), got_ledger(dataset)
    rows = sum(line["entries"]["harvested"] for line in got.values())
    figures = {
        "factor": factor,
        "rows": rows,
        "ledger_is_as_planted": got == expected,
        "truth": {source: asdict(planted) for source, planted in truth.items()},
        "expected": expected,
        "got": got,
        "bytes_of_data": sum(path.stat().st_size for path in project.glob("*.gz")),
        "bytes_of_store": sum(path.stat().st_size for path in (project / "store").rglob("*") if path.is_file()),
        "stages": {name: asdict(stage) for name, stage in stages.items()},
    }
    return figures, first


def table(runs: list[dict[str, Any]]) -> str:
    """Return the figures for people; cost for a row is held against that of the smallest factor."""
    lines = []
    least = runs[0]
    for run in runs:
        said = "as planted" if run["ledger_is_as_planted"] else "NOT AS PLANTED"
        lines += [
            "",
            f"x{run['factor']}: {run['rows']:,} rows, ledger {said}, store {run['bytes_of_store'] / MIB:,.0f} MiB",
        ]
        lines.append(f"{'stage':12}{'seconds':>10}{'processor':>11}{'rows/s':>10}{'peak MiB':>10}{'cost/row':>10}")
        for name, stage in _with_sum(run["stages"]).items():
            before = _with_sum(least["stages"])[name]
            ratio = stage["processor_seconds"] / run["rows"] / (before["processor_seconds"] / least["rows"] or 1)
            lines.append(
                f"{name:12}{stage['seconds']:>10.1f}{stage['processor_seconds']:>11.1f}"
                f"{run['rows'] / (stage['seconds'] or 1):>10,.0f}{stage['peak_mib']:>10,.0f}"
                f"{ratio:>9.2f}{'!' if ratio > FLAT else ' '}"
            )
    return "\n".join(lines)


def _with_sum(stages: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    total = {key: sum(stage[key] for stage in stages.values()) for key in ("seconds", "processor_seconds")}
    return {**stages, "all": {**total, "peak_mib": max(stage["peak_mib"] for stage in stages.values())}}


def run_factors(
    factors: list[int],
    folder: Path,
    *,
    until: str = LAST[-1],
    profile: bool = False,
    each: Callable[[dict[str, Any]], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """Bench some factors, the sample itself always first."""
    runs: list[dict[str, Any]] = []
    first: Counter[str] | None = None
    for factor in sorted({1, *factors}):
        figures, first = bench(factor, folder, first, until=until, profile=profile)
        runs.append(figures)
        each(figures)
    return runs


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        child(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], Path(sys.argv[5]) if len(sys.argv) > 5 else None)
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--factors", nargs="+", type=int, default=[1, 10])
    parser.add_argument("--until", choices=LAST, default=LAST[-1], help="the last stage; write leaves out what follows")
    parser.add_argument("--folder", type=Path, help="where data and stores are made, and stay")
    parser.add_argument("--out", type=Path, default=Path("pipeline.json"))
    parser.add_argument("--profile", action="store_true", help="write cProfile's figures beside each store")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        runs = run_factors(
            arguments.factors,
            folder,
            until=arguments.until,
            profile=arguments.profile,
            each=lambda f: print(table([f]), flush=True),
        )
    arguments.out.write_text(json.dumps(runs, indent=2) + "\n", encoding="utf-8")
    print(table(runs))
    if not all(run["ledger_is_as_planted"] for run in runs):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
