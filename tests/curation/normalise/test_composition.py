from __future__ import annotations

from functools import reduce
from math import gcd
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymatgen.core import Composition

from curation.normalise.composition import normalise_compositions
from curation.workbench import Workbench
from schemas.elements import elements

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ALL = sorted(elements())


def compositions(bench: Workbench) -> list[dict[str, Any]]:
    return bench.table("SELECT * FROM compositions ORDER BY entry_id").to_pylist()


def composed(records: Sequence[dict[str, float]]) -> list[dict[str, Any]]:
    rows = {
        "entry_id": [f"e-{number:04d}" for number in range(len(records))],
        "formula_given": pa.nulls(len(records), pa.string()),
        "lattice_vectors": pa.nulls(len(records), pa.list_(pa.float64())),
        "elements": [list(amounts) for amounts in records],
        "amounts": pa.array([list(amounts.values()) for amounts in records], pa.list_(pa.float64())),
    }
    with duckdb.connect() as connection:
        bench = Workbench(connection)
        bench.keep("raw_entries", pa.table(rows))
        normalise_compositions(bench)
        return compositions(bench)


def plain(formula: str) -> str:
    """Pymatgen's "Fe2 O3" or "Na1 Cl1" without spaces and ones."""
    parts = [
        (part.rstrip("0123456789"), part.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
        for part in formula.split()
    ]
    return "".join(symbol + ("" if amount == "1" else amount) for symbol, amount in parts)


def test_every_formula_of_the_sample_reads_as_pymatgen_reads_it(
    samples: dict[str, list[dict[str, Any]]], bench_of: Callable[..., Workbench]
) -> None:
    formulas = [row["formula"] for row in samples["dielectric"]]
    made = compositions(bench_of([{"formula": formula} for formula in formulas]))
    assert len(made) == len(formulas) == 4764
    for formula, row in zip(formulas, made, strict=True):
        given_amounts = Composition(formula)
        divisor = reduce(gcd, [int(amount) for amount in given_amounts.values()])
        expected = given_amounts / divisor
        assert row["chemical_formula_reduced"] == plain(expected.alphabetical_formula), formula
        assert row["formula"] == plain(expected.formula), formula
        assert row["chemical_system"] == expected.chemical_system, formula
        assert row["mass_u_per_atom"] == pytest.approx(expected.weight / expected.num_atoms, rel=1e-6), formula
        falling = sorted(expected.values(), reverse=True)
        anonymous = "".join(f"{chr(65 + i)}{int(n) if n > 1 else ''}" for i, n in enumerate(falling))
        assert row["chemical_formula_anonymous"] == anonymous, formula


@pytest.mark.parametrize(
    ("given_formula", "formula", "reduced", "anonymous"),
    [
        ("O3Fe2", "Fe2O3", "Fe2O3", "A3B2"),
        ("ClNa", "NaCl", "ClNa", "AB"),
        ("Na8Cl8", "NaCl", "ClNa", "AB"),
        ("Li0.9Na0.1FePO4", "NaLi9Fe10P10O40", "Fe10Li9NaO40P10", "A40B10C10D9E"),
        ("La1.85Sr0.15CuO4", "Sr3La37Cu20O80", "Cu20La37O80Sr3", "A80B37C20D3"),
        ("H2", "H", "H", "A"),
        ("D2O", "H2O", "H2O", "A2B"),
        ("CuSO4·5H2O", "CuH10SO9", "CuH10O9S", "A10B9CD"),
        ("C2H5OH", "H6C2O", "C2H6O", "A6B2C"),
        ("K0.5Na0.5NbO3", "KNaNb2O6", "KNaNb2O6", "A6B2CD"),
    ],
)
def test_formulas_as_people_and_machines_write_them(
    bench_of: Callable[..., Workbench], given_formula: str, formula: str, reduced: str, anonymous: str
) -> None:
    (row,) = compositions(bench_of([{"formula": given_formula}]))
    found = (row["formula"], row["chemical_formula_reduced"], row["chemical_formula_anonymous"])
    assert found == (formula, reduced, anonymous)


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(ALL), st.integers(1, 60), min_size=1, max_size=6), min_size=1, max_size=20
    ),
    st.integers(1, 12),
)
def test_whole_multiples_and_other_orders_reduce_to_the_same(records: list[dict[str, int]], factor: int) -> None:
    first = composed([{symbol: float(n) for symbol, n in record.items()} for record in records])
    other = composed([{s: float(n * factor) for s, n in reversed(record.items())} for record in records])
    assert [row | {"atoms_per_formula": 0} for row in first] == [row | {"atoms_per_formula": 0} for row in other]
    for record, row in zip(records, first, strict=True):
        divisor = reduce(gcd, record.values())
        amounts = {symbol: n // divisor for symbol, n in sorted(record.items())}
        assert (row["elements"], row["amounts"]) == (list(amounts), [float(n) for n in amounts.values()])
        assert row["chemical_formula_reduced"] == "".join(f"{s}{n if n > 1 else ''}" for s, n in amounts.items())
        assert row["reduced_atoms"] == sum(amounts.values())


@settings(max_examples=8, deadline=None)
@given(st.dictionaries(st.sampled_from(ALL), st.integers(1, 30_000), min_size=2, max_size=5))
def test_fractions_of_a_ten_thousandth_keep_their_proportions(amounts: dict[str, int]) -> None:
    (row,) = composed([{symbol: n / 10_000 for symbol, n in amounts.items()}])
    divisor = reduce(gcd, amounts.values())
    assert dict(zip(row["elements"], row["amounts"], strict=True)) == {s: n / divisor for s, n in amounts.items()}


def test_elements_without_electronegativity_stand_last() -> None:
    (row,) = composed([{"Ne": 1.0, "O": 1.0, "Na": 1.0}])
    assert row["formula"] == "NaONe"


def test_a_formula_unit_is_the_formula_as_given_where_there_is_no_structure(
    bench_of: Callable[..., Workbench], sites: Callable[..., dict[str, Any]]
) -> None:
    cell = [[4.0, 0, 0], [0, 4.0, 0], [0, 0, 4.0]]
    both = sites(cell, ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]) | {"formula_given": "Na4Cl4"}
    rows = compositions(bench_of([{"formula": "Na4Cl4"}, both]))
    assert [row["atoms_per_formula"] for row in rows] == [8, 2]


def test_the_letters_of_anonymous_formulas_follow_the_specification() -> None:
    (row,) = composed([dict.fromkeys(ALL[:27], 1.0)])
    assert row["chemical_formula_anonymous"] == "ABCDEFGHIJKLMNOPQRSTUVWXYZAa"


def test_the_letters_after_aa_follow_the_specification() -> None:
    (row,) = composed([dict.fromkeys(ALL[:29], 1.0)])
    assert row["chemical_formula_anonymous"] == "ABCDEFGHIJKLMNOPQRSTUVWXYZAaBaCa"


def test_a_trace_of_an_element_is_not_lost_in_silence() -> None:
    (row,) = composed([{"Al": 2.0, "O": 3.0, "Cr": 0.00004}])
    assert "Cr" in row["elements"]
