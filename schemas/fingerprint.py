"""Fingerprint: which code computed something; a hash over the source files of modules."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_CODE = (".py", ".toml", ".csv")
# What only speaks to people or helps tests changes no value: a new wording makes nobody compute again.
_NOT_COUNTED = frozenset(
    {"__pycache__", "cli", "cli.py", "__main__.py", "console.py", "export.py", "testing.py", "json"}
)


@cache
def code_fingerprint(*packages: str) -> str:
    """Return a hash over the code and tables of packages or single modules, independent of where they are installed.

    Args:
        packages: names such as "schemas", "harvest.papers", or a module as "harvest.sources:files.py".
    """
    hashed = hashlib.sha256()
    for package in sorted(packages):
        name, _, file = package.partition(":")
        root = files(name)
        for path, content in sorted(_walk(root.joinpath(file) if file else root, name)):
            hashed.update(f"{path}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return hashed.hexdigest()


def _walk(node: Traversable, path: str) -> list[tuple[str, bytes]]:
    if node.is_file():
        return [(path, node.read_bytes())] if node.name.endswith(_CODE) else []
    return [
        pair
        for child in node.iterdir()
        if child.name not in _NOT_COUNTED
        for pair in _walk(child, f"{path}/{child.name}")
    ]
