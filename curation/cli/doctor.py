"""Doctor: is this machine fit, is this store in order; each finding with what to do."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from typing import TYPE_CHECKING

from curation.datasets.layout import dataset_names
from curation.represent.registry import representer_names
from harvest.registry import source_names
from harvest.verify import verify_store
from schemas.checks import CheckResult
from schemas.properties import load_properties

if TYPE_CHECKING:
    from pathlib import Path

_PINNING_MP_API = (0, 47)
_LITTLE_SPACE = 1 << 30
_OLDEST_PYTHON = (3, 12)


def examine(store: Path) -> list[CheckResult]:
    """Return what was found; nothing is written."""
    return [_python(), _mp_api(), _registries(), _space(store), *_store(store)]


def _python() -> CheckResult:
    found = ".".join(str(part) for part in sys.version_info[:3])
    return CheckResult(
        subject="Python", passed=sys.version_info >= _OLDEST_PYTHON, message=f"{found}, 3.12 or newer is needed"
    )


def _mp_api() -> CheckResult:
    """Older mp-api mixes database versions where one was asked for."""
    found = importlib.metadata.version("mp-api")
    numbers = tuple(int(part) for part in found.split(".")[:2])
    return CheckResult(
        subject="mp-api", passed=numbers >= _PINNING_MP_API, message=f"{found}, 0.47 or newer pins versions"
    )


def _registries() -> CheckResult:
    sources, representers, properties = source_names(), representer_names(), len(load_properties())
    message = f"{len(sources)} sources, {len(representers)} representations, {properties} properties"
    passed = bool(sources and representers)
    hint = "" if passed else "; the package is not installed: run `make setup`"
    return CheckResult(subject="installed", passed=passed, message=message + hint)


def _space(store: Path) -> CheckResult:
    folder = next(path for path in (store, *store.resolve().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    return CheckResult(
        subject="disk", passed=free > _LITTLE_SPACE, message=f"{free / (1 << 30):.1f} GiB free at {folder}"
    )


def _store(store: Path) -> list[CheckResult]:
    if not store.is_dir():
        return [CheckResult(subject="store", passed=True, message=f"{store} does not exist yet: a run makes it")]
    results = verify_store(store)
    failed = [result for result in results if not result.passed]
    datasets = ", ".join(dataset_names(store)) or "none yet"
    summary = CheckResult(
        subject="store",
        passed=not failed,
        message=f"{store}: {len(results)} files checked, {len(failed)} not in order; datasets: {datasets}",
    )
    return [summary, *failed]
