"""Component: a text in, what a trained span categoriser marks in it out, as a component of any pipeline of spaCy.

    nlp = spacy.blank("en")
    nlp.add_pipe("matgranary_trained_spans", config={"model": "model/"})

It fills `doc.spans["trained"]` with spans labelled QUANTITY, PROPERTY and MATERIAL. Those of the rules stay.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import spacy
from spacy.language import Language

if TYPE_CHECKING:
    from spacy.tokens import Doc

SPANS_KEY = "trained"
HOW_TO_TRAIN = "train one: python -m harvest.papers.spans.train SENTENCES MODEL"


@Language.factory("matgranary_trained_spans")
class TrainedSpans:
    """Marks spans by a model that was trained beforehand; none is part of this project."""

    def __init__(self, nlp: Language, name: str, model: str) -> None:
        """Load a model.

        Args:
            nlp: the pipeline that the component stands in.
            name: of the component.
            model: folder that training wrote.

        Raises:
            FileNotFoundError: there is no such folder; says how one is made.
        """
        del nlp, name
        if not (Path(model) / "config.cfg").is_file():
            message = f"{model} holds no model of spaCy; {HOW_TO_TRAIN}"
            raise FileNotFoundError(message)
        self._model = spacy.load(model)

    def __call__(self, doc: Doc) -> Doc:
        """Mark one text."""
        read = self._model(doc.text)  # its spans live no longer than itself
        spans = [
            doc.char_span(span.start_char, span.end_char, label=span.label_, alignment_mode="expand")
            for span in read.spans[SPANS_KEY]
        ]
        doc.spans[SPANS_KEY] = [span for span in spans if span is not None]
        return doc
