from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from run import run_factors, table

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture


@pytest.mark.benchmark(min_rounds=1, warmup=False)
def test_the_whole_pipeline_on_the_samples(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    (figures,) = benchmark.pedantic(run_factors, ([1], tmp_path), rounds=1)
    print(table([figures]))
    benchmark.extra_info.update(figures)
    assert figures["got"] == figures["expected"]
