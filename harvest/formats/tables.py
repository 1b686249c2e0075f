"""Table formats: the bytes of a workbook, a Parquet file or an ase database in, its rows with their pointers out.

A pointer names the data row, counted from 1, and the column: `row=5;column=gap`, in a workbook after `sheet=Data;`.
"""

from __future__ import annotations

import io
import math
import re
from datetime import date, datetime, time
from importlib import import_module
from typing import TYPE_CHECKING, Any

from harvest.errors import ContractError
from harvest.formats.single_row import MissingLibraryError
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harvest.formats.rows import HeaderCheck, Row, RowStream

_BATCH_ROWS = 1024
# A sign that a number format quotes is printed behind the number; one that stands free also multiplies it by 100.
_QUOTED = re.compile(r'"[^"]*"|\\.')


def table_rows(
    payload: bytes, row_format: str, *, sheet: str | None = None, header: HeaderCheck | None = None
) -> RowStream:
    """Yield the rows of a table; see `harvest.formats.rows.rows_of`.

    Raises:
        ContractError: the file is not in the format, has no such sheet, or its library is not installed.
    """
    if row_format == "xlsx":
        return _sheet_rows(payload, sheet, header)
    if row_format == "ase":
        from harvest.formats.ase_database import ase_rows  # noqa: PLC0415 — numpy is slow to import

        return ase_rows(payload)
    return _parquet_rows(payload, header)


def _parquet_rows(payload: bytes, header: HeaderCheck | None) -> RowStream:
    import pyarrow as pa  # noqa: PLC0415 — slow to import
    import pyarrow.parquet as pq  # noqa: PLC0415 — slow to import

    number = 0
    try:
        file = pq.ParquetFile(io.BytesIO(payload))
        if header is not None:
            header(file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=_BATCH_ROWS):
            for row in batch.to_pylist():
                number += 1
                yield Pointer.of(row=number), {name: _plain(value) for name, value in row.items()}
    except (pa.ArrowException, OSError) as error:
        message = f"the file is not Parquet, or is damaged: {error}"
        raise ContractError(message) from error


def _plain(value: Any) -> Any:  # noqa: ANN401 — whatever a table holds
    """Read a number that is none as no value, and a time as its text."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.isoformat() if isinstance(value, (date, datetime, time)) else value


def _sheet_rows(payload: bytes, sheet: str | None, header: HeaderCheck | None) -> RowStream:
    values, formulas = _worksheet(payload, sheet, stored=True), _worksheet(payload, sheet, stored=False)
    pairs = zip(values.iter_rows(), formulas.iter_rows(), strict=True)
    first = next(pairs, None)
    columns = _columns([cell.value for cell in first[0]] if first else [], values.title)
    if header is not None:
        header(columns)
    for number, (cells, written) in enumerate(pairs, 1):
        if all(cell.value is None for cell in written):
            continue
        pointer = Pointer.of(sheet=values.title, row=number)
        problem = _problem(cells, written, len(columns))
        yield pointer, ValueError(problem) if problem else _sheet_row(columns, cells)


def _worksheet(payload: bytes, sheet: str | None, *, stored: bool) -> Any:  # noqa: ANN401 — openpyxl has no types
    try:
        openpyxl = import_module("openpyxl")
    except ImportError as error:
        message = "workbooks are read by openpyxl, which is not installed; install matgranary[xlsx], or save as CSV"
        raise MissingLibraryError(message) from error
    try:
        workbook = openpyxl.load_workbook(io.BytesIO(payload), read_only=True, data_only=stored)
    except Exception as error:  # openpyxl lets through whatever its readers of zip and XML raise
        message = f"the file is not a workbook that can be read ({type(error).__name__}: {error}); save it as .xlsx"
        raise ContractError(message) from error
    names = workbook.sheetnames
    if sheet is None and len(names) > 1:
        message = f"the workbook has the sheets {', '.join(names)}; say in the card which: sheet = {names[0]!r}"
        raise ContractError(message)
    if sheet is not None and sheet not in names:
        message = f"the workbook has no sheet {sheet!r}; it has {', '.join(names)}"
        raise ContractError(message)
    return workbook[sheet or names[0]]


def _columns(header: Sequence[Any], sheet: str) -> list[str]:
    names = ["" if name is None else str(name).strip() for name in header]
    while names and not names[-1]:
        names.pop()
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if not names or twice:
        said = f"names {', '.join(map(repr, twice))} more than once" if twice else "is empty"
        message = f"the first row of sheet {sheet!r} is its header, but {said}"
        raise ContractError(message)
    return names


def _problem(cells: Sequence[Any], written: Sequence[Any], columns: int) -> str | None:
    """Return why a row says less than it seems to: a formula that was never calculated, or a value without header."""
    for cell, formula in zip(cells, written, strict=True):
        if cell.value is None and formula.value is not None:
            where = formula.coordinate
            return f"cell {where} has a formula without a stored value; open the file, calculate, and save it"
    if any(cell.value is not None for cell in cells[columns:]):
        return f"{columns} columns expected, the row has more"
    return None


def _sheet_row(columns: list[str], cells: Sequence[Any]) -> Row:
    shown = [_shown(cell) for cell in cells] + [None] * len(columns)
    return {name: value for name, value in zip(columns, shown, strict=False) if name}


def _shown(cell: Any) -> Any:  # noqa: ANN401 — openpyxl has no types
    """Return a cell's value; a share that is shown in percent keeps its sign, so that nobody takes 12 % for 0.12."""
    value = _plain(cell.value)
    shown_as = cell.number_format or ""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and "%" in shown_as:
        factor = 100 if "%" in _QUOTED.sub("", shown_as) else 1
        return f"{factor * value:.12g}%"
    return value or None if isinstance(value, str) else value
