"""The disk is full, or breaks, in the middle of a run: exit code 5, nothing half-made in sight, all good afterwards."""

from __future__ import annotations

import contextlib
import random
import resource
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from curation.datasets.verify import verify_datasets
from curation.release.verify import verify_releases
from harvest.archive import Archive, Exchange
from harvest.verify import verify_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Forked = Callable[..., tuple[int, list[str], str]]
    Outcome = Callable[[Path, Path], dict[str, object]]
    Undisturbed = tuple[dict[str, object], list[str]]
    Failed = Callable[..., dict[str, list[str]]]

FAULTS = ("disk_full", "disk_broken")
SAMPLED = 8
STORAGE = 5
# A full disk lets go of files.
TAKEN_AWAY = (" unlink ", " rmdir ")
SIZES_KIB = (64, 256, 512, 1024, 1536, 2048)
MOUNTED = """
mount -t tmpfs -o size=$1k none "$2/store" || exit 1
shift 2
"$@"; echo "exit $?"
mount -o remount,size=1g "$0/store"
"$@"; echo "exit $?"
cp -a "$0/store/." "$0/copied"
"""


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, small: Callable[[Path], Path], forked: Forked, outcome: Outcome
) -> Undisturbed:
    """What a run that nothing disturbs leaves, and the points that it passes."""
    recipe = small(tmp_path_factory.mktemp("undisturbed") / "project")
    store = recipe.parent / "store"
    code, points, output = forked("run", recipe, store=store)
    assert code == 0, output
    return outcome(recipe, store), points


@pytest.fixture
def failed(tmp_path: Path, small: Callable[[Path], Path], forked: Forked, outcome: Outcome) -> Failed:
    """A function that lets the disk fail from a point on and runs again; returns what was wrong, by kind."""

    def run(fault: str, at: int, expected: dict[str, object]) -> dict[str, list[str]]:
        recipe = small(tmp_path / f"{fault}-{at}")
        store = recipe.parent / "store"
        code, points, output = forked("run", recipe, store=store, fault=fault, at=at)
        where = points[at - 1].replace(str(recipe.parent), "")
        wrong = {
            "exit code": [f"{where}: {code}, {output[-200:]}"] if code != STORAGE or "Traceback" in output else [],
            "left behind": [f"{where}: {path.name}" for path in sorted(recipe.parent.rglob(".building-*"))],
            "not whole": [f"{where}: {said}" for said in not_whole(store)],
        }
        code, _, output = forked("run", recipe, store=store)
        wrong["next run"] = [f"{where}: {code}, {output[-200:]}"] if code else []
        if not code and outcome(recipe, store) != expected:
            wrong["next run"].append(f"{where}: it makes something else")
        shutil.rmtree(recipe.parent)
        return {kind: said for kind, said in wrong.items() if said}

    return run


def not_whole(store: Path) -> list[str]:
    """Return what a reader sees and is not what was written; the end of the archive may wait for the next run."""
    results = [*verify_datasets(store), *verify_releases(store)]
    results += [result for result in verify_store(store) if "/records/" in result.subject]
    return [f"{result.subject}: {result.message}" for result in results if not result.passed]


def points_without(points: list[str], left_out: tuple[str, ...]) -> list[int]:
    return [at for at, point in enumerate(points, 1) if not any(name in point for name in left_out)]


@pytest.mark.parametrize("sample", range(SAMPLED))
def test_a_disk_that_fails_ends_the_run_with_5(sample: int, undisturbed: Undisturbed, failed: Failed) -> None:
    expected, points = undisturbed
    tried = points_without(points, TAKEN_AWAY)
    at = tried[sample * (len(tried) - 1) // (SAMPLED - 1)]
    assert failed(FAULTS[sample % len(FAULTS)], at, expected) == {}


def test_a_ledger_that_cannot_be_written_ends_the_run_with_5(undisturbed: Undisturbed, failed: Failed) -> None:
    expected, points = undisturbed
    at = next(at for at, point in enumerate(points, 1) if point.endswith("commit COMMIT"))
    assert failed("disk_full", at, expected) == {}


def test_a_file_that_cannot_be_replaced_leaves_nothing_behind(undisturbed: Undisturbed, failed: Failed) -> None:
    expected, points = undisturbed
    at = next(at for at, point in enumerate(points, 1) if " replace " in point)
    assert failed("disk_full", at, expected) == {}


@contextlib.contextmanager
def no_file_longer_than(size: int) -> Iterator[None]:
    """Let the kernel refuse what is written beyond a size, as a full disk does: what fits is written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_page_that_did_not_fit_leaves_the_archive_whole(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "raw")
    first, large, last = (page(number, size) for number, size in ((1, 1_000), (2, 100_000), (3, 1_000)))
    archive.append(first)
    (segment,) = archive.segments()
    with no_file_longer_than(segment.stat().st_size + 5_000), pytest.raises(OSError, match="large"):
        archive.append(large)
    archive.append(last)
    assert [exchange.uri for _, exchange in archive.scan(segment)] == [first.uri, last.uri]


def page(number: int, size: int) -> Exchange:
    """A page that does not compress."""
    payload = random.Random(number).randbytes(size)  # noqa: S311 — bytes, not secrets
    return Exchange("key/fingerprint/1", f"GET {number}", f"https://example.org/{number}", "text/plain", payload, None)


@pytest.mark.sweep
@pytest.mark.parametrize("fault", FAULTS)
def test_a_disk_may_fail_at_any_operation(fault: str, undisturbed: Undisturbed, failed: Failed) -> None:
    expected, points = undisturbed
    tried = points_without(points, TAKEN_AWAY)
    wrong = [found for at in tried if (found := failed(fault, at, expected))]
    print(f"{fault}: {len(tried)} points of {len(points)}, {len(wrong)} wrong")  # noqa: T201 — the figures of a sweep are for people
    assert wrong == []


@pytest.fixture
def filled(
    tmp_path: Path, small: Callable[[Path], Path], command: list[str], outcome: Outcome
) -> Callable[..., tuple[str, str]]:
    """A function that runs into a disk of a size, gives it more room, runs again, and proves the outcome.

    It returns the exit code of the first run and the last line that it said.
    """

    def run(size_kib: int, expected: dict[str, object]) -> tuple[str, str]:
        recipe = small(tmp_path / f"project-{size_kib}")
        folder = recipe.parent
        (folder / "store").mkdir()
        program = [*command, "run", str(recipe), "--store", str(folder / "store"), "--json"]
        shell = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", MOUNTED, str(folder)]
        arguments = [*shell, str(size_kib), str(folder), *program]
        done = subprocess.run(arguments, capture_output=True, text=True, check=False)
        first, second = (line for line in done.stdout.splitlines() if line.startswith("exit "))
        assert first != "exit 0", "the disk was large enough"
        assert second == "exit 0", done.stdout + done.stderr
        assert outcome(recipe, folder / "copied") == expected
        said = (done.stderr.strip() or "error in JSON").splitlines()[-1]
        print(f"{size_kib} KiB: {first}: {said[:120]}")  # noqa: T201 — the figures of a sweep are for people
        return first, said

    tried = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"]
    if shutil.which("unshare") is None or subprocess.run(tried, capture_output=True, check=False).returncode:
        pytest.skip("this machine lets no user mount a small disk")
    return run


def test_a_run_into_a_disk_that_is_really_full_is_made_good_by_the_next(
    undisturbed: Undisturbed, filled: Callable[..., tuple[str, str]]
) -> None:
    filled(1536, undisturbed[0])


@pytest.mark.sweep
def test_a_run_into_a_disk_that_is_really_full_ends_with_5(
    undisturbed: Undisturbed, filled: Callable[..., tuple[str, str]]
) -> None:
    assert {size_kib: filled(size_kib, undisturbed[0])[0] for size_kib in SIZES_KIB} == dict.fromkeys(
        SIZES_KIB, "exit 5"
    )
