"""Sentences of MuLMS (train and dev): quantities and pairs of property and value, scored by their characters."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from articles import SENTENCES

from harvest.papers.text.language import measurements_in
from harvest.papers.text.quantity_spans import find_quantities

if TYPE_CHECKING:
    from collections.abc import Callable

Span = tuple[int, int]
Pair = tuple[int, int, int, int]
KINDS = {"VALUE", "RANGE", "NUM"}


@cache
def splits() -> dict[tuple[str, int, str], str]:
    """Return the part of the corpus that each sentence is in: "train" or "dev"."""
    lines = (json.loads(line) for line in SENTENCES.read_text(encoding="utf-8").splitlines())
    return {(each["doc"], each["sentence_begin"], each["sentence"]): each["split"].rstrip("12345") for each in lines}


@cache
def frames() -> dict[tuple[str, int, str], tuple[set[Span], set[Pair]]]:
    """Return the quantities and the pairs of each sentence."""
    found: dict[tuple[str, int, str], tuple[set[Span], set[Pair]]] = {}
    for line in SENTENCES.read_text(encoding="utf-8").splitlines():
        frame: dict[str, Any] = json.loads(line)
        begin = frame["sentence_begin"]
        spans, pairs = found.setdefault((frame["doc"], begin, frame["sentence"]), (set(), set()))
        slots = [slot for value in frame.values() if isinstance(value, list) for slot in value]
        for slot in slots:
            for each in (slot, *slot.get("values", [])):
                if each["type"] in KINDS:
                    spans.add((each["begin"] - begin, each["end"] - begin))
        for slot in (*frame.get("measuresProperty", []), *frame.get("conditionProperty", [])):
            for each in slot.get("values", []):
                pairs.add((slot["begin"] - begin, slot["end"] - begin, each["begin"] - begin, each["end"] - begin))
    return found


def meet(a: Span, b: Span) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def score_quantities(find: Callable[[str], set[Span]] | None = None, *, split: str = "") -> dict[str, float]:
    """Return F1 of exact and of overlapping spans, of one part of the corpus or of both."""
    find = find or (lambda text: {(span.start, span.end) for span in find_quantities(text)})
    exact = hit = right = found = wanted = 0
    for (doc, begin, sentence), (gold, _pairs) in frames().items():
        if split not in {"", splits()[doc, begin, sentence]}:
            continue
        spans = find(sentence)
        exact += len(spans & gold)
        hit += sum(any(meet(a, b) for b in spans) for a in gold)
        right += sum(any(meet(a, b) for b in gold) for a in spans)
        found, wanted = found + len(spans), wanted + len(gold)
    overlap = f1(right / max(found, 1), hit / wanted)
    return {
        "exact F1": round(f1(exact / max(found, 1), exact / wanted), 3),
        "overlap F1": round(overlap, 3),
        "overlap P": round(right / max(found, 1), 3),
        "overlap R": round(hit / wanted, 3),
    }


def score_pairs(split: str) -> dict[str, float]:
    """Return P, R and F1 of pairs whose property and value both overlap those of a gold pair, in one part."""
    hit = right = found = wanted = 0
    sentences = [each for each in frames() if splits()[each] == split]
    for sentence, stated in zip(sentences, measurements_in(s for _d, _b, s in sentences), strict=True):
        gold = frames()[sentence][1]
        pairs = {(m.property_start, m.property_end, m.start, m.end) for m in stated}
        hit += sum(any(both_meet(a, b) for b in pairs) for a in gold)
        right += sum(any(both_meet(a, b) for b in gold) for a in pairs)
        found, wanted = found + len(pairs), wanted + len(gold)
    precision, recall = right / found, hit / wanted
    return {"P": round(precision, 3), "R": round(recall, 3), "F1": round(f1(precision, recall), 3)}


def both_meet(a: Pair, b: Pair) -> bool:
    return meet(a[:2], b[:2]) and meet(a[2:], b[2:])
