"""Looked at: parts of a JSON document that simdjson holds in, columns of numbers out, without a Python object for each.

A part that is not of the shape asked for raises, so that whoever called reads the document in the ordinary way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from harvest.records.columns import NotPlainError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import simdjson
    from numpy.typing import NDArray

_AXES = 3


def vectors(given: Sequence[simdjson.Array]) -> tuple[NDArray[np.float64], list[int]]:
    """Return lists of vectors, one list after the other, (n_vectors, 3), and how many vectors each list has.

    Raises:
        NotPlainError: one is no list of three numbers.
        TypeError, AttributeError: there is something else than numbers, or no list.
    """
    lengths = list(map(len, given))
    n_lists = [written(rows).count(b"[") - 1 for rows in given]  # a list inside of a vector would be flattened unseen
    if n_lists != lengths or any(len(row) != _AXES for rows in given for row in cast("Iterable[simdjson.Array]", rows)):
        message = "vectors that are no lists of three numbers"
        raise NotPlainError(message)
    return np.frombuffer(b"".join([rows.as_buffer(of_type="d") for rows in given])).reshape(-1, _AXES), lengths


def written(part: Any) -> bytes:  # noqa: ANN401 — a list or an object, else AttributeError
    """Return a part as JSON without spaces: equal texts say the same."""
    return cast("bytes", part.mini)
