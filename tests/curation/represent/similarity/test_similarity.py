from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest

from curation.represent.errors import UnknownRepresentationError
from curation.represent.similarity.element_pictures import element_heat_map, element_map, element_vectors
from curation.represent.similarity.families import FAMILIES, family_of
from curation.represent.similarity.maps import MapMethod, plane_map
from curation.represent.similarity.metrics import Metric, pairwise
from schemas.elements import elements

VECTORS = np.array([[1.0, 2.0, 4.0], [2.0, 4.0, 8.0], [4.0, 2.0, 1.0]])


@pytest.mark.parametrize(
    ("metric", "of_doubled", "of_reversed"),
    [
        (Metric.COSINE, 1.0, 12 / 21),
        (Metric.PEARSON, 1.0, -13 / 14),
        (Metric.SPEARMAN, 1.0, -1.0),
        (Metric.EUCLIDEAN, np.sqrt(21), np.sqrt(18)),
        (Metric.MANHATTAN, 7.0, 6.0),
        (Metric.CHEBYSHEV, 4.0, 3.0),
    ],
)
def test_each_metric_by_hand(metric: Metric, of_doubled: float, of_reversed: float) -> None:
    values = pairwise(VECTORS, metric)
    assert values[0, 1] == pytest.approx(of_doubled)
    assert values[0, 2] == pytest.approx(of_reversed)
    assert np.allclose(values, values.T)


def test_a_constant_vector_has_no_correlation() -> None:
    with pytest.raises(ValueError, match="vector 1 is zero or constant"):
        pairwise(np.array([[1.0, 2.0], [3.0, 3.0]]), Metric.PEARSON)


def test_principal_components_find_the_long_axis() -> None:
    random = np.random.default_rng(0)
    points = random.normal(size=(200, 2)) * [10.0, 1.0]
    made = plane_map(points, MapMethod.PCA, standardise=False)
    assert abs(np.corrcoef(made.places[:, 0], points[:, 0])[0, 1]) > 0.999
    assert "99%" in made.axes[0]


@pytest.mark.parametrize("method", [MapMethod.TSNE, pytest.param(MapMethod.UMAP, marks=pytest.mark.sweep)])
def test_other_maps_keep_two_heaps_apart(method: MapMethod) -> None:
    pytest.importorskip("sklearn" if method is MapMethod.TSNE else "umap")
    random = np.random.default_rng(0)
    heaps = np.concatenate((random.normal(size=(30, 5)), random.normal(size=(30, 5)) + 30.0))
    places = plane_map(heaps, method).places
    centres = places[:30].mean(axis=0), places[30:].mean(axis=0)
    assert np.linalg.norm(centres[0] - centres[1]) > places[:30].std()


def test_every_element_has_a_family() -> None:
    families = {symbol: family_of(symbol) for symbol in elements()}
    assert set(families.values()) == set(FAMILIES)
    assert (families["La"], families["U"], families["Fe"], families["Al"]) == (
        "lanthanoid",
        "actinoid",
        "transition metal",
        "other metal",
    )


def test_like_elements_are_near_in_mat2vec() -> None:
    symbols, vectors = element_vectors("mat2vec")
    values = pairwise(vectors, Metric.COSINE)
    likeness = dict(zip(symbols, values[symbols.index("Ho")], strict=True))
    assert likeness["Dy"] > 0.8
    assert likeness["O"] < 0.4


def test_pictures_are_xml_that_names_the_elements() -> None:
    for picture in (element_heat_map("mat2vec", Metric.COSINE), element_map("magpie", MapMethod.PCA)):
        root = ET.fromstring(picture)  # noqa: S314 — our own text
        texts = {node.text for node in root.iter() if node.tag.endswith("text")}
        assert {"Fe", "O", "Si"} <= texts
        assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(UnknownRepresentationError, match="there are crystallm, magpie"):
        element_vectors("nothing")
