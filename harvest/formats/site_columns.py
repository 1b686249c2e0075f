"""Site columns: structures as pymatgen writes them in, their columns out; see `harvest.formats.structures`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from harvest.formats.structure_columns import cells, occupants_of, positions, structure_columns
from harvest.records.columns import NotPlainError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harvest.formats.structure_columns import SpeciesKey
    from harvest.records.columns import StructureColumns

_WHOLE = 1.0


def pymatgen_columns(given: Sequence[Any]) -> StructureColumns:
    """Return the columns of the dictionaries of pymatgen structures.

    Raises:
        ValueError, LookupError, TypeError, AttributeError: one is not plain.
    """
    keys = [[_species_key(tuple(map(_part, site["species"]))) for site in structure["sites"]] for structure in given]
    kinds = [{key[0]: key for key in reversed(sites)} for sites in keys]  # of one name, the first counts
    names = [list(dict.fromkeys(name for name, _, _ in sites)) for sites in keys]
    return structure_columns(
        cells([structure["lattice"]["matrix"] for structure in given]),
        positions([[site["abc"] for site in structure["sites"]] for structure in given]),
        [_places(sites, order) for sites, order in zip(keys, names, strict=True)],
        [occupants_of(tuple(map(of_name.__getitem__, order))) for of_name, order in zip(kinds, names, strict=True)],
    )


def _places(sites: Sequence[SpeciesKey], names: Sequence[str]) -> list[int]:
    numbers = {name: number for number, name in enumerate(names)}
    return [numbers[name] for name, _, _ in sites]


def _part(given: Any) -> tuple[Any, Any]:  # noqa: ANN401 — JSON
    share = given["occu"]
    if not share > 0:
        message = "a share of nothing; with a sign it would be remembered as the one without"
        raise NotPlainError(message)
    return given["element"], share


@lru_cache(maxsize=1 << 14)
def _species_key(given: tuple[tuple[Any, Any], ...]) -> SpeciesKey:
    """Return the species of a site: its name, symbols and shares, sorted by symbol."""
    parts = sorted((str(element), float(share)) for element, share in given)
    symbols, shares = zip(*parts, strict=True)
    return "".join(symbol if share == _WHOLE else f"{symbol}{share:g}" for symbol, share in parts), symbols, shares
