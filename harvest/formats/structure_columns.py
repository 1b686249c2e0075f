"""Structure columns: cells, positions and species of many plain structures in, their columns out.

What is computed here is what `harvest.formats.structures` computes for one structure, to the last bit. Anything that is
not plain (a row of two coordinates, a number that is not finite, a species that nobody knows) raises, so that whoever
called looks at the structures one by one.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from harvest.formats.site_lists import NO_VOLUME
from harvest.records.columns import Composition, NotPlainError, Occupants, StructureColumns
from schemas.material import Species, Structure

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    type FloatArray = NDArray[np.float64]
    type SpeciesKey = tuple[str, tuple[str, ...], tuple[float, ...]]

_REMEMBERED = 1 << 14
_AXES = 3
_NEXT, _AFTER_NEXT = [1, 2, 0], [2, 0, 1]  # of an axis


def cells(given: Sequence[Any]) -> FloatArray:
    """Return lattice vectors, (n, 3, 3), in angstrom.

    Raises:
        ValueError, TypeError: one is no cell.
    """
    found = np.array(given, dtype=np.float64)
    if found.shape != (len(given), _AXES, _AXES) or not np.isfinite(found).all():
        message = "lattice vectors of another shape, or not finite"
        raise NotPlainError(message)
    return found


def positions(given: Sequence[Any]) -> FloatArray:
    """Return the positions of all sites, one structure after the other, (n_sites, 3).

    Raises:
        ValueError, TypeError: one is no list of three numbers.
    """
    rows = list(chain.from_iterable(given))
    if set(map(type, given)) != {list} or set(map(type, rows)) != {list} or set(map(len, rows)) != {_AXES}:
        message = "positions that are no lists of three numbers"
        raise NotPlainError(message)
    return np.fromiter(chain.from_iterable(rows), dtype=np.float64, count=_AXES * len(rows)).reshape(-1, _AXES)


def fractional(lattices: FloatArray, cartesian: FloatArray, n_sites: Sequence[int]) -> FloatArray:
    """Return fractional positions of Cartesian ones; see `harvest.formats.site_lists.fractional_positions`.

    Args:
        lattices: (n, 3, 3), angstrom.
        cartesian: of all sites, (n_sites, 3), angstrom.
        n_sites: how many sites each structure has.

    Raises:
        NotPlainError: a cell has no volume.
    """
    normals = _cross(lattices[:, _NEXT], lattices[:, _AFTER_NEXT])
    a, first = lattices[:, 0], normals[:, 0]
    volumes = a[:, 0] * first[:, 0] + a[:, 1] * first[:, 1] + a[:, 2] * first[:, 2]
    if (np.abs(volumes) < NO_VOLUME).any():
        message = "a cell without volume"
        raise NotPlainError(message)
    of_site = np.repeat(np.arange(len(lattices)), n_sites)
    products = normals[of_site] * cartesian[:, None, :]
    sums: FloatArray = products[..., 0] + products[..., 1] + products[..., 2]
    return sums / volumes[of_site, None]


def _cross(u: FloatArray, v: FloatArray) -> FloatArray:
    return u[..., _NEXT] * v[..., _AFTER_NEXT] - u[..., _AFTER_NEXT] * v[..., _NEXT]


def structure_columns(
    lattices: FloatArray,
    fractional_positions: FloatArray,
    site_species: Sequence[Sequence[int]],
    occupants: Sequence[Occupants],
) -> StructureColumns:
    """Return checked columns.

    Raises:
        NotPlainError: a structure has no site, or not as many positions as sites, or a number that is not finite.
    """
    if not all(site_species) or len(fractional_positions) != sum(map(len, site_species)):
        message = "positions and sites of different number"
        raise NotPlainError(message)
    if not np.isfinite(fractional_positions).all():
        message = "positions that are not finite"
        raise NotPlainError(message)
    return StructureColumns(lattices, fractional_positions, site_species, occupants)


def species_key(item: Any) -> SpeciesKey:  # noqa: ANN401 — JSON
    """Return what tells an OPTIMADE species from others.

    Raises:
        NotPlainError: a share is zero or below; zeros with and without a sign would be remembered as one.
    """
    shares = tuple(item["concentration"])
    if not all(share > 0 for share in shares):
        message = "a share of nothing"
        raise NotPlainError(message)
    return item["name"], tuple(item["chemical_symbols"]), shares


@lru_cache(maxsize=_REMEMBERED)
def occupants_of(keys: tuple[SpeciesKey, ...]) -> Occupants:
    """Return the species of a structure, checked once for all structures that have the same.

    Raises:
        ValueError: a species is none.
    """
    species = tuple(Species(name=name, chemical_symbols=s, concentration=c) for name, s, c in keys)
    numbers = {item.name: number for number, item in enumerate(species)}
    return Occupants(species, numbers, orjson.dumps([item.model_dump() for item in species]))


def compositions(site_species: Iterable[Sequence[int]], occupants: Iterable[Occupants]) -> list[Composition]:
    """Return the composition of each structure.

    Raises:
        NotPlainError: one holds no element.
    """
    return [
        _composition(kinds, tuple(map(sites.count, range(len(kinds.species)))))
        for sites, kinds in zip(site_species, occupants, strict=True)
    ]


@lru_cache(maxsize=_REMEMBERED)
def _composition(occupants: Occupants, counts: tuple[int, ...]) -> Composition:
    sites = tuple(chain.from_iterable([number] * count for number, count in enumerate(counts)))
    return composition_of(Structure.model_construct(species=occupants.species, site_species=sites).composition())


def composition_of(amounts: dict[str, float]) -> Composition:
    """Return the composition that amounts of elements make.

    Raises:
        NotPlainError: there is no element, or an amount is not finite.
    """
    if not amounts or not np.isfinite(list(amounts.values())).all():
        message = "no composition"
        raise NotPlainError(message)
    elements, numbers = zip(*sorted(amounts.items()), strict=True)
    return Composition(elements, numbers)
