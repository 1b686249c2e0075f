from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from curation.represent import CompositionTransformer, UnknownRepresentationError
from curation.represent.errors import UnrepresentableError
from curation.represent.transformer import StructureTransformer


def test_formulas_become_rows() -> None:
    transformer = CompositionTransformer("magpie")
    vectors = transformer.fit_transform(["Fe2O3", "SiO2", "Li0.5CoO2"])
    assert vectors.shape == (3, 22)
    assert vectors.dtype == np.float32
    assert np.isfinite(vectors).all()


def test_labels_name_the_components() -> None:
    labels = CompositionTransformer("magpie").get_feature_names_out()
    assert labels.shape == (22,)
    assert labels[:2].tolist() == ["Number", "MendeleevNumber"]


def test_the_way_a_formula_is_written_does_not_matter() -> None:
    same = ["Ca(OH)2", "CaO2H2", "H2O2Ca", "Ca2(OH)4", "D2CaO2", "HCaO2D"]
    for name in ("fraction", "magpie", "mat2vec", "one_hot"):
        vectors = CompositionTransformer(name).fit_transform(same)
        assert len({row.tobytes() for row in vectors}) == 1


def test_no_formulas_no_rows() -> None:
    assert CompositionTransformer("fraction").transform([]).shape == (0, 118)


@pytest.mark.parametrize("bad", ["Fe2O3)", "Xx", "", "not a formula"])
def test_a_bad_formula_is_named_with_its_index(bad: str) -> None:
    with pytest.raises(UnrepresentableError, match=r"^item 1, "):
        CompositionTransformer("magpie").fit_transform(["Fe2O3", bad])


def test_a_formula_without_a_vector_is_named_with_the_reason() -> None:
    with pytest.raises(UnrepresentableError, match=r"item 1, 'BkO2', .* no CovalentRadius for Bk"):
        CompositionTransformer("magpie").fit_transform(["Fe2O3", "BkO2"])


def test_an_unknown_representation_is_refused_at_once() -> None:
    with pytest.raises(UnknownRepresentationError):
        CompositionTransformer("nothing")


def test_a_transformer_can_be_made_again_from_its_parameters() -> None:
    transformer = CompositionTransformer("mat2vec")
    again = CompositionTransformer(**transformer.get_params())
    assert np.array_equal(again.transform(["SiO2"]), transformer.transform(["SiO2"]))


@pytest.mark.parametrize("container", ["pandas", "polars"])
def test_frames_go_in_and_come_out(container: str) -> None:
    library = pytest.importorskip(container)
    frame = library.DataFrame({"formula": ["Fe2O3", "SiO2"]})
    transformer = CompositionTransformer("magpie_mean_max").set_output(transform=container)  # type: ignore[arg-type] # one of the two
    made = transformer.fit_transform(frame["formula"])
    assert isinstance(made, library.DataFrame)
    assert list(made.columns) == transformer.get_feature_names_out().tolist()
    assert made["mean_Number"].to_list()[0] == pytest.approx(15.2, rel=1e-6)


def test_a_list_becomes_a_frame() -> None:
    transformer = CompositionTransformer("magpie_mean_max").set_output(transform="pandas")
    made = transformer.fit_transform(["Fe2O3", "SiO2"])
    assert made.index.tolist() == [0, 1]
    assert made.columns.tolist() == transformer.get_feature_names_out().tolist()


def test_a_series_keeps_its_index() -> None:
    pandas = pytest.importorskip("pandas")
    formulas = pandas.Series(["Fe2O3", "SiO2"], index=["a", "b"])
    made = CompositionTransformer("fraction").set_output(transform="pandas").fit_transform(formulas)
    assert made.index.tolist() == ["a", "b"]


@pytest.mark.parametrize("missing", [None, float("nan")])
@pytest.mark.parametrize("kind", ["list", "series"])
def test_missing_formulas_are_named(missing: float | None, kind: str) -> None:
    pandas = pytest.importorskip("pandas")
    formulas = ["Fe2O3", missing, "SiO2", missing]
    given = pandas.Series(formulas, index=[7, 8, 9, 10], dtype=object) if kind == "series" else formulas
    with pytest.raises(UnrepresentableError, match=r"^item 1, '(None|nan)', has no .* \(2 items in all: 1, 3\)$"):
        CompositionTransformer("fraction").transform(given)


def test_what_is_no_string_is_named() -> None:
    with pytest.raises(UnrepresentableError, match=r"^item 2, '3\.5', is no formula: a string is expected"):
        CompositionTransformer("fraction").transform(["Fe2O3", None, 3.5])  # type: ignore[list-item] # that is the test


def test_structures_of_pymatgen_become_rows() -> None:
    salt = Structure.from_spacegroup("Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    vectors = StructureTransformer("soap_mu2").fit_transform([salt, salt.get_primitive_structure()])
    assert vectors.shape == (2, 105)
    assert np.allclose(vectors[0], vectors[1], rtol=1e-9)


def test_what_is_no_structure_is_refused() -> None:
    with pytest.raises(TypeError, match="expected a pymatgen Structure"):
        StructureTransformer("soap_mu2").transform(["NaCl"])
    disordered = Structure(Lattice.cubic(4.0), [{"Na": 0.5, "K": 0.5}], [[0, 0, 0]])
    with pytest.raises(ValueError, match="is disordered"):
        StructureTransformer("soap_mu2").transform([disordered])
