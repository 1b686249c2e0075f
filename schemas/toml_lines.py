"""TOML lines: on which line of a TOML text a key stands, so that a message can name it.

`tomllib` keeps no positions. This reader follows table headers and keys at the start of lines, and falls back to
the nearest enclosing key or table; it never fails.
"""

from __future__ import annotations

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
Path = tuple[str | int, ...]


def line_of(text: str, path: Path) -> int:
    """Return the 1-based line of the deepest part of a path that can be found.

    Args:
        text: the TOML text.
        path: keys and list indices from the root, as in a pydantic error's `loc`.
    """
    places = _places(text)
    for depth in range(len(path), 0, -1):
        line = places.get(path[:depth])
        if line is not None:
            return _line_of_item(text, line, path[depth:])
    return 1


def _places(text: str) -> dict[Path, int]:
    """Map each table and key to its line."""
    places: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        key = _KEY.match(line)
        if header:
            table = _resolve(_split(header[2]), counts, is_array=header[1] == "[[")
            places.setdefault(table, number)
        elif key:
            places.setdefault(table + _split(key[1]), number)
    return places


def _resolve(names: Path, counts: dict[Path, int], *, is_array: bool) -> Path:
    """Insert the indices of arrays of tables into a header's path."""
    path: Path = ()
    for depth, name in enumerate(names):
        path = (*path, name)
        if is_array and depth == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _split(dotted: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", dotted))


def _line_of_item(text: str, line: int, rest: Path) -> int:
    """Look for an item of a list that spans lines: the line on which its n-th string begins."""
    if not rest or not isinstance(rest[0], int):
        return line
    lines = text.splitlines()
    seen = -1
    for number in range(line, len(lines) + 1):
        content = lines[number - 1].split("=", 1)[-1] if number == line else lines[number - 1]
        seen += len(re.findall(r"\"[^\"]*\"|'[^']*'", content))
        if seen >= rest[0]:
            return number
        if "]" in content:
            break
    return line
