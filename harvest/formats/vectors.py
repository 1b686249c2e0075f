"""Vectors: the JSON texts of many lists of vectors in, one array of numbers out, without a Python object for each.

A list that is not of the shape asked for raises, so that whoever called reads it in the ordinary way.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, cast

import numpy as np
import simdjson

from harvest.records.columns import NotPlainError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from msgspec import Raw
    from numpy.typing import NDArray

_AXES = 3
_SPACES = b" \t\r\n"
_OF_NUMBERS = b"0123456789.eE+-" + _SPACES
_REMEMBERED = 1 << 14


def vectors(texts: Sequence[bytes | Raw], lengths: Sequence[int]) -> NDArray[np.float64]:
    """Return lists of vectors, one list after the other, (n_vectors, 3).

    Args:
        texts: the JSON of each list, proven to be JSON.
        lengths: how many vectors it has to have.

    Raises:
        NotPlainError: a list has another length, or holds something else than lists of three numbers.
    """
    together = b",".join(texts)
    if together.translate(None, _OF_NUMBERS) != b",".join(map(_outline, lengths)):
        message = "no lists of so many vectors of three numbers"
        raise NotPlainError(message)
    numbers = cast("simdjson.Array", simdjson.Parser().parse(b"[%b]" % together.translate(None, b"[]" + _SPACES)))
    return np.frombuffer(numbers.as_buffer(of_type="d"), dtype=np.float64).reshape(-1, _AXES)


@lru_cache(maxsize=_REMEMBERED)
def _outline(length: int) -> bytes:
    """Return what a list of vectors looks like without its numbers."""
    return b"[%b]" % b",".join([b"[,,]"] * length)
