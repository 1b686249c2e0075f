"""ase format: the bytes of a database of the Atomic Simulation Environment in, its rows with their pointers out.

Both kinds of file are read, SQLite and JSON, after the layout that `ase.db` writes; ase itself is not needed.
A row has `id`, `unique_id`, the key-value pairs under their own names, and `atoms`: numbers, positions, cell, pbc.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from typing import TYPE_CHECKING, Any

import numpy as np

from harvest.errors import ContractError
from harvest.formats.json_rows import no_value
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from harvest.formats.rows import Row, RowStream

SQLITE = b"SQLite format 3\x00"
_NUMBERS = ("energy", "free_energy", "magmom", "charge")
_SELECT = (
    "SELECT id, unique_id, numbers, positions, cell, pbc, key_value_pairs, energy, free_energy, magmom, charge "
    "FROM systems ORDER BY id"
)
_THREE = 3


def ase_rows(payload: bytes) -> RowStream:
    """Yield the rows of a database.

    Raises:
        ContractError: the file is no database of ase.
    """
    return _sqlite_rows(payload) if payload.startswith(SQLITE) else _json_rows(payload)


def _sqlite_rows(payload: bytes) -> RowStream:
    try:
        with contextlib.closing(sqlite3.connect(":memory:")) as database:
            database.deserialize(_rollback(payload))
            for number, unique, numbers, positions, cell, pbc, pairs, *results in database.execute(_SELECT):
                pointer = Pointer.of(row=number)
                try:
                    atoms = {
                        "numbers": np.frombuffer(numbers, "<i4").tolist(),
                        "positions": np.frombuffer(positions, "<f8").reshape(-1, _THREE).tolist(),
                        "cell": np.frombuffer(cell, "<f8").reshape(_THREE, _THREE).tolist(),
                        "pbc": [bool(pbc >> axis & 1) for axis in range(_THREE)],
                    }
                    yield pointer, _row(number, unique, json.loads(pairs), results, atoms)
                except (ValueError, TypeError) as error:
                    yield pointer, ValueError(f"the row is not as ase writes it: {error}")
    except sqlite3.Error as error:
        message = f"the file is no database of ase ({error})"
        raise ContractError(message) from error


def _rollback(payload: bytes) -> bytes:
    """Return the bytes with the mark of write-ahead logging taken away: a database in memory has no such log."""
    return payload[:18] + b"\x01\x01" + payload[20:]


def _json_rows(payload: bytes) -> RowStream:
    try:
        content = json.loads(payload, parse_constant=no_value)
        ids = content["ids"]
        stored = {number: content[str(number)] for number in ids}
    except (ValueError, KeyError, TypeError) as error:
        message = f"the file is no database of ase: neither SQLite, nor a JSON object with `ids` and rows ({error})"
        raise ContractError(message) from error
    for number, item in stored.items():
        pointer = Pointer.of(json=json_step(number))
        try:
            pbc, cell = _array(item.get("pbc", [True] * _THREE)), _array(item["cell"])
            atoms = {
                "numbers": _array(item["numbers"]),
                "positions": _array(item["positions"]),
                "cell": cell,
                "pbc": [bool(axis) for axis in pbc],
            }
            results = [item.get(name) for name in _NUMBERS]
            yield pointer, _row(number, item.get("unique_id"), item.get("key_value_pairs", {}), results, atoms)
        except (ValueError, KeyError, TypeError) as error:
            yield pointer, ValueError(f"the row is not as ase writes it: {error!r}")


def _row(number: int, unique: object, pairs: dict[str, Any], results: list[Any], atoms: Row) -> Row:
    known = {name: value for name, value in zip(_NUMBERS, results, strict=True) if value is not None}
    return {**known, "key_value_pairs": pairs, **pairs, "id": number, "unique_id": unique, "atoms": atoms}


def _array(value: Any) -> Any:  # noqa: ANN401 — JSON
    """Undo the way in which ase writes arrays and cells into JSON."""
    if isinstance(value, dict) and "array" in value:
        return _array(value["array"])
    if isinstance(value, dict) and "__ndarray__" in value:
        shape, kind, numbers = value["__ndarray__"]
        return np.asarray(numbers, kind).reshape(shape).tolist()
    return value
