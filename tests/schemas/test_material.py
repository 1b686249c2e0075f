"""Materials: a record names elements and agrees with itself, or is not made."""

from typing import Any

import pytest
from pydantic import ValidationError

from schemas.material import MaterialRecord, Species, Structure
from schemas.provenance import Pointer

HERE = Pointer.of(line=1)
CUBE = ((4.0, 0.0, 0.0), (0.0, 4.0, 0.0), (0.0, 0.0, 4.0))


def species(name: str, **shares: float) -> Species:
    return Species(name=name, chemical_symbols=tuple(shares), concentration=tuple(shares.values()))


def structure(sites: tuple[int, ...], *kinds: Species, **changes: Any) -> Structure:  # noqa: ANN401 — any field
    positions = tuple((0.1 * n, 0.0, 0.0) for n in range(len(sites)))
    fields = {"lattice_vectors": CUBE, "fractional_positions": positions, "site_species": sites, "species": kinds}
    return Structure.model_validate(fields | changes)


def test_the_composition_of_a_structure_sums_its_sites() -> None:
    built = structure((0, 0, 1), species("Na", Na=1.0), species("Cl", Cl=1.0))
    assert built.composition() == {"Na": 2.0, "Cl": 1.0}


def test_shares_are_summed_without_noise_and_vacancies_are_no_element() -> None:
    built = structure((0, 1, 2), species("a", Fe=0.1), species("b", Fe=0.2), species("c", O=0.75, vacancy=0.25))
    assert built.composition() == {"Fe": 0.3, "O": 0.75}


def test_a_formula_serves_where_there_is_no_structure() -> None:
    assert MaterialRecord(source_id="1", formula="SiO2", pointer=HERE).composition() == {"Si": 1.0, "O": 2.0}


def test_the_structure_wins_over_the_formula() -> None:
    built = structure((0,), species("Si", Si=1.0))
    assert MaterialRecord(source_id="1", formula="SiO2", structure=built, pointer=HERE).composition() == {"Si": 1.0}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"source_id": "1"}, "names no element"),
        ({"source_id": "1", "formula": "Qq"}, "not a chemical formula"),
        ({"source_id": "", "formula": "Si"}, "at least 1 character"),
        ({"source_id": "a\nb", "formula": "Si"}, "no control characters"),
        ({"source_id": "a" * 513, "formula": "Si"}, "at most 512"),
        ({"source_id": "1", "formula": "Si", "colour": "blue"}, "Extra inputs"),
    ],
)
def test_a_record_that_cannot_be_is_refused(fields: dict[str, str], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        MaterialRecord.model_validate({"pointer": HERE, **fields})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"site_species": (), "fractional_positions": ()}, "at least one site"),
        ({"site_species": (0, 0)}, "1 positions but 2 sites"),
        ({"site_species": (1,)}, "only 1 species"),
        ({"site_species": (-1,)}, "greater than or equal to 0"),
        ({"fractional_positions": ((float("nan"), 0.0, 0.0),)}, "finite number"),
        ({"lattice_vectors": CUBE[:2]}, "Field required"),
    ],
)
def test_a_structure_that_does_not_agree_with_itself_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        structure((0,), species("Si", Si=1.0), **changes)


def test_species_name_elements_with_a_share_each() -> None:
    with pytest.raises(ValidationError, match="Qq is no chemical element"):
        species("odd", Qq=1.0)
    with pytest.raises(ValidationError, match="2 symbols but 1 concentrations"):
        Species(name="odd", chemical_symbols=("Fe", "Ni"), concentration=(1.0,))
    with pytest.raises(ValidationError, match="less than or equal to"):
        species("odd", Fe=1.2)


def test_a_record_cannot_be_changed() -> None:
    record = MaterialRecord(source_id="1", formula="Si", pointer=HERE)
    with pytest.raises(ValidationError, match="frozen"):
        record.formula = "Ge"  # type: ignore[misc]
