"""The public face of both halves: their lists, and that importing them costs nothing."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

PUBLIC = {
    "harvest": ["HarvestReport", "Mode", "Store", "open_store"],
    "curation": ["BuildReport", "Dataset", "curate", "open_dataset"],
}


@pytest.mark.parametrize("package", PUBLIC)
def test_the_public_names_are_these(package: str) -> None:
    module = import_module(package)
    assert module.__all__ == PUBLIC[package]
    assert all(getattr(module, name).__name__ == name for name in PUBLIC[package])
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'nothing'"):
        _ = module.nothing


@pytest.mark.parametrize("package", PUBLIC)
def test_importing_it_loads_nothing_but_itself(package: str) -> None:
    code = (
        f"import sys, {package}; ours = ('harvest', 'curation', 'schemas'); "
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in "
        "(*ours, 'pydantic', 'numpy', 'pyarrow', 'duckdb', 'pandas', 'typer', 'requests', 'pint')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"['{package}']"
