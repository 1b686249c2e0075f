from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType


@pytest.fixture(scope="session")
def server_module(load: Callable[[str], ModuleType]) -> ModuleType:
    return load("curation/release/deposit/repository_server")


@pytest.fixture
def repository(server_module: ModuleType) -> Any:  # noqa: ANN401 — the class of a module that is loaded by path
    return server_module.Repository()


@pytest.fixture
def address(server_module: ModuleType, repository: object) -> Iterator[str]:
    with server_module.serving(repository) as served:
        yield served
