"""Single-row formats: the bytes of a file that is one row in, that row with its pointer out; JSON object, CIF, HDF5.

The row of a structure file has `@text`, the whole file, beside the tags of its first block.
"""

from __future__ import annotations

import io
import json
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from harvest.errors import FatalError
from harvest.formats.json_rows import no_value
from harvest.formats.spelling import spelled
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.formats.rows import Row

TEXT = "@text"
_NO_UNICODE = "\udcff"  # which no table can hold: a record with such a text is rejected


class MissingLibraryError(FatalError):
    """A format is read by a library that is not installed; says which extra brings it."""


def single_row(payload: bytes, row_format: str) -> tuple[Pointer, Row | ValueError]:
    """Return the row of a file; a file that cannot be read comes as the error that says why."""
    readers = {"object": _json_object, "cif": _cif, "poscar": _poscar, "hdf5": _hdf5}
    return readers[row_format](payload)


def _json_object(payload: bytes) -> tuple[Pointer, Row | ValueError]:
    pointer = Pointer.of(json="")
    try:
        row = json.loads(payload.decode("utf-8-sig"), parse_float=spelled, parse_constant=no_value)
    except (ValueError, RecursionError) as error:
        return pointer, ValueError(f"the file is not JSON: {error}")
    return pointer, row if isinstance(row, dict) else ValueError(f"an object was expected, got {type(row).__name__}")


def _poscar(payload: bytes) -> tuple[Pointer, Row | ValueError]:
    text = payload.decode("utf-8-sig", "surrogateescape")
    return Pointer.of(line=1), {TEXT: text, "comment": text.partition("\n")[0].strip()}


def _cif(payload: bytes) -> tuple[Pointer, Row | ValueError]:
    """Read the tags of the block with the structure; what stands in loops is read with the structure."""
    from gemmi.cif import as_string, is_null  # noqa: PLC0415 — gemmi is slow to import

    from harvest.formats.cif import CifError, read_block  # noqa: PLC0415 — gemmi is slow to import

    try:
        block = read_block(payload)
    except CifError as error:
        return Pointer.of(cif=""), error
    pairs = [cast("tuple[str, str]", item.pair) for item in block if item.pair is not None]
    tags = {tag: None if is_null(text) else as_string(text) for tag, text in pairs}
    if not _is_utf8(payload):
        tags = {tag: text and text.replace("\ufffd", _NO_UNICODE) for tag, text in tags.items()}
    return Pointer.of(cif=block.name), {**tags, TEXT: payload.decode("utf-8-sig", "replace")}


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _hdf5(payload: bytes) -> tuple[Pointer, Row | ValueError]:
    """Read every dataset that is a number or a text, and every attribute, by its path (`entry/sample@name`)."""
    try:
        h5py = import_module("h5py")
    except ImportError as error:
        message = "HDF5 and NeXus files are read by h5py, which is not installed; install matgranary[hdf5]"
        raise MissingLibraryError(message) from error
    try:
        with h5py.File(io.BytesIO(payload), "r") as file:
            return Pointer.of(hdf="/"), dict(_hdf5_values(file))
    except OSError as error:
        return Pointer.of(hdf="/"), ValueError(f"the file is not HDF5: {error}")


def _hdf5_values(file: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 — h5py has no types
    found: list[tuple[str, Any]] = [(f"@{key}", value) for key, value in file.attrs.items()]

    def visit(path: str, item: Any) -> None:  # noqa: ANN401 — h5py has no types
        found.extend((f"{path}@{key}", value) for key, value in item.attrs.items())
        if getattr(item, "size", None) == 1:
            found.append((path, item[()]))

    file.visititems(visit)
    for path, value in sorted(found, key=lambda pair: pair[0]):
        plain = value.ravel()[0] if getattr(value, "size", 0) == 1 and getattr(value, "ndim", 0) else value
        plain = plain.item() if hasattr(plain, "item") else plain
        if isinstance(plain, bytes):
            plain = plain.decode("utf-8", "surrogateescape")
        if isinstance(plain, (str, int, float, bool)):
            yield path, plain
