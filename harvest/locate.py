"""Locate: archived bytes and a pointer in, the text that stands there out; the last step from a value to its source."""

from __future__ import annotations

import json
from typing import Any

from harvest.errors import ContractError
from harvest.formats.compressed import open_plain
from harvest.formats.places import PLACES, table_text
from harvest.formats.rows import plain_bytes
from schemas.provenance import Pointer


def text_at(payload: bytes, pointer: Pointer) -> str:
    """Return the text at a pointer.

    Raises:
        ContractError: there is no such place in the payload.
    """
    kinds = [kind for kind, _ in pointer.steps]
    if kinds[:1] == ["member"]:
        inside = open_plain(payload, member=pointer.steps[0][1]).read()
        return text_at(inside, Pointer(steps=pointer.steps[1:]))
    try:
        if "table" in kinds or "char" in kinds:
            from harvest.papers.pipeline import cell_text  # noqa: PLC0415 — the extractor is slow to import

            return cell_text(payload, pointer)
        if "cif" in kinds:
            from harvest.formats.cif import cif_text  # noqa: PLC0415 — gemmi is slow to import

            return cif_text(plain_bytes(payload), pointer)
        if kinds and kinds[0] in PLACES:
            return table_text(payload, pointer)
        return _walk(plain_bytes(payload).decode("utf-8-sig", "replace"), pointer)
    except (LookupError, ValueError) as error:
        message = f"the archived bytes have no place {pointer} ({error})"
        raise ContractError(message) from error


def _walk(text: str, pointer: Pointer) -> str:
    for kind, value in pointer.steps:
        if kind == "line":
            text = text.split("\n")[_counted(value) - 1]
        elif kind == "json":
            text = _json_text(text, value)
        else:
            message = f"a step of kind {kind!r} is not known"
            raise ValueError(message)
    return text


def _json_text(text: str, pointer: str) -> str:
    """Follow an RFC 6901 pointer; numbers keep the digits that the source wrote."""
    value: Any = json.loads(text, parse_float=_Digits, parse_int=_Digits)
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        value = value[_counted(name, least=0)] if isinstance(value, list) else _member(value, name)
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _member(value: Any, name: str) -> Any:  # noqa: ANN401 — JSON
    if not isinstance(value, dict):
        raise KeyError(name)
    return value[name]


def _counted(number: str, *, least: int = 1) -> int:
    """Return a number of a place; places are not counted from the end.

    Raises:
        IndexError: it is smaller than the first.
    """
    if int(number) < least:
        message = f"places count from {least}, got {number}"
        raise IndexError(message)
    return int(number)


class _Digits(str):
    """A number as it was written."""

    __slots__ = ()
