from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType


@pytest.fixture(scope="session")
def server_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("repository_server", Path(__file__).with_name("repository_server.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["repository_server"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def repository(server_module: ModuleType) -> Any:  # noqa: ANN401 — the class of a module that is loaded by path
    return server_module.Repository()


@pytest.fixture
def address(server_module: ModuleType, repository: object) -> Iterator[str]:
    with server_module.serving(repository) as served:
        yield served
