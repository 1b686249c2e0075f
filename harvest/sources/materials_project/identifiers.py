"""Materials Project identifiers: any spelling of an identifier or version in, the one spelling out."""

from __future__ import annotations

import re

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_PADDED = 8
_LAST_DECIMAL_ID = 3_347_529  # later ones are minted in letters, and have no other spelling
_ID = re.compile(r"(?P<prefix>[A-Za-z]+)[-:_](?:(?P<digits>[0-9]{1,18})|(?P<letters>[a-z]{1,13}))")


def is_identifier(given: str) -> bool:
    """Tell whether a word is an identifier in one of its spellings."""
    return _ID.fullmatch(given) is not None


def canonical_id(given: str) -> str:
    """Return the one spelling of an identifier: `mp-aaabxhaz` is `mp-865981`.

    The provider writes the number behind an identifier in decimal or to base 26. Here it is decimal where the provider
    ever wrote it so, and padded letters where it did not. What is no such identifier is returned as it is.
    """
    match = _ID.fullmatch(given)
    if match is None:
        return given
    if match["digits"] is not None:
        number = int(match["digits"])
    else:
        number = 0
        for letter in match["letters"]:
            number = number * len(_LETTERS) + _LETTERS.index(letter)
    if number <= _LAST_DECIMAL_ID:
        return f"{match['prefix']}-{number}"
    letters = ""
    while number:
        number, rest = divmod(number, len(_LETTERS))
        letters = _LETTERS[rest] + letters
    return f"{match['prefix']}-{letters.rjust(_PADDED, _LETTERS[0])}"


def canonical_version(given: str) -> str:
    """Return the one spelling of a database version: `2026-04-13`, as in the bulk table, is `2026.04.13`."""
    return given.strip().removeprefix("v").replace("-", ".").replace("_", ".")
