"""Train: annotated sentences in, a trained span categoriser in a folder out, with its scores beside those of the rules.

    python -m harvest.papers.spans.train sentences.jsonl model/

What is trained on MuLMS is an adaptation of it and may be handed on under CC-BY-SA-4.0 only; that is why no model is
part of this project. It runs on one processor core in some minutes, with a fixed seed.
"""

from __future__ import annotations

import argparse
from importlib.resources import as_file, files
from itertools import batched
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

import spacy
from spacy.training import Example
from spacy.util import load_config, load_model_from_config

from harvest.console import say, say_table
from harvest.papers.spans.corpus import KINDS, read_sentences
from harvest.papers.spans.score import scores_of_rules, scores_of_trained
from harvest.papers.text.language import load_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spacy.language import Language

    from harvest.papers.spans.corpus import Sentence


class _Tokenizer(Protocol):
    """What is taken of spaCy's tokenizer, which ships without types."""

    def to_bytes(self, *, exclude: list[str]) -> bytes: ...
    def from_bytes(self, bytes_data: bytes) -> object: ...


SPANS_KEY = "trained"
_SEED = 7
_EPOCHS = 20
_BATCH = 32
_DROPOUT = 0.2
_HELD_OUT = "dev"


def empty_model() -> Language:
    """Return the pipeline of `spans.cfg`, not trained, with the tokenizer of the rules."""
    with as_file(files("harvest.papers.spans").joinpath("spans.cfg")) as path:
        model = load_model_from_config(load_config(path), auto_fill=True)
    taught = cast("_Tokenizer", load_language().tokenizer)
    cast("_Tokenizer", model.tokenizer).from_bytes(taught.to_bytes(exclude=["vocab"]))
    return model


def examples_of(model: Language, sentences: Sequence[Sentence]) -> list[Example]:
    """Return sentences as examples; a span that ends inside a token is widened to it."""
    found = []
    for sentence in sentences:
        reference = model.make_doc(sentence.text)
        spans = [
            reference.char_span(start, end, label=kind, alignment_mode="expand")
            for kind, start, end in sorted(sentence.spans)
        ]
        reference.spans[SPANS_KEY] = [span for span in spans if span is not None]
        found.append(Example(model.make_doc(sentence.text), reference))
    return found


def train(sentences: Sequence[Sentence], *, epochs: int = _EPOCHS, batch: int = _BATCH, seed: int = _SEED) -> Language:
    """Return a model trained on sentences.

    Args:
        sentences: the annotated sentences.
        epochs: how often each is seen.
        batch: how many are seen at once.
        seed: of the weights and of the order.
    """
    spacy.util.fix_random_seed(seed)  # type: ignore[attr-defined]  # documented there
    model = empty_model()
    examples = examples_of(model, sentences)
    optimizer = model.initialize(lambda: examples)
    for epoch in range(epochs):
        losses: dict[str, float] = {}
        shuffled = [examples[index] for index in _order(len(examples), seed + epoch)]
        for some in batched(shuffled, batch):
            model.update(some, sgd=optimizer, drop=_DROPOUT, losses=losses)
        say(f"epoch {epoch + 1} of {epochs}: loss {losses.get('spancat', 0.0):.1f}")
    return model


def _order(count: int, seed: int) -> list[int]:
    """Return the numbers below `count` in an order that the seed decides."""
    import numpy as np  # noqa: PLC0415 — only training shuffles

    return [int(each) for each in np.random.default_rng(seed).permutation(count)]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train on all splits but dev, write the model, print the scores on dev."""
    parser = argparse.ArgumentParser(description="Train the optional span categoriser.")
    parser.add_argument("sentences", type=Path, help="measurement frames of MuLMS, JSON lines")
    parser.add_argument("model", type=Path, help="folder that the model is written to")
    parser.add_argument("--epochs", type=int, default=_EPOCHS)
    given = parser.parse_args(arguments)
    sentences = read_sentences(given.sentences)
    held_out = [each for each in sentences if each.split == _HELD_OUT]
    model = train([each for each in sentences if each.split != _HELD_OUT], epochs=given.epochs)
    model.to_disk(given.model)
    rules, trained = scores_of_rules(held_out), scores_of_trained(spacy.load(given.model), held_out)
    rows = [(kind, *rules[kind], *trained[kind]) for kind in (*KINDS, "PAIR")]
    say_table(("on dev", "rules P", "R", "F1", "trained P", "R ", "F1 "), rows)


if __name__ == "__main__":
    main()
