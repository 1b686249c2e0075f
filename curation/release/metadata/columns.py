"""Columns: the types of a table's columns in the words of Croissant and of Frictionless."""

from __future__ import annotations

import pyarrow as pa

_CROISSANT = {pa.string(): "sc:Text", pa.float64(): "sc:Float", pa.int64(): "sc:Integer", pa.bool_(): "sc:Boolean"}
_FRICTIONLESS = {pa.string(): "string", pa.float64(): "number", pa.int64(): "integer", pa.bool_(): "boolean"}


def is_list(kind: pa.DataType) -> bool:
    """Tell whether a column holds lists of plain values."""
    return isinstance(kind, pa.ListType) and kind.value_type in _CROISSANT


def croissant_type(kind: pa.DataType) -> str | None:
    """Return the data type of plain values and of lists of them; none for maps and structures, which it cannot say."""
    return _CROISSANT.get(kind.value_type if isinstance(kind, pa.ListType) else kind)


def frictionless_type(kind: pa.DataType, *, required: bool) -> str:
    """Return the type of a Table Schema, as its reader sees a Parquet file.

    Lists, maps and structures are `any`, because they arrive as arrays of a library. Whole numbers of which some are
    missing are `number`, because they arrive as floating-point numbers.
    """
    if kind == pa.int64() and not required:
        return "number"
    return _FRICTIONLESS.get(kind, "any")
