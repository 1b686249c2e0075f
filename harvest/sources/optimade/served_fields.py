"""OPTIMADE served fields: the pages of a whole walk in, the same pages out, and proof that every mapped field came.

A provider answers with null where it does not know a value. A field that no entry of a whole walk has at all is one
that the provider does not have, or has no longer under this name: its values would be missing, and nobody told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harvest.errors import ContractError
from harvest.sources.optimade.answers import page
from harvest.sources.optimade.entries import attributes_or_none
from harvest.sources.optimade.providers import Quirk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harvest.source import Page


def served(pages: Iterable[Page], fields: Iterable[str], quirks: frozenset[Quirk]) -> Iterator[Page]:
    """Yield the pages of a walk.

    Args:
        pages: all pages with entries.
        fields: paths of the mapped fields.
        quirks: of the provider.

    Raises:
        ContractError: entries came, and none of them has a field.
    """
    absent = set() if Quirk.UNDESCRIBED_FIELDS in quirks else {path.partition(".")[0] for path in fields}
    n_entries = 0
    for listed in pages:
        if absent:
            entries = page(listed.raw.payload, quirks).entries
            given = [attributes_or_none(entry, quirks) for entry in entries]
            n_entries += sum(map(bool, given))  # what cannot be read is rejected by itself
            absent.difference_update(*given)
        yield listed
    if n_entries and absent:
        message = (
            f"{n_entries} entries came, and none has {', '.join(sorted(absent))}. The provider renamed it, or does not "
            "have it: map the right field in the recipe, read only other properties, or, where the provider leaves out "
            'what it does not know, say `quirks = ["undescribed_fields"]`'
        )
        raise ContractError(message)
