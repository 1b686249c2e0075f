"""Score: annotated sentences and what finds spans in them in; precision, recall and F1 by kind and of pairs out.

A span counts where it overlaps one of its kind; a pair where its property and its value both do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harvest.papers.spans.corpus import KINDS, MATERIAL, PROPERTY, QUANTITY
from harvest.papers.spans.pairs import nearest_pairs
from harvest.papers.text.language import load_language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from spacy.language import Language

    from harvest.papers.spans.corpus import Place, Sentence

    Found = dict[str, set[Place]]
    Pairs = set[tuple[Place, Place]]
    Score = tuple[float, float, float]


def scores_of_rules(sentences: Sequence[Sentence]) -> dict[str, Score]:
    """Return the scores of the rules, by kind and of pairs (`PAIR`)."""
    return _scores(sentences, list(_by_rules(sentences)))


def scores_of_trained(model: Language, sentences: Sequence[Sentence]) -> dict[str, Score]:
    """Return the scores of a trained model, its properties and values paired by nearness."""
    return _scores(sentences, list(_by_model(model, sentences)))


def _by_rules(sentences: Sequence[Sentence]) -> Iterator[tuple[Found, Pairs]]:
    for doc in load_language().pipe(sentence.text for sentence in sentences):
        stated = doc._.measurements
        properties = {(each.property_start, each.property_end) for each in stated}
        found = {
            QUANTITY: {(span.start_char, span.end_char) for span in doc.spans["quantities"]},
            PROPERTY: properties | {(span.start_char, span.end_char) for span in doc.spans["properties"]},
            MATERIAL: {(span.start_char, span.end_char) for span in doc.spans["materials"]},
        }
        yield found, {((each.property_start, each.property_end), (each.start, each.end)) for each in stated}


def _by_model(model: Language, sentences: Sequence[Sentence]) -> Iterator[tuple[Found, Pairs]]:
    for doc in model.pipe(sentence.text for sentence in sentences):
        spans = doc.spans["trained"]
        found = {kind: {(span.start_char, span.end_char) for span in spans if span.label_ == kind} for kind in KINDS}
        yield found, nearest_pairs(found[PROPERTY], found[QUANTITY])


def _scores(sentences: Sequence[Sentence], found: Sequence[tuple[Found, Pairs]]) -> dict[str, Score]:
    both = list(zip(sentences, found, strict=True))
    scores = {
        kind: _score([_counted(spans[kind], sentence.places(kind), _meet) for sentence, (spans, _pairs) in both])
        for kind in KINDS
    }
    pairs = [_counted(pairs, set(sentence.pairs), _both_meet) for sentence, (_spans, pairs) in both]
    return {**scores, "PAIR": _score(pairs)}


def _counted[T](found: set[T], gold: set[T], meet: Callable[[T, T], bool]) -> tuple[int, int, int, int]:
    """Return how many found are right, how many were found, how many of the gold were hit, how many there are."""
    right = sum(any(meet(each, other) for other in gold) for each in found)
    hit = sum(any(meet(each, other) for other in found) for each in gold)
    return right, len(found), hit, len(gold)


def _score(counted: Sequence[tuple[int, int, int, int]]) -> Score:
    right, found, hit, gold = (sum(column) for column in zip(*counted, strict=True))
    precision, recall = right / max(found, 1), hit / max(gold, 1)
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def _meet(one: Place, other: Place) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _both_meet(one: tuple[Place, Place], other: tuple[Place, Place]) -> bool:
    return _meet(one[0], other[0]) and _meet(one[1], other[1])
