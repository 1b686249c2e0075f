"""The public interface as a user sees it; mypy checks it, the tests run it."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

import curation
import harvest
from curation import BuildReport, Dataset
from harvest import HarvestReport, Store

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import polars as pl
    import pyarrow as pa


def from_recipe_to_answer(recipe: Path, folder: Path) -> tuple[pd.DataFrame, pl.DataFrame, pa.Table]:
    """Harvest, curate and ask, in three sentences."""
    with harvest.open_store(folder) as store:
        assert_type(store, Store)
        report = store.harvest(recipe)
        assert_type(report, HarvestReport)
    built = curation.curate(folder, report.records.dataset)
    assert_type(built, BuildReport)
    dataset = curation.open_dataset(folder, built.dataset.id)
    assert_type(dataset, Dataset)
    answer = dataset.sql("SELECT formula, value, unit FROM traced_values ORDER BY formula LIMIT 3")
    return answer.df(), answer.pl(), answer.arrow()
