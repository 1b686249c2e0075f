"""Real sentences, where they are at hand: a floor under the scores of quantities and of pairs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from harvest.papers.text.quantity_spans import find_quantities

SHARED = Path(os.environ.get("MATGRANARY_SHARED", Path(__file__).parents[5] / "shared" / "data")) / "papers"
SENTENCES = SHARED / "sentences_mulms_train_dev.jsonl"
pytestmark = pytest.mark.skipif(not SENTENCES.is_file(), reason=f"no sentences under {SHARED} (MATGRANARY_SHARED)")
KINDS = {"VALUE", "RANGE", "NUM"}


def gold_quantities(split: str) -> dict[str, set[tuple[int, int]]]:
    """Return the spans of quantities in each sentence of a split."""
    found: dict[str, set[tuple[int, int]]] = {}
    for line in SENTENCES.read_text(encoding="utf-8").splitlines():
        frame: dict[str, Any] = json.loads(line)
        if frame["split"] != split:
            continue
        spans = found.setdefault(frame["sentence"], set())
        slots = [slot for value in frame.values() if isinstance(value, list) for slot in value]
        for each in [*slots, *(value for slot in slots for value in slot.get("values", []))]:
            if each["type"] in KINDS:
                spans.add((each["begin"] - frame["sentence_begin"], each["end"] - frame["sentence_begin"]))
    return found


def test_quantities_of_the_development_sentences_are_found() -> None:
    exact = overlapping = found = wanted = 0
    for sentence, gold in gold_quantities("dev").items():
        spans = {(span.start, span.end) for span in find_quantities(sentence)}
        exact += len(spans & gold)
        overlapping += sum(any(a < d and c < b for c, d in spans) for a, b in gold)
        found += len(spans)
        wanted += len(gold)
    assert 2 * exact / (found + wanted) > 0.74
    assert overlapping / wanted > 0.88
