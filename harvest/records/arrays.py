"""Arrays: Python values and an Arrow type in, the Arrow array out.

`pyarrow.array` does the same, and imports pandas for it, which takes longer than a page of records does.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    type Array = pa.Array[Any]

_WHOLE = operator.index  # refuses 1.5, which an array of whole numbers would cut


@dataclass(frozen=True)
class Repeats[T]:
    """Values of which many are one object, so that what is made of them is made once for each.

    Attributes:
        distinct: each object once.
        places: of each value, where its object stands there.
    """

    distinct: Sequence[T]
    places: Array

    @classmethod
    def of(cls, given: Sequence[T]) -> Self:
        """Find what repeats; equal values that are not one object are told apart."""
        identities = list(map(id, given))
        distinct = dict(zip(identities, given, strict=True))
        place_of = dict(zip(distinct, count()))
        places = np.fromiter(map(place_of.__getitem__, identities), dtype=np.int64, count=len(given))
        return cls(list(distinct.values()), numbers(places, pa.int64()))

    def array(self, kind: pa.DataType, made: Callable[[T], Any] = lambda value: value) -> Array:
        """Return what is made of each value, as an array of a type; see `array_of`."""
        return array_of(list(map(made, self.distinct)), kind).take(self.places)


def array_of(given: Sequence[Any], kind: pa.DataType) -> Array:
    """Return values as an array; None is null.

    Args:
        given: texts, numbers, lists, rows (a mapping for each) or mappings, as the type says.
        kind: string, a number, or a list, struct or map of those.

    Raises:
        UnicodeEncodeError: a text is no Unicode.
        TypeError: a number is not of the type, or no such type is written here.
        OverflowError: there is more than a column of a batch can hold.
    """
    validity = _validity(given)
    if pa.types.is_string(kind):
        return _texts(given, validity)
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        counted = given if validity is None else [0 if value is None else value for value in given]
        values = np.fromiter(map(_WHOLE if pa.types.is_integer(kind) else float, counted), dtype=kind.to_pandas_dtype())
        return _numbers(values, kind, validity)
    present: Sequence[Any] = given if validity is None else [() if value is None else value for value in given]
    if pa.types.is_list(kind):
        return lists(map(len, present), array_of(list(chain.from_iterable(present)), kind.value_type), kind, validity)
    if pa.types.is_map(kind):
        pairs = list(chain.from_iterable(value.items() if value else () for value in present))
        keys, items = ([pair[side] for pair in pairs] for side in (0, 1))
        entries = pa.StructArray.from_arrays(
            [array_of(keys, kind.key_type), array_of(items, kind.item_type)], fields=[kind.key_field, kind.item_field]
        )
        return lists(map(len, present), entries, kind, validity)
    if pa.types.is_struct(kind):
        fields = [kind.field(number) for number in range(kind.num_fields)]
        columns = [array_of([row[field.name] if row else None for row in present], field.type) for field in fields]
        return pa.Array.from_buffers(kind, len(given), [validity], children=columns)
    message = f"no values of type {kind} are written here"
    raise TypeError(message)


def numbers(values: NDArray[Any], kind: pa.DataType) -> Array:
    """Return an array over numbers of the same type, without a copy where they lie in a row."""
    return _numbers(np.ascontiguousarray(values).reshape(-1), kind, None)


def lists(lengths: Iterable[int], values: Array, kind: pa.DataType, validity: pa.Buffer | None = None) -> Array:
    """Return lists of these lengths over values that stand one after the other."""
    offsets = _offsets(list(lengths))
    return pa.Array.from_buffers(kind, len(offsets) - 1, [validity, pa.py_buffer(offsets)], children=[values])


def table_of(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Return rows as a table; what a row does not name is null."""
    arrays = [array_of([row.get(field.name) for row in rows], field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _validity(given: Sequence[Any]) -> pa.Buffer | None:
    """Return the bits that tell which values are there; none where all are."""
    if None not in given:
        return None
    is_there = np.fromiter((value is not None for value in given), dtype=np.bool_, count=len(given))
    return pa.py_buffer(np.packbits(is_there, bitorder="little"))


def _texts(given: Sequence[str | None], validity: pa.Buffer | None) -> Array:
    present = cast("Sequence[str]", given) if validity is None else [text or "" for text in given]
    data = "".join(present).encode()
    lengths = list(map(len, present))
    if sum(lengths) != len(data):
        lengths = [len(text.encode()) for text in present]
    return pa.StringArray.from_buffers(len(given), pa.py_buffer(_offsets(lengths)), pa.py_buffer(data), validity)


def _numbers(values: NDArray[Any], kind: pa.DataType, validity: pa.Buffer | None) -> Array:
    return pa.Array.from_buffers(kind, len(values), [validity, pa.py_buffer(values)])


def _offsets(lengths: Sequence[int]) -> NDArray[np.int32]:
    ends = np.cumsum(lengths, dtype=np.int64)
    if len(ends) and ends[-1] > np.iinfo(np.int32).max:
        message = f"{ends[-1]} bytes or values in one column of a batch; no more than 2^31 - 1 fit into it"
        raise OverflowError(message)
    offsets = np.zeros(len(lengths) + 1, dtype=np.int32)
    offsets[1:] = ends
    return offsets
