"""Identifiers: the parts that make up an identity in, a short name for it out; one at a time, or a column of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

SEPARATOR = "\x1f"
_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_LETTERS = np.frombuffer(_ALPHABET.encode(), dtype=np.uint8)
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_PAIR_SHIFTS = range(70, -1, -10)
_OCTETS, _WIDTH = 10, 16  # of the hash, and letters that spell them
_OCTET_SHIFTS = np.arange(32, -1, -8, dtype=np.uint64)
_LETTER_SHIFTS = np.arange(35, -1, -5, dtype=np.uint64)


def short_id(prefix: str, *parts: str) -> str:
    """Return an identifier of 80 bits: the prefix and the base32 of a hash over the parts."""
    number = int.from_bytes(_hashed(SEPARATOR.join(parts)))
    return f"{prefix}-{''.join([_PAIRS[number >> shift & 1023] for shift in _PAIR_SHIFTS])}"


def short_ids(prefix: str, identities: Iterable[str]) -> list[str]:
    """Return the `short_id` of each identity, which is its parts joined by `SEPARATOR`."""
    octets = np.frombuffer(b"".join(map(_hashed, identities)), dtype=np.uint8).reshape(-1, 2, _OCTETS // 2)
    halves = (octets.astype(np.uint64) << _OCTET_SHIFTS).sum(axis=2, dtype=np.uint64)
    numbers = (halves[:, :, None] >> _LETTER_SHIFTS) & np.uint64(len(_ALPHABET) - 1)
    text = _LETTERS[numbers.astype(np.intp)].tobytes().decode("ascii")
    return [f"{prefix}-{text[start : start + _WIDTH]}" for start in range(0, len(text), _WIDTH)]


def _hashed(identity: str) -> bytes:
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()[:_OCTETS]
