from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import curation

if TYPE_CHECKING:
    from collections.abc import Callable

API = Path(__file__).parents[1] / "typing" / "api.py"


def test_the_public_names_are_these() -> None:
    assert curation.__all__ == ["BuildReport", "Dataset", "curate", "open_dataset"]
    assert all(getattr(curation, name).__module__.startswith("curation.") for name in curation.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        curation.nothing  # noqa: B018 — the attribute is asked for, and is not there


def test_importing_costs_nothing() -> None:
    program = "import sys, curation; print(sorted({'duckdb', 'pyarrow', 'pandas', 'pymatgen'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_users_view_runs(begun: Path, tmp_path: Path, command: Callable[..., object]) -> None:
    del command  # only so that no process is started beside this one
    spec = importlib.util.spec_from_file_location("api", API)
    assert spec is not None
    assert spec.loader is not None
    api = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(api)
    shutil.rmtree(begun)
    frame, lazy, table = api.from_recipe_to_answer(tmp_path / "tables" / "recipe.toml", begun)
    assert list(frame.columns) == lazy.columns == table.column_names == ["formula", "value", "unit"]
    assert frame["formula"].tolist() == table["formula"].to_pylist() == ["KCl", "NaCl", "ZnS"]
    assert lazy["value"].to_list() == [1.49, 1.5, 2.4]
