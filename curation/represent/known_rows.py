"""Known rows: what another version of the dataset has computed of the same rows; nothing is computed twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from curation.represent.fingerprint import BYTES
from schemas.disk import sha256_of_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from curation.represent.manifest import RepresentationPart

    type Keys = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class KnownRows:
    """Rows of published parts, to be found by their fingerprints.

    Attributes:
        files: the parts.
        keys: (n_known, 2), the two halves of the fingerprints, sorted by the first half.
        places: (n_known, 2), index into `files` and row in it, in the order of `keys`.
        notes: parts that are damaged and lend nothing.
    """

    files: tuple[Path, ...] = ()
    keys: Keys = field(default_factory=lambda: np.empty((0, 2), np.uint64))
    places: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), np.int64))
    notes: tuple[str, ...] = ()

    def find(self, fingerprints: pa.Array[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return which of some rows are known, and their places, (n_found,) and (n_found, 2)."""
        wanted = np.flatnonzero(~fingerprints.is_null().to_numpy(zero_copy_only=False))
        if not len(self.keys) or not len(wanted):
            return np.empty(0, np.int64), np.empty((0, 2), np.int64)
        asked = _halves(fingerprints)[wanted]
        near = np.minimum(np.searchsorted(self.keys[:, 0], asked[:, 0]), len(self.keys) - 1)
        hit = (self.keys[near] == asked).all(axis=1)
        return wanted[hit], self.places[near[hit]]

    def take(self, places: NDArray[np.int64], schema: pa.Schema) -> pa.Table:
        """Return the known rows at some places, in their order."""
        taken, order = [schema.empty_table()], [np.empty(0, np.int64)]
        for index in np.unique(places[:, 0]).tolist():
            of_file = np.flatnonzero(places[:, 0] == index)
            table = pq.ParquetFile(self.files[index]).read(use_threads=False)
            taken.append(table.take(places[of_file, 1]).cast(schema))
            order.append(of_file)
        back = np.argsort(np.concatenate(order), kind="stable")
        return pa.concat_tables(taken).take(back)


def read_known_rows(parts: Iterable[tuple[Path, RepresentationPart]]) -> KnownRows:
    """Return the rows of published parts; a damaged part lends none."""
    files: list[Path] = []
    notes: list[str] = []
    keys, places = [np.empty((0, 2), np.uint64)], [np.empty((0, 2), np.int64)]
    for path, part in parts:
        if not path.is_file() or sha256_of_file(path) != part.sha256:
            notes.append(f"{path} is damaged; what it holds is computed again")
            continue
        column = pq.ParquetFile(path).read(columns=["fingerprint"], use_threads=False)["fingerprint"].combine_chunks()
        rows = np.flatnonzero(~column.is_null().to_numpy(zero_copy_only=False))
        keys.append(_halves(column)[rows])
        places.append(np.column_stack((np.full(len(rows), len(files)), rows)))
        files.append(path)
    joined, placed = np.concatenate(keys), np.concatenate(places)
    order = np.argsort(joined[:, 0], kind="stable")
    return KnownRows(tuple(files), joined[order], placed[order], tuple(notes))


def _halves(fingerprints: pa.Array[Any]) -> Keys:
    """Return fingerprints as two whole numbers each, (n, 2); 0 for a null."""
    plain = fingerprints.fill_null(bytes(BYTES))
    numbers = np.frombuffer(cast("pa.Buffer", plain.buffers()[1]), np.uint64).reshape(-1, 2)
    return numbers[plain.offset : plain.offset + len(plain)]
