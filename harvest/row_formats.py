"""Row formats: the bytes of a data file in, its rows with their pointers out; CSV, JSON and JSON lines, gzip undone.

Every row comes with the pointer to itself, and `pointer_to` extends that to one field of it.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any

from harvest.errors import ContractError
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from collections.abc import Iterator

_GZIP = b"\x1f\x8b"
Row = dict[str, Any]
FORMATS = ("csv", "json", "jsonl")


def plain_bytes(payload: bytes) -> bytes:
    """Undo gzip where the payload is compressed."""
    return gzip.decompress(payload) if payload.startswith(_GZIP) else payload


def format_of(path: str) -> str | None:
    """Return the format that a file's name says, or none."""
    suffix = path.removesuffix(".gz").rpartition(".")[2].lower()
    return suffix if suffix in FORMATS else None


def rows_of(payload: bytes, row_format: str) -> Iterator[tuple[Pointer, Row | ValueError]]:
    """Yield the rows of a file; a line that cannot be read comes as the error that says why.

    Raises:
        ContractError: the file as a whole is not in the format.
    """
    text = plain_bytes(payload).decode("utf-8-sig", "replace")
    readers = {"csv": _csv_rows, "json": _json_rows, "jsonl": _json_lines}
    return readers[row_format](text)


def _csv_rows(text: str) -> Iterator[tuple[Pointer, Row | ValueError]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", strict=True)
    for number, row in enumerate(reader, 1):
        pointer = Pointer.of(row=number)
        if "" in row or None in row.values():
            yield pointer, ValueError(f"{len(reader.fieldnames or ())} columns expected, the row has another number")
        else:
            yield pointer, {name: value or None for name, value in row.items()}


def _json_rows(text: str) -> Iterator[tuple[Pointer, Row | ValueError]]:
    try:
        rows = json.loads(text, parse_constant=_not_a_number)
    except (json.JSONDecodeError, RecursionError) as error:
        message = f"the file is not JSON: {error}"
        raise ContractError(message) from error
    if not isinstance(rows, list):
        message = f"a JSON file of rows is a list of objects, got {type(rows).__name__}"
        raise ContractError(message)
    for number, row in enumerate(rows):
        is_row = isinstance(row, dict)
        yield Pointer.of(json=json_step(number)), row if is_row else ValueError(f"an object was expected, got {row!r}")


def _json_lines(text: str) -> Iterator[tuple[Pointer, Row | ValueError]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        pointer = Pointer.of(line=number)
        try:
            row = json.loads(line, parse_constant=_not_a_number)
        except (json.JSONDecodeError, RecursionError) as error:
            yield pointer, ValueError(f"the line is not JSON: {error}")
            continue
        yield pointer, row if isinstance(row, dict) else ValueError(f"an object was expected, got {row!r}")


def _not_a_number(word: str) -> None:
    """Read NaN and the infinities, which JSON does not have, as no value."""
    del word


def pointer_to(pointer: Pointer, field: str) -> Pointer:
    """Return the pointer to a field of a row; nested fields of JSON rows are named with dots."""
    if pointer.steps[-1][0] == "row":
        return pointer.with_steps(column=field)
    return pointer.with_steps(json=json_step(*field.split(".")))


def value_at(row: Row, field: str) -> Any:  # noqa: ANN401 — whatever the file holds
    """Return a field of a row; nested fields of JSON rows are named with dots.

    Raises:
        KeyError: the row has no such field.
    """
    if field in row:
        return row[field]
    value: Any = row
    for name in field.split("."):
        if not isinstance(value, dict) or name not in value:
            raise KeyError(field)
        value = value[name]
    return value
