"""Write rows: rows of values in, a file of JSON lines or of Parquet out, written as they come."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING

from harvest.papers.export import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa

    from harvest.papers.export import Row

    Write = Callable[[Sequence[Row]], None]

_NUMBERS = frozenset(["value", "value_min", "value_max", "error", "factor", "confidence"])
_COUNTS = frozenset(["row", "col", "start", "end"])
_MOST_HELD = 20_000


@contextmanager
def open_writer(path: Path | None) -> Iterator[Write]:
    """Yield a function that writes rows; the file becomes visible when all are written.

    Args:
        path: `.parquet` for a Parquet file, anything else for JSON lines; none writes nothing.
    """
    if path is None:
        yield lambda _rows: None
        return
    part = path.with_name(f".{path.name}.part")
    try:
        with (_parquet if path.suffix == ".parquet" else _json_lines)(part) as write:
            yield write
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _json_lines(path: Path) -> Iterator[Write]:
    with path.open("w", encoding="utf-8") as file:
        yield lambda rows: file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@contextmanager
def _parquet(path: Path) -> Iterator[Write]:
    import pyarrow as pa  # noqa: PLC0415 — slow to import, and only this file needs it
    import pyarrow.parquet as pq  # noqa: PLC0415 — see above

    schema = _schema()
    held: list[Row] = []
    with pq.ParquetWriter(path, schema, compression="zstd") as file:

        def flush() -> None:
            if held:
                file.write_table(pa.Table.from_pylist([_flat(row) for row in held], schema=schema))
                held.clear()

        def write(rows: Sequence[Row]) -> None:
            held.extend(rows)
            if len(held) >= _MOST_HELD:
                flush()

        yield write
        flush()


def _schema() -> pa.Schema:
    import pyarrow as pa  # noqa: PLC0415 — slow to import

    kinds: dict[str, pa.DataType] = {name: pa.float64() for name in _NUMBERS} | {name: pa.int64() for name in _COUNTS}
    return pa.schema([pa.field(name, kinds.get(name, pa.string())) for name in COLUMNS])


def _flat(row: Row) -> Row:
    """Return a row with its conditions as JSON: their names differ from row to row."""
    return {**row, "conditions": json.dumps(row["conditions"], ensure_ascii=False, sort_keys=True)}
