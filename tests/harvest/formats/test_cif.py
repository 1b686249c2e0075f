"""CIF: cells, orbits, shared sites and numbers of known truth; and hundreds of real files beside another reader."""

from __future__ import annotations

import os
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harvest.formats.cif import (
    CifError,
    CifNumber,
    cif_text,
    lattice_of,
    number_of,
    read_block,
    stated_structure_of,
    structure_of,
    text_of,
    texts_of,
)
from schemas.provenance import Pointer

SHARED = Path(os.environ.get("MATGRANARY_SHARED", Path(__file__).parents[3] / "shared")) / "data/structures/cif"
CELL = """\
_cell_length_a 4.0
_cell_length_b 4.0
_cell_length_c 4.0
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
"""
CUBIC = CELL + "_symmetry_space_group_name_H-M 'F m -3 m'\n"
ATOMS = "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\n"


def crystal(atoms: str, head: str = CUBIC) -> bytes:
    return f"data_x\n{head}{ATOMS}{atoms}\n".encode()


def composition(payload: bytes) -> dict[str, float]:
    structure = structure_of(read_block(payload))
    assert structure is not None
    return structure.composition()


@pytest.mark.parametrize(
    "symmetry",
    [
        "_symmetry_space_group_name_H-M 'F m -3 m'",
        "_space_group_name_H-M_alt 'F m -3 m'",
        "_space_group_name_Hall '-F 4 2 3'",
        "_space_group_IT_number 225",
        "_symmetry_space_group_name_Hall '-F 4 2 3'\n_symmetry_space_group_name_H-M 'not one'",
    ],
)
def test_rock_salt_is_expanded_from_its_space_group_however_that_is_named(symmetry: str) -> None:
    structure = structure_of(read_block(crystal("Na1 0 0 0 1\nCl1 0.5 0.5 0.5 1", f"{CELL}{symmetry}\n")))
    assert structure is not None
    assert structure.composition() == {"Na": 4.0, "Cl": 4.0}
    assert set(structure.fractional_positions[:4]) == {(0, 0, 0), (0, 0.5, 0.5), (0.5, 0, 0.5), (0.5, 0.5, 0)}


def test_operations_that_are_listed_count_before_the_name_of_the_group() -> None:
    head = CUBIC + "loop_\n_space_group_symop_operation_xyz\n'x, y, z'\n'-X,-Y,-Z'\n'x+1/2,y+0.5,z'\n"
    assert composition(crystal("Na1 0.1 0.2 0.3 1", head)) == {"Na": 3.0}


def test_a_file_that_states_no_symmetry_is_refused() -> None:
    with pytest.raises(CifError, match="space group is not known: None"):
        structure_of(read_block(crystal("Na1 0 0 0 1", CELL)))


@pytest.mark.parametrize("digits", [2, 3, 4, 6])
def test_rounded_thirds_are_special_positions(digits: int) -> None:
    third, two_thirds = f"{1 / 3:.{digits}f}", f"{2 / 3:.{digits}f}"
    head = CELL.replace("gamma 90", "gamma 120") + "_space_group_name_H-M_alt 'P 63/m m c'\n"
    assert composition(crystal(f"Mg1 {third} {two_thirds} 0.25 1", head)) == {"Mg": 2.0}


def test_atoms_of_one_site_share_it_and_what_is_left_stays_empty() -> None:
    structure = structure_of(read_block(crystal("Cu1 0 0 0 0.5\nFe1 0 0 0.001 0.25(2)")))
    assert structure is not None
    (species,) = structure.species
    assert (species.chemical_symbols, species.concentration) == (("Cu", "Fe"), (0.5, 0.25))
    assert structure.composition() == {"Cu": 2.0, "Fe": 1.0}


def test_atoms_that_share_a_site_through_symmetry_are_found() -> None:
    assert composition(crystal("Cu1 0 0 0 0.5\nFe1 0.5 0.5 0 0.5")) == {"Cu": 2.0, "Fe": 2.0}


def test_a_site_that_is_more_than_full_is_refused() -> None:
    with pytest.raises(CifError, match=r"site of Fe1 is occupied 1\.1 times"):
        structure_of(read_block(crystal("Cu1 0 0 0 0.6\nFe1 0 0 0 0.5")))


@pytest.mark.parametrize("occupancy", ["1.2", "-0.1", "full"])
def test_an_occupancy_that_cannot_be_is_refused(occupancy: str) -> None:
    with pytest.raises(CifError, match="occupancy of Cu1"):
        structure_of(read_block(crystal(f"Cu1 0 0 0 {occupancy}")))


def test_an_occupancy_that_is_not_given_is_one_and_empty_and_dummy_atoms_are_none() -> None:
    assert composition(crystal("Cu1 0 0 0 ?\nFe1 0.5 0.5 0.5 0")) == {"Cu": 4.0}
    flagged = crystal("Cu1 0 0 0 1 .\nXx 0.5 0.5 0.5 1 dum").replace(
        b"_occupancy\n", b"_occupancy\n_atom_site_calc_flag\n"
    )
    assert composition(flagged) == {"Cu": 4.0}


@pytest.mark.parametrize(
    ("label", "formula", "symbol"),
    [
        ("CA1", "Ca O", "Ca"),
        ("CA1", "C H4", "C"),
        ("Ca1", "?", "Ca"),
        ("D1", "H2 O", "D"),
        ("OW3", "H2 O", "O"),
        ("cl2", "Cl Na", "Cl"),
    ],
)
def test_an_element_is_read_from_the_label_as_the_formula_has_it(label: str, formula: str, symbol: str) -> None:
    head = f"{CUBIC}_chemical_formula_sum '{formula}'\n".replace("'?'", "?")
    assert list(composition(crystal(f"{label} 0 0 0 1", head))) == [symbol]


@pytest.mark.parametrize("label", ["Wat1", "M1", "1", "Qq"])
def test_a_label_that_names_no_element_of_the_formula_is_refused(label: str) -> None:
    head = CUBIC + "_chemical_formula_sum 'H2 O'\n"
    with pytest.raises(CifError, match="is no element of the formula"):
        structure_of(read_block(crystal(f"{label} 0 0 0 1", head)))


@pytest.mark.parametrize(
    ("text", "value", "uncertainty"),
    [
        ("5.6402(2)", 5.6402, 0.0002),
        ("5.64(12)", 5.64, 0.12),
        ("12(3)", 12.0, 3.0),
        ("-.5(1)", -0.5, 0.1),
        ("1.5e3(2)", 1500.0, 200.0),
        ("90", 90.0, None),
        ("4.", 4.0, None),
    ],
)
def test_a_number_has_its_uncertainty_in_its_last_digits(text: str, value: float, uncertainty: float | None) -> None:
    number = number_of(read_block(f"data_x\n_cell_length_a {text}\n".encode()), "_cell_length_a")
    assert number == CifNumber(value, None if uncertainty is None else pytest.approx(uncertainty), text)


@pytest.mark.parametrize("text", ["?", "."])
def test_what_is_unknown_is_none(text: str) -> None:
    block = read_block(f"data_x\n_cell_length_a {text}\n_other 'a ?'\n".encode())
    assert (number_of(block, "_cell_length_a"), text_of(block, "_absent"), texts_of(block, "_other")) == (
        None,
        None,
        ["a ?"],
    )


@pytest.mark.parametrize("text", ["NaN", "inf", "1/3", "5.64 A", "0x10", "1e", "(2)", "٣"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(CifError, match="a number was expected"):
        number_of(read_block(f"data_x\n_cell_length_a '{text}'\n".encode()), "_cell_length_a")


def test_a_pointer_leads_to_the_text_of_a_tag() -> None:
    payload = b"data_a,b\n_cell_length_a 5.6402(2)\n_publ_section_title\n;\nA title;\nof two lines\n;\n"
    assert cif_text(payload, Pointer.of(cif="a,b,_cell_length_a")) == "5.6402(2)"
    assert cif_text(payload, Pointer.of(cif="a,b,_publ_section_title")) == "A title;\nof two lines"
    for place in ("a,b,_cell_length_b", "other,_cell_length_a"):
        with pytest.raises(LookupError):
            cif_text(payload, Pointer.of(cif=place))


def test_of_several_blocks_the_one_with_atoms_is_read() -> None:
    payload = b"data_global\n_journal_year 2000\n" + crystal("Na1 0 0 0 1") + b"data_cell\n_cell_length_a 4\n"
    assert read_block(payload).name == "x"
    with pytest.raises(CifError, match="one block was expected, got 2: x, y"):
        read_block(crystal("Na1 0 0 0 1") + crystal("Na1 0 0 0 1").replace(b"data_x", b"data_y"))


def test_the_structure_must_have_the_stated_formula_but_for_hydrogen() -> None:
    def stated(formula: str) -> tuple[bool, str]:
        head = f"{CUBIC}_chemical_formula_sum '{formula}'\n"
        structure, said = stated_structure_of(read_block(crystal("Na1 0 0 0 1\nO1 0.5 0.5 0.5 1", head)))
        return structure is not None, said

    assert stated("Na O") == stated("Na0.998 O") == (True, "")
    assert stated("Na H O") == (False, "not of all hydrogen atoms")
    with pytest.raises(CifError, match="the formula says Na2 O"):
        stated("Na2 O")
    assert stated_structure_of(read_block(b"data_x\n_chemical_formula_sum 'Na Cl'\n")) == (None, "none")


ANGLES = st.floats(min_value=40.0, max_value=110.0)
EDGES = st.floats(min_value=0.5, max_value=100.0)


@given(st.tuples(EDGES, EDGES, EDGES), st.tuples(ANGLES, ANGLES, ANGLES))
def test_a_lattice_has_the_edges_and_angles_that_it_was_made_from(
    edges: tuple[float, float, float], angles: tuple[float, float, float]
) -> None:
    try:
        lattice = lattice_of(*edges, *angles)
    except CifError:
        assert sum(angles) >= 360.0 or 2 * max(angles) >= sum(angles) * (1 - 1e-9)
        return
    lengths = np.linalg.norm(lattice, axis=1)
    assert lengths == pytest.approx(edges)
    between = [(1, 2), (0, 2), (0, 1)]
    found = [np.degrees(np.arccos(lattice[i] @ lattice[j] / lengths[i] / lengths[j])) for i, j in between]
    assert found == pytest.approx(angles)


@given(
    st.binary(max_size=400) | st.text(alphabet="data_x\n\t loop_;'\"#?.$[]0123456789abcĀ", max_size=400).map(str.encode)
)
def test_any_bytes_are_read_or_refused(payload: bytes) -> None:
    try:
        structure_of(read_block(payload))
    except CifError:
        return


@given(st.binary(max_size=40), st.integers(min_value=0, max_value=400))
def test_a_damaged_file_is_read_or_refused(damage: bytes, place: int) -> None:
    whole = crystal("Na1 0 0 0 1\nCl1 0.5 0.5 0.5 1(1)")
    try:
        structure = structure_of(read_block(whole[:place] + damage + whole[place + len(damage) :]))
    except ValueError:
        return
    assert structure is None or structure.composition()


@cache
def _real_files() -> tuple[Path, ...]:
    return tuple(sorted(SHARED.glob("*.cif")))


def _by_pymatgen(path: Path) -> tuple[dict[str, float], float] | None:
    from pymatgen.io.cif import CifParser

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            (structure,) = CifParser(path).parse_structures(primitive=False)
        except (ValueError, NotImplementedError, AssertionError):
            return None
    return structure.composition.get_el_amt_dict(), structure.volume


@pytest.mark.slow
@pytest.mark.skipif(not _real_files(), reason="no real files beside the project")
def test_real_files_are_read_as_pymatgen_reads_them(record_property: pytest.RecordProperty) -> None:
    counts = dict.fromkeys(("read by both", "refused here alone", "refused there alone", "refused by both"), 0)
    refused_here = []
    for path in _real_files():
        try:
            structure, reason = structure_of(read_block(path.read_bytes())), "no coordinates"
        except CifError as error:
            structure, reason = None, str(error)
        other = _by_pymatgen(path)
        if structure is None:
            counts["refused by both" if other is None else "refused here alone"] += 1
            refused_here += [] if other is None else [reason]
        elif other is None:
            counts["refused there alone"] += 1
        else:
            counts["read by both"] += 1
            amounts, volume = other
            assert structure.composition() == pytest.approx(amounts, rel=1e-3), path.name
            assert np.linalg.det(structure.lattice_vectors) == pytest.approx(volume, rel=1e-6), path.name
    record_property("cif", str(counts))
    assert counts["read by both"] >= 0.95 * len(_real_files())
    assert all("'Wat" in reason for reason in refused_here)
