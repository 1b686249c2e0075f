"""Row places: the bytes of a table and a pointer into it in, the text of that row or cell out."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from harvest.formats.ase_database import SQLITE
from harvest.formats.compressed import open_plain
from harvest.formats.guessed_layout import guessed_layout
from harvest.formats.rows import rows_of, value_at
from harvest.formats.text import PLAIN

if TYPE_CHECKING:
    from schemas.provenance import Pointer

PLACES = frozenset({"row", "sheet", "hdf"})
_PARQUET = b"PAR1"
_HEADER = 1 << 16


def table_text(payload: bytes, pointer: Pointer) -> str:
    """Return the text at a pointer that begins with one of `PLACES`.

    Raises:
        LookupError: there is no such place.
        ContractError: the bytes are no such table.
    """
    steps = dict(pointer.steps)
    if "hdf" in steps:
        ((_, row),) = rows_of(payload, "hdf5")
        if isinstance(row, ValueError):
            raise LookupError(str(row)) from row
        return _text(row[steps["hdf"].removeprefix("/")])
    sheet, column = steps.get("sheet"), steps.get("column")
    row_format = _format(payload, sheet)
    if row_format == "parquet" and column is not None:
        return _text(_parquet_cell(payload, int(steps["row"]), column))
    layout = guessed_layout(payload, column) if row_format == "csv" else PLAIN
    for place, row in rows_of(payload, row_format, sheet=sheet, layout=layout):
        if dict(place.steps)["row"] == steps["row"] and not isinstance(row, ValueError):
            return _text(row if column is None else value_at(row, column))
    raise LookupError(str(pointer))


def _parquet_cell(payload: bytes, row: int, column: str) -> object:
    """Read the one column that a cell is in, and of it the one row; a map is an object, as in JSON."""
    import pyarrow.parquet as pq  # noqa: PLC0415 — slow to import

    file = pq.ParquetFile(io.BytesIO(open_plain(payload).read()))
    name = column if column in file.schema_arrow.names else column.partition(".")[0]
    cells = file.read(columns=[name])[name]
    if not 1 <= row <= len(cells):
        message = f"row {row} of {len(cells)}"
        raise LookupError(message)
    return value_at({name: cells[row - 1].as_py(maps_as_pydicts="strict")}, column)


def _format(payload: bytes, sheet: str | None) -> str:
    if sheet is not None:
        return "xlsx"
    start = open_plain(payload).read(_HEADER)
    if start.startswith(SQLITE):
        return "ase"
    return "parquet" if start.startswith(_PARQUET) else "csv"


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
