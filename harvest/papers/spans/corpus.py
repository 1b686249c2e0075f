"""Corpus: annotated sentences in, their spans by kind out.

Reads the measurement frames of MuLMS (Schrader et al., 2023, CC-BY-SA-4.0) as JSON lines: a sentence, where it begins,
and the slots of a frame with their characters. Frames of one sentence are joined.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUANTITY, PROPERTY, MATERIAL = KINDS = ("QUANTITY", "PROPERTY", "MATERIAL")
_KIND_OF = {"VALUE": QUANTITY, "RANGE": QUANTITY, "NUM": QUANTITY, "PROPERTY": PROPERTY, "MAT": MATERIAL}
_WITH_VALUES = ("measuresProperty", "conditionProperty")

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Sentence:
    """An annotated sentence; places are start and end in its own characters.

    Attributes:
        split: of the corpus, for example `train1` or `dev`.
        spans: kind, start and end, each once.
        pairs: a property and its value.
    """

    text: str
    split: str
    spans: frozenset[tuple[str, int, int]]
    pairs: frozenset[tuple[Place, Place]]

    def places(self, kind: str) -> set[Place]:
        """Return the places of one kind."""
        return {(start, end) for each, start, end in self.spans if each == kind}


def read_sentences(path: Path) -> list[Sentence]:
    """Return the sentences of a corpus, in its order.

    Raises:
        ValueError: a line is no frame; says which.
    """
    found: dict[tuple[str, int, str], list[dict[str, Any]]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            frame = json.loads(line)
            found.setdefault((frame["doc"], frame["sentence_begin"], frame["sentence"]), []).append(frame)
        except (ValueError, KeyError, TypeError) as error:
            message = f"{path}:{number}: no measurement frame ({type(error).__name__}: {error})"
            raise ValueError(message) from error
    return [_sentence(text, begin, frames) for (_doc, begin, text), frames in found.items()]


def _sentence(text: str, begin: int, frames: list[dict[str, Any]]) -> Sentence:
    spans = {span for frame in frames for span in _spans(frame, begin, len(text))}
    pairs = {pair for frame in frames for pair in _pairs(frame, begin)}
    return Sentence(text, frames[0]["split"], frozenset(spans), frozenset(pairs))


def _spans(frame: dict[str, Any], begin: int, length: int) -> Iterator[tuple[str, int, int]]:
    """Yield the spans of a frame that stand in the sentence; a frame may name a material of an earlier one."""
    slots = [slot for name, value in frame.items() if isinstance(value, list) for slot in value if name]
    for each in [*slots, *(value for slot in slots for value in slot.get("values", ()))]:
        kind, start, end = _KIND_OF.get(each["type"]), each["begin"] - begin, each["end"] - begin
        if kind is not None and 0 <= start < end <= length:
            yield kind, start, end


def _pairs(frame: dict[str, Any], begin: int) -> Iterator[tuple[Place, Place]]:
    for slot in [slot for name in _WITH_VALUES for slot in frame.get(name, ())]:
        for value in slot.get("values", ()):
            yield (slot["begin"] - begin, slot["end"] - begin), (value["begin"] - begin, value["end"] - begin)
