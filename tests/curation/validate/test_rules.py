from __future__ import annotations

import re

import pytest

from curation.validate.rules import ENTRY_RULES, VALUE_RULES, Rule

ALL = ENTRY_RULES + VALUE_RULES


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.name)
def test_rules_have_words_and_conditions(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", rule.name)
    assert rule.breaks
    assert rule.reason


def test_names_are_unique() -> None:
    assert len({rule.name for rule in ALL}) == len(ALL)
