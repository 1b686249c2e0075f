"""Licence names: what a repository calls a licence in, its SPDX id out; held against that of a card."""

from __future__ import annotations

from harvest.errors import ContractError
from schemas.licence import LICENCES


def spdx_of(*words: str) -> str | None:
    """Return the SPDX id that the first of several words means: an id, a title or an address.

    What none of them means stays as the first that is not empty says it; without any, none.
    """
    for word in words:
        for licence in LICENCES.values():
            names = {licence.spdx, licence.title, licence.url}
            if _plain(word) and _plain(word) in {_plain(name) for name in names}:
                return licence.spdx
    return next((word for word in words if word), None)


def _plain(word: str) -> str:
    """Return a name without what differs between two ways to write it."""
    address = word.lower().partition("://")[2] or word.lower()
    return address.removesuffix("legalcode").rstrip("/").replace("_", "-").strip()


def refuse_other_licence(of_record: str | None, of_card: str, *, where: str) -> None:
    """Hold the licence that a card states against that of the record.

    Raises:
        ContractError: they differ, or the record states none.
    """
    if of_record != of_card:
        said = f"is under {of_record}" if of_record else "states no single licence"
        message = f"{where}: the record {said}, the card says {of_card}; correct the card, or ask the authors"
        raise ContractError(message)
