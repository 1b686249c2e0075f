"""Plain texts: columns of identifiers and words in, proof that every one of them is plain."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from harvest.records.columns import NotPlainError

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEXT, _TEXT_OR_NONE = {str}, {str, type(None)}
_LONGEST_ID = 512
_CONTROL = re.compile(r"[\x00-\x1f]")


def identifiers(given: Iterable[Any]) -> list[str]:
    """Return identifiers, each as `schemas.material.SourceId` wants it.

    Raises:
        NotPlainError: one is none.
        UnicodeEncodeError: one is no Unicode.
    """
    found = list(given)
    if not _TEXT.issuperset(map(type, found)):
        message = "an identifier that is no text"
        raise NotPlainError(message)
    lengths = set(map(len, found))
    together = "".join(found)
    together.encode()
    if min(lengths, default=1) == 0 or max(lengths, default=0) > _LONGEST_ID or _CONTROL.search(together):
        message = "an identifier that is empty, very long, or not printable"
        raise NotPlainError(message)
    return cast("list[str]", found)


def texts_or_none(given: Iterable[Any]) -> list[str | None]:
    """Return texts, or none where there is none.

    Raises:
        NotPlainError: one is something else.
        UnicodeEncodeError: one is no Unicode: a lone surrogate of broken JSON.
    """
    found = list(given)
    if not _TEXT_OR_NONE.issuperset(map(type, found)):
        message = "something else than a text"
        raise NotPlainError(message)
    "".join(filter(None, found)).encode()
    return cast("list[str | None]", found)
