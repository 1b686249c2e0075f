"""Row formats: the bytes of a data file in, its rows with their pointers out, one at a time.

Every row comes with the pointer to itself, and `pointer_to` extends that to one field of it. Texts are read as a
stream; what reads the other formats is imported when such a file comes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from harvest.formats.compressed import open_plain
from harvest.formats.text import PLAIN, lines_of, text_rows
from schemas.provenance import Pointer, json_step

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harvest.formats.text_layout import TextLayout

Row = dict[str, Any]
type HeaderCheck = Callable[[Sequence[str]], None]
type RowStream = Iterator[tuple[Pointer, Row | ValueError]]
NAME = "@name"  # a field that every row has beside its own: the name of its file
TEXTS = ("csv", "tsv", "json", "jsonl")
TABLES = ("xlsx", "parquet", "ase")
ONE_ROW = ("object", "cif", "poscar", "hdf5")
FORMATS = (*TEXTS, *TABLES, *ONE_ROW)
_SUFFIXES = {name: name for name in (*TEXTS, "xlsx", "parquet", "cif", "poscar", "hdf5")} | {
    "db": "ase",
    "h5": "hdf5",
    "ndjson": "jsonl",
    "nxs": "hdf5",
    "vasp": "poscar",
}
_PACKED = re.compile(r"\.(gz|bz2)$", re.IGNORECASE)


def plain_bytes(payload: bytes) -> bytes:
    """Undo gzip and bzip2 where the payload is compressed.

    Raises:
        ContractError: it is damaged.
    """
    return open_plain(payload).read()


def format_of(path: str) -> str | None:
    """Return the format that a file's name says, or none."""
    return _SUFFIXES.get(_PACKED.sub("", path).lower().rpartition(".")[2])


def stem_of(path: str) -> str:
    """Return a file's name without folders and without what says how it is written."""
    name = _PACKED.sub("", path.rpartition("/")[2])
    stem = name.rpartition(".")[0]
    return stem if stem and format_of(name) else name


def rows_of(
    payload: bytes,
    row_format: str,
    *,
    at: str | None = None,
    sheet: str | None = None,
    member: str | None = None,
    layout: TextLayout = PLAIN,
    header: HeaderCheck | None = None,
) -> RowStream:
    """Yield the rows of a file; a line that cannot be read comes as the error that says why.

    Args:
        payload: the file, gzip and bzip2 not undone.
        row_format: one of `FORMATS`.
        at: where the list of rows stands in a JSON file, names joined by dots.
        sheet: which sheet of a workbook; the only one where absent.
        member: which member, for a zip file.
        layout: how a text is written.
        header: is shown the names of the columns, where the format has a header, and raises where they do not fit.

    Raises:
        ContractError: the file as a whole is not in the format.
    """
    read = _readers(at or "", sheet, layout, header)[row_format]
    for pointer, row in read(payload, member):
        yield _inside(member, pointer), row


def lines_of_rows(
    payload: bytes, *, member: str | None = None, layout: TextLayout = PLAIN
) -> Iterator[tuple[Pointer, str]]:
    """Yield the lines of a file of JSON lines, undecoded; `harvest.formats.text.row_of_line` decodes one.

    Raises:
        ContractError: the file cannot be unpacked.
    """
    for pointer, line in lines_of(open_plain(payload, member=member), layout):
        yield _inside(member, pointer), line


def _inside(member: str | None, pointer: Pointer) -> Pointer:
    return Pointer(steps=(("member", member), *pointer.steps)) if member else pointer


def _readers(
    at: str, sheet: str | None, layout: TextLayout, header: HeaderCheck | None
) -> dict[str, Callable[[bytes, str | None], RowStream]]:
    def lines(row_format: str) -> Callable[[bytes, str | None], RowStream]:
        return lambda payload, member: text_rows(
            open_plain(payload, member=member), row_format, at=at, layout=layout, header=header
        )

    def binary(payload: bytes, member: str | None) -> bytes:
        return open_plain(payload, member=member).read()

    def table(row_format: str) -> Callable[[bytes, str | None], RowStream]:
        def read(payload: bytes, member: str | None) -> RowStream:
            from harvest.formats.tables import table_rows  # noqa: PLC0415 — libraries of tables are slow to import

            return table_rows(binary(payload, member), row_format, sheet=sheet, header=header)

        return read

    def single(row_format: str) -> Callable[[bytes, str | None], RowStream]:
        def read(payload: bytes, member: str | None) -> RowStream:
            from harvest.formats.single_row import single_row  # noqa: PLC0415 — as above

            return iter([single_row(binary(payload, member), row_format)])

        return read

    return {
        **{name: lines(name) for name in TEXTS},
        **{name: table(name) for name in TABLES},
        **{name: single(name) for name in ONE_ROW},
    }


def pointer_to(pointer: Pointer, field: str) -> Pointer:
    """Return the pointer to a field of a row; nested fields of JSON rows are named with dots."""
    kind, value = pointer.steps[-1]
    if kind == "row":
        return pointer.with_steps(column=field)
    if kind == "cif":
        return Pointer(steps=(*pointer.steps[:-1], ("cif", f"{value},{field}")))
    if kind == "hdf":
        return Pointer(steps=(*pointer.steps[:-1], ("hdf", f"/{field}")))
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
