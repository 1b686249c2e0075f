from __future__ import annotations

import numpy as np
import pytest

from curation.represent.structure.make_letter_permutations import entry
from curation.represent.structure.symmetry import symmetry_of
from curation.represent.structure.wyckoff_sets import canonical_letters, closure, equivalent_letters


def permutations(number: int) -> set[str]:
    return equivalent_letters(number)[1]


@pytest.mark.parametrize(
    ("number", "n_permutations"),
    [(1, 1), (2, 1344), (16, 48), (47, 48), (166, 2), (225, 2), (227, 2), (230, 1)],
)
def test_normalisers_permute_as_many_letters_as_the_tables_say(number: int, n_permutations: int) -> None:
    assert len(permutations(number)) == n_permutations


def test_every_space_group_has_all_its_letters() -> None:
    for number in range(1, 231):
        letters, words = equivalent_letters(number)
        assert letters in words
        assert all(sorted(word) == list(letters) for word in words)


@pytest.mark.parametrize("number", [5, 47, 166])
def test_the_table_is_what_makes_it_says(number: int) -> None:
    made = entry(number)
    letters, generators = str(made["letters"]), list(made["generators"])
    assert (letters, closure(letters, generators)) == equivalent_letters(number)


def test_rock_salt_is_the_same_from_either_atom() -> None:
    sodium, chlorine = (1, (("a", 1),)), (1, (("b", 1),))
    assert canonical_letters(225, (sodium, chlorine)) == ("a_b", "b a")
    assert canonical_letters(225, ((1, (("b", 1),)), (1, (("a", 1),)))) == ("a_b", "b a")


def test_a_prototype_does_not_ask_which_axis_is_longer() -> None:
    """An orthorhombic cell, Immm, whose first axis is the shorter one and then the longer one."""
    corner = np.array([[0.0, 0, 0], [0.5, 0.5, 0.5]])
    positions = np.vstack(
        [corner, corner + np.array([0.5, 0, 0]), corner + np.array([0, 0, 0.3]), corner - np.array([0, 0, 0.3])]
    )
    numbers = np.array([26, 26, 8, 8, 3, 3, 3, 3])
    labels = [symmetry_of(np.diag(axes), positions, numbers) for axes in ([4.0, 5.0, 9.0], [5.0, 4.0, 9.0])]
    assert labels[0]["space_group_number"] == labels[1]["space_group_number"] == 71
    assert labels[0]["prototype"] == labels[1]["prototype"]
