"""Causes: two manifests in, the reason for which a row differs between their versions out; as SQL over both rows.

A row that its source gives otherwise changed upstream. A row that came or went with a new pin of its source did, too,
unless the code changed at the same time: then both are named. What is left follows from our code, from a library that
changes values, from other rows, or from the recipe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from curation.datasets.tables import Table
    from schemas.dataset import Manifest

_OWN = ("fingerprint", "matgranary")
_PLACE = ("raw_sha256", "pointer")


def cause_of(old: Manifest, new: Manifest, table: Table, shared: list[str]) -> str:
    """Return SQL over rows `o` and `n` of a table, and `change` (added, removed, changed), that says why.

    Args:
        old: manifest of the version of `o`.
        new: manifest of the version of `n`.
        table: the table.
        shared: columns that both versions have.
    """
    pins = [{s.key: s.pin.version for s in manifest.sources} for manifest in (old, new)]
    computed = _of_code(old.code, new.code)
    follows = computed or ("upstream, by other rows" if _moved(pins) else "recipe")
    arrived = f"upstream, or {computed}" if computed else "upstream"
    given = [column for column in (*table.given, *_PLACE) if column in shared]
    differs = " OR ".join(f"o.{column} IS DISTINCT FROM n.{column}" for column in given) or "false"
    if "source" not in shared:
        return f"CASE WHEN change = 'changed' AND ({differs}) THEN 'upstream' ELSE {_quoted(follows)} END"
    source = "coalesce(o.source, n.source)"
    return (
        f"CASE WHEN {source} IN ({_listed(pins[0].keys() ^ pins[1].keys())}) THEN 'recipe: ' || {source} "
        f"|| CASE WHEN change = 'added' THEN ' is new' ELSE ' is left out' END "
        f"WHEN change = 'changed' AND ({differs}) THEN 'upstream' "
        f"WHEN change <> 'changed' AND {source} IN ({_listed(_moved(pins))}) THEN {_quoted(arrived)} "
        f"ELSE {_quoted(follows)} END"
    )


def _moved(pins: list[dict[str, str]]) -> set[str]:
    """Return the sources of both versions whose pin is another one."""
    return {key for key in pins[0].keys() & pins[1].keys() if pins[0][key] != pins[1][key]}


def _of_code(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """Return what changed of our code and of the libraries, or an empty text."""
    other = {name: (old[name], new[name]) for name in sorted(old.keys() & new.keys()) if old[name] != new[name]}
    libraries = ", ".join(f"{name} {was} -> {now}" for name, (was, now) in other.items() if name not in _OWN)
    parts = ["our code"] * any(name in other for name in _OWN) + [f"library {libraries}"] * bool(libraries)
    return " or ".join(parts)


def _listed(names: set[str]) -> str:
    return ", ".join(_quoted(name) for name in sorted(names)) or "NULL"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
