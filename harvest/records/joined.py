"""Joined columns: the columns of several pages in, one set of columns out, so that tables are made of many records."""

from __future__ import annotations

from itertools import accumulate, chain
from typing import TYPE_CHECKING

import numpy as np

from harvest.records.columns import RecordColumns, StructureColumns, ValueColumns

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def joined(parts: Sequence[RecordColumns]) -> RecordColumns:
    """Return the records of all parts, in order; all of them have structures, or none."""
    if len(parts) == 1:
        return parts[0]
    return RecordColumns(
        source_ids=_chained(part.source_ids for part in parts),
        formulas=_chained(part.formulas for part in parts),
        compositions=_chained(part.compositions for part in parts),
        pointers=_chained(part.pointers for part in parts),
        structures=_structures([part.structures for part in parts if part.structures is not None]),
        phases=_chained(part.phases or [None] * len(part) for part in parts),
        labels=_chained(part.labels or [{}] * len(part) for part in parts),
        last_modified=_chained(part.last_modified or [None] * len(part) for part in parts),
        values=_values(parts),
    )


def _structures(parts: Sequence[StructureColumns]) -> StructureColumns | None:
    if not parts:
        return None
    return StructureColumns(
        lattice_vectors=np.concatenate([part.lattice_vectors for part in parts]),
        fractional_positions=np.concatenate([part.fractional_positions for part in parts]),
        site_species=_chained(part.site_species for part in parts),
        occupants=_chained(part.occupants for part in parts),
    )


def _values(parts: Sequence[RecordColumns]) -> ValueColumns:
    """Join values; records and kinds of a part are counted behind those of the parts before it."""
    values = [part.values for part in parts]
    records = accumulate(map(len, parts), initial=0)
    kinds = accumulate((len(part.kinds) for part in values), initial=0)
    return ValueColumns(
        kinds=_chained(part.kinds for part in values),
        kind=_shifted((part.kind for part in values), kinds),
        record=_shifted((part.record for part in values), records),
        contents=_chained(part.contents for part in values),
        texts=_chained(part.texts for part in values),
        pointers=_chained(part.pointers for part in values),
    )


def _chained[T](parts: Iterable[Sequence[T]]) -> list[T]:
    return list(chain.from_iterable(parts))


def _shifted(parts: Iterable[Sequence[int]], starts: Iterable[int]) -> list[int]:
    return [number + start for part, start in zip(parts, starts, strict=False) for number in part]
