"""The page of reliability: it says what was seen, of every fault there is, and nothing is lost unnoticed by us."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harvest.faults import FAULTS, Outcome

if TYPE_CHECKING:
    import pytest

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "benchmarks" / "reliability"
RESULTS = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))


def test_the_page_is_made_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, "page", raising=False)
    from page import render

    assert (PROJECT / "docs" / "reliability.md").read_text(encoding="utf-8") == render(RESULTS)


def test_every_fault_was_seen() -> None:
    assert set(RESULTS["matgranary"]) == set(FAULTS)
    assert set(RESULTS["mp-api"]) == {name for name, fault in FAULTS.items() if not fault.speaks_optimade}


def test_we_lose_nothing_unnoticed() -> None:
    for name, seen in RESULTS["matgranary"].items():
        expected = (30, 30) if FAULTS[name].outcome is Outcome.RECOVERED else (0, 0)
        assert (name, (seen["rows"], seen["unique"]), seen["foreign"]) == (name, expected, 0)
