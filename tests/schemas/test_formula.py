"""Formulas: what is read is what was written, and what cannot be read is refused, never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.elements import elements
from schemas.formula import FormulaError, parse_formula

SYMBOLS = st.sampled_from(sorted(elements()))
AMOUNTS = st.one_of(st.integers(1, 40), st.integers(1, 9_999).map(lambda n: n / 1_000))
COMPOSITIONS = st.dictionaries(SYMBOLS, AMOUNTS, min_size=1, max_size=8)


def written(amounts: dict[str, float]) -> str:
    return "".join(f"{symbol}{'' if amount == 1 else f'{amount:g}'}" for symbol, amount in amounts.items())


@given(COMPOSITIONS)
def test_what_is_written_is_read_in_the_order_of_appearance(amounts: dict[str, float]) -> None:
    parsed = parse_formula(written(amounts))
    assert parsed == pytest.approx(amounts)
    assert list(parsed) == list(amounts)


@given(COMPOSITIONS, COMPOSITIONS, st.integers(2, 9), st.sampled_from(["()", "[]", "{}"]))
def test_a_bracket_multiplies_what_it_holds(
    outer: dict[str, float], inner: dict[str, float], times: int, bracket: str
) -> None:
    text = f"{written(outer)}{bracket[0]}{written(inner)}{bracket[1]}{times}"
    both = {s: outer.get(s, 0) + times * inner.get(s, 0) for s in {**outer, **inner}}
    assert parse_formula(text) == pytest.approx(both)


@given(COMPOSITIONS, COMPOSITIONS, st.integers(2, 9), st.sampled_from("·•∙*"))
def test_a_dot_adds_a_part_with_its_factor(
    salt: dict[str, float], guest: dict[str, float], times: int, dot: str
) -> None:
    both = {s: salt.get(s, 0) + times * guest.get(s, 0) for s in {**salt, **guest}}
    assert parse_formula(f"{written(salt)}{dot}{times}{written(guest)}") == pytest.approx(both)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        amounts = parse_formula(text)
    except FormulaError:
        return
    assert amounts
    assert all(symbol in elements() for symbol in amounts)


@given(st.text(alphabet="ABCFeHOLi0123456789.()[]{}·+-^ ₂", max_size=30))
def test_any_text_that_looks_like_a_formula_is_read_or_refused(text: str) -> None:
    try:
        parse_formula(text)
    except FormulaError as error:
        assert repr(text)[1:-1] in str(error)  # noqa: PT017 — most texts are refused, some are not


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("Fe2O3", {"Fe": 2, "O": 3}),
        ("Ca(OH)2", {"Ca": 1, "O": 2, "H": 2}),
        ("K4[Fe(CN)6]", {"K": 4, "Fe": 1, "C": 6, "N": 6}),
        ("Li0.9Na0.1FePO4", {"Li": 0.9, "Na": 0.1, "Fe": 1, "P": 1, "O": 4}),
        ("CuSO4·5H2O", {"Cu": 1, "S": 1, "O": 9, "H": 10}),
        ("Al₂O₃", {"Al": 2, "O": 3}),
        ("D2O", {"H": 2, "O": 1}),
        ("Na+", {"Na": 1}),
        ("Fe^3+", {"Fe": 1}),
        ("HfO.5", {"Hf": 1, "O": 0.5}),
    ],
)
def test_formulas_as_they_are_printed(text: str, amounts: dict[str, float]) -> None:
    assert parse_formula(text) == pytest.approx(amounts)


@pytest.mark.parametrize(
    ("text", "amounts"),
    [("NH4+", {"N": 1, "H": 4}), ("NO3-", {"N": 1, "O": 3}), ("SO42-", {"S": 1, "O": 4})],
)
def test_a_charge_takes_no_subscript_away(text: str, amounts: dict[str, float]) -> None:
    try:
        parsed = parse_formula(text)
    except FormulaError:
        return  # refused, not guessed
    assert parsed == amounts


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no element"),
        ("Qq2", "Qq is not an element"),
        ("Fe2O3)", "not opened"),
        ("Ca(OH", "not closed"),
        ("2", "follows no element"),
        ("Fe2-O3", "'-' is not part"),
        ("fe2o3", "'f' is not part"),
        ("H" * 300, "at most 256 characters"),
    ],
)
def test_a_refusal_says_why(text: str, why: str) -> None:
    with pytest.raises(FormulaError, match=why):
        parse_formula(text)
