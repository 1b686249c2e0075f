"""Withhold: rows in, the same rows without e-mail addresses and phone numbers out; nothing else is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from curation.release.plain import ADDRESS, WITHHELD

if TYPE_CHECKING:
    from collections.abc import Callable

# Ids, hashes and words of our own: nothing that a person wrote.
_OURS = frozenset(
    {"entry_id", "material_id", "property_id", "row_id", "raw_sha256", "structure_sha256", "representative_entry_id"}
)
type Strings = Any  # pyarrow's arrays of strings: its stubs have no common type for them


def withhold_addresses(rows: pa.Table) -> tuple[pa.Table, int]:
    """Return rows without addresses, and in how many texts there was one."""
    found = 0
    for index, field in enumerate(rows.schema):
        if field.name in _OURS or not _holds_text(field.type):
            continue
        array: Strings = rows.column(index).combine_chunks()
        count = sum(_count(leaf) for leaf in _leaves(array))
        if count:
            found += count
            rows = rows.set_column(index, field, _each(array, _cleaned))
    return rows, found


def _holds_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or any(_holds_text(kind.field(index).type) for index in range(kind.num_fields))


def _leaves(array: Strings) -> list[Strings]:
    """Return the arrays of strings inside an array, at any depth."""
    if pa.types.is_string(array.type):
        return [array]
    return [leaf for child in _children(array) for leaf in _leaves(child)]


def _children(array: Strings) -> list[Strings]:
    if pa.types.is_map(array.type):
        return [array.keys, array.items]
    if pa.types.is_list(array.type):
        return [array.values]
    return [array.field(index) for index in range(array.type.num_fields)] if pa.types.is_struct(array.type) else []


def _count(strings: Strings) -> int:
    found: Strings = pc.match_substring_regex(strings, ADDRESS)
    return int(found.true_count)


def _cleaned(strings: Strings) -> Strings:
    return pc.replace_substring_regex(strings, ADDRESS, WITHHELD)


def _each(array: Strings, change: Callable[[Strings], Strings]) -> Strings:
    """Return an array with a change made to all its strings, its shape and its missing values as they were."""
    kind = array.type
    if pa.types.is_string(kind):
        return change(array)
    if pa.types.is_map(kind):
        maps: Any = pa.MapArray  # the stubs leave out that a map takes keys, values and a type
        return maps.from_arrays(array.offsets, array.keys, _each(array.items, change), type=kind)
    if pa.types.is_list(kind):
        return pa.ListArray.from_arrays(array.offsets, _each(array.values, change), type=kind, mask=array.is_null())
    if pa.types.is_struct(kind):
        fields = [kind.field(index) for index in range(kind.num_fields)]
        children = [_each(array.field(index), change) for index in range(kind.num_fields)]
        return pa.StructArray.from_arrays(children, fields=fields, mask=array.is_null())
    return array
