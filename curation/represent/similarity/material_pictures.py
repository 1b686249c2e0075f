"""Material pictures: a dataset version in, a map of its chemical space or a structure map out, as SVG."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from curation.represent.composition.compositions import element_order
from curation.represent.composition.element_table import element_table
from curation.represent.errors import UnrepresentableError
from curation.represent.similarity.computed import require_vectors
from curation.represent.similarity.maps import MapMethod, plane_map
from curation.represent.similarity.svg import PALETTE, Legend, ramp, scatter

if TYPE_CHECKING:
    from curation.datasets.open import Dataset

COLOURS = ("crystal_system", "n_elements", "density_g_per_cm3", "volume_angstrom3_per_atom")
_FEWEST, _MOST_CLASSES = 3, 11


def space_map(
    dataset: Dataset, *, by: str, method: MapMethod, colour: str = "crystal_system", most: int = 20_000
) -> str:
    """Return the map of the materials by a representation.

    Args:
        dataset: the version; the representation has been computed for it.
        by: name of a representation that is a vector.
        method: how vectors are laid out.
        colour: a column of `materials`, one of `COLOURS`, or a property: its median over the values of a material.
        most: materials; of more, every n-th is taken.

    Raises:
        UnknownRepresentationError: it is not there, or it is no vector.
        UnrepresentableError: fewer than three materials have a vector, or the colour is nothing that they have.
    """
    require_vectors(dataset, by)
    source = f"m.{colour}" if colour in COLOURS else _median_of(dataset, colour)
    rows = dataset.sql(
        f'SELECT m.formula, v.vector, {source} AS colour FROM "{by}" v JOIN materials m USING (material_id) '
        f"WHERE v.vector IS NOT NULL AND colour IS NOT NULL ORDER BY m.material_id"
    ).arrow()
    if rows.num_rows < _FEWEST:
        message = f"{rows.num_rows} materials of {dataset.id} have a {by} vector and {colour}; a map needs {_FEWEST}"
        raise UnrepresentableError(message)
    rows = rows.take(np.arange(0, rows.num_rows, -(-rows.num_rows // most)))
    vectors = np.array(rows["vector"].to_pylist(), dtype=np.float64)
    made = plane_map(vectors, method)
    colours, legend = _coloured(rows["colour"].to_pylist(), colour)
    title = f"{dataset.id}: {method} of {by}, {rows.num_rows} materials"
    return scatter(
        made.places,
        colours,
        title=title,
        axes=made.axes,
        legend=legend,
        hints=[str(formula) for formula in rows["formula"].to_pylist()],
    )


def structure_map(dataset: Dataset, *, anonymous: str = "AB") -> str:
    """Return Pettifor's structure map: binary compounds by the places of their elements on his scale, as modified.

    The less electronegative element, the one of the smaller place, is on the horizontal axis. Compounds of one place on
    the map and one space group are one point.

    Args:
        dataset: the version.
        anonymous: proportions, as `chemical_formula_anonymous` has them: "AB", "A2B".

    Raises:
        UnrepresentableError: the dataset has fewer than three such compounds with a space group.
    """
    wanted = anonymous.replace("'", "''")
    rows = dataset.sql(
        "SELECT DISTINCT formula, elements, amounts, space_group_number FROM materials WHERE n_elements = 2 "
        f"AND chemical_formula_anonymous = '{wanted}' AND space_group_number IS NOT NULL ORDER BY ALL"
    ).rows()
    if len(rows) < _FEWEST:
        message = f"{dataset.id} has {len(rows)} compounds {anonymous} with a space group, a map needs {_FEWEST}: "
        message += f"it has {_proportions(dataset)}"
        raise UnrepresentableError(message)
    scale, order = element_table("mod_pettifor"), element_order()
    places, kinds, hints = [], [], []
    for row in rows:
        codes = [order.index(symbol) for symbol in row["elements"]]  # type: ignore[attr-defined] # a list column
        if not any(code in scale.missing for code in codes):
            places.append(sorted(float(scale.values[code, 0]) for code in codes))
            kinds.append(str(row["space_group_number"]))
            hints.append(f"{row['formula']}, space group {row['space_group_number']}")
    colours, legend = _classes(kinds, "space group")
    axes = ("place of the first element", "place of the second element")
    title = f"{dataset.id}: structure map of {anonymous}, modified Pettifor scale"
    return scatter(np.array(places), colours, title=title, axes=axes, legend=legend, hints=hints)


def _median_of(dataset: Dataset, name: str) -> str:
    """Return, in SQL, the median over the values of a property that a material has."""
    rows = dataset.sql("SELECT DISTINCT property FROM properties WHERE value IS NOT NULL ORDER BY 1").rows()
    known = [str(row["property"]) for row in rows]
    if name not in known:
        message = f"{dataset.id} has no {name!r} to colour by; it has {', '.join((*COLOURS, *known))}"
        raise UnrepresentableError(message)
    return (
        "(SELECT median(p.value) FROM properties p WHERE p.material_id = m.material_id "
        f"AND p.property = '{name}' AND p.value IS NOT NULL)"
    )


def _proportions(dataset: Dataset) -> str:
    """Return, in words, the proportions of the binary compounds with a space group, most frequent first."""
    rows = dataset.sql(
        "SELECT chemical_formula_anonymous AS proportions, count(*) AS n FROM materials "
        f"WHERE n_elements = 2 AND space_group_number IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT {_MOST_CLASSES}"
    ).rows()
    return ", ".join(f"{row['proportions']} ({row['n']})" for row in rows) or "no binary compounds"


def _coloured(values: list[object], name: str) -> tuple[list[str], Legend]:
    if all(isinstance(value, int | float) for value in values):
        numbers = np.array(values, dtype=float)
        low, high = (float(np.quantile(numbers, q)) for q in (0.02, 0.98))
        return [ramp((value - low) / ((high - low) or 1.0)) for value in numbers.tolist()], Legend(
            name, ends=(low, high)
        )
    return _classes([str(value) for value in values], name)


def _classes(values: list[str], name: str) -> tuple[list[str], Legend]:
    """Colour the most frequent classes; the rest is one class."""
    common = [value for value, _ in Counter(values).most_common(_MOST_CLASSES)]
    others = len(set(values)) > len(common)
    names = (*common, "other") if others else tuple(common)
    places = {value: place for place, value in enumerate(common)}
    return [PALETTE[places.get(value, len(common)) % len(PALETTE)] for value in values], Legend(name, names=names)
