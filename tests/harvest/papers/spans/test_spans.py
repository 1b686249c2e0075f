"""The span categoriser: its corpus is read to the character, it learns what it is shown, and is a component."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import spacy

from harvest.papers.spans.corpus import Sentence, read_sentences
from harvest.papers.spans.pairs import nearest_pairs
from harvest.papers.spans.score import scores_of_rules, scores_of_trained
from harvest.papers.spans.train import empty_model, train

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = 100
TEXTS = [
    (f"The {name} of {material} is {value} {unit}.", name, material, f"{value} {unit}")
    for name, unit in (("band gap", "eV"), ("density", "g/cm3"), ("melting point", "K"))
    for material in ("ZnO", "GaN", "TiO2", "SiC")
    for value in ("3.4", "12", "870")
]


def frame(text: str, name: str, material: str, quantity: str) -> dict[str, Any]:
    def place(part: str) -> dict[str, Any]:
        return {"begin": BEGIN + text.index(part), "end": BEGIN + text.index(part) + len(part)}

    value = {"type": "VALUE", **place(quantity)}
    return {
        "doc": "a",
        "split": "train1",
        "sentence": text,
        "sentence_begin": BEGIN,
        "measuresProperty": [{"type": "PROPERTY", **place(name), "values": [value]}],
        "conditionSampleFeatures": [
            {"type": "MAT", **place(material)},
            {"type": "MAT", "begin": 3, "end": 9},  # of an earlier sentence
        ],
    }


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> list[Sentence]:
    path = tmp_path_factory.mktemp("corpus") / "frames.jsonl"
    path.write_text("".join(json.dumps(frame(*text)) + "\n" for text in TEXTS), encoding="utf-8")
    return read_sentences(path)


def test_spans_and_pairs_are_those_of_the_sentence(sentences: list[Sentence]) -> None:
    first = sentences[0]
    said = {kind: first.text[start:end] for kind, start, end in first.spans}
    assert said == {"PROPERTY": "band gap", "MATERIAL": "ZnO", "QUANTITY": "3.4 eV"}
    assert {(first.text[a:b], first.text[c:d]) for (a, b), (c, d) in first.pairs} == {("band gap", "3.4 eV")}


def test_a_line_that_is_no_frame_is_named(tmp_path: Path) -> None:
    path = tmp_path / "frames.jsonl"
    path.write_text(json.dumps(frame(*TEXTS[0])) + '\n{"doc": "a"}\n', encoding="utf-8")
    with pytest.raises(ValueError, match=r"frames\.jsonl:2: no measurement frame"):
        read_sentences(path)


def test_a_model_learns_what_it_is_shown_and_works_as_a_component(sentences: list[Sentence], tmp_path: Path) -> None:
    model = train(sentences, epochs=18, batch=6)
    before = scores_of_trained(_untrained(sentences), sentences)
    after = scores_of_trained(model, sentences)
    assert after["QUANTITY"][2] > max(0.9, before["QUANTITY"][2])
    assert after["PAIR"][2] > 0.9
    model.to_disk(tmp_path / "model")
    pipeline = spacy.blank("en")
    pipeline.add_pipe("matgranary_trained_spans", config={"model": str(tmp_path / "model")})
    doc = pipeline("The band gap of ZnO is 3.4 eV .")
    assert {(span.text, span.label_) for span in doc.spans["trained"]} >= {("3.4 eV", "QUANTITY"), ("ZnO", "MATERIAL")}


def _untrained(sentences: list[Sentence]) -> Any:  # noqa: ANN401 — spaCy's Language
    from harvest.papers.spans.train import examples_of

    model = empty_model()
    model.initialize(lambda: examples_of(model, sentences))
    return model


def test_the_rules_are_scored_on_the_same_sentences(sentences: list[Sentence]) -> None:
    scores = scores_of_rules(sentences)
    assert scores["QUANTITY"][2] == 1.0
    assert scores["PAIR"][1] > 0.9


def test_a_missing_model_says_how_one_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"harvest\.papers\.spans\.train"):
        spacy.blank("en").add_pipe("matgranary_trained_spans", config={"model": str(tmp_path)})


def test_a_value_goes_to_the_nearest_property_rather_one_before_it() -> None:
    assert nearest_pairs([(0, 5), (30, 35)], [(15, 20)]) == {((0, 5), (15, 20))}
    assert nearest_pairs([(30, 35)], [(15, 20)]) == {((30, 35), (15, 20))}
    assert nearest_pairs([(0, 5)], [(500, 510)]) == set()
    assert nearest_pairs([(0, 5)], [(3, 8)]) == set()
