"""The page of reliability: it says what was seen, of every fault there is, and nothing is lost unnoticed by us."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from harvest.faults import FAULTS, Outcome

PROJECT = Path(__file__).parents[2]
FOLDER = PROJECT / "benchmarks" / "reliability"
RESULTS = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))


def test_the_page_is_made_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, "page", raising=False)
    from page import render

    assert (PROJECT / "docs" / "reliability.md").read_text(encoding="utf-8") == render(RESULTS)


def test_every_fault_was_seen() -> None:
    for place in RESULTS.values():
        assert set(place["matgranary"]) == set(FAULTS)
    without_links = {name for name, fault in FAULTS.items() if not fault.speaks_optimade}
    assert set(RESULTS["generated"]["mp-api"]) == without_links


@pytest.mark.parametrize(("place", "rows"), [("generated", 30), ("reference server", 17)])
def test_we_lose_nothing_unnoticed(place: str, rows: int) -> None:
    for name, seen in RESULTS[place]["matgranary"].items():
        expected = (rows, rows) if FAULTS[name].outcome is Outcome.RECOVERED else (0, 0)
        assert (name, (seen["rows"], seen["unique"]), seen["foreign"]) == (name, expected, 0)
