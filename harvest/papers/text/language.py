"""Language: a blank English pipeline of spaCy with rules for scientific text; no model is loaded or fetched.

The factories are registered under `spacy_factories`, so that `spacy.blank("en").add_pipe("matgranary_measurements")`
works in anybody's pipeline.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

import spacy
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span
from spacy.util import compile_infix_regex, compile_prefix_regex, filter_spans

from harvest.papers.notation.material_spans import find_materials
from harvest.papers.notation.vocabulary import property_names
from harvest.papers.text.measurements import Measurement, read_measurements
from harvest.papers.text.quantity_spans import find_quantities

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

COMPONENTS = ("matgranary_sentences", "matgranary_spans", "matgranary_measurements")
_ABBREVIATIONS = (
    "Fig.", "Figs.", "fig.", "figs.", "Ref.", "Refs.", "ref.", "refs.", "Eq.", "Eqs.", "eq.", "eqs.", "al.", "e.g.",
    "i.e.", "ca.", "vs.", "approx.", "resp.", "wt.", "at.", "vol.", "mol.", "No.", "no.", "Nos.", "Tab.", "Sec.",
    "cf.", "etc.", "Dr.", "Prof.", "St.", "Inc.", "Ltd.", "Co.", "Corp.", "viz.", "a.u.", "f.u.", "temp.", "max.",
    "min.", "avg.", "conc.",
)  # fmt: skip
_END = frozenset([".", "!", "?"])
_OPENS = re.compile(r"^[A-Z0-9(\[“\"'Α-Ωα-ω]")
_INITIAL = re.compile(r"^[A-Z]$")


@cache
def load_language() -> Language:
    """Return the pipeline: tokenizer, sentences, spans of quantities, properties and materials, measurements."""
    language = spacy.blank("en")
    _teach_tokenizer(language)
    for name in COMPONENTS:
        language.add_pipe(name)
    return language


def measurements_in(texts: Iterable[str]) -> Iterator[tuple[Measurement, ...]]:
    """Yield what each text states, in order; the texts are streamed through the pipeline."""
    for doc in load_language().pipe(texts, batch_size=64):
        yield doc._.measurements


class _Tokenizer(Protocol):
    """What is taught to spaCy's tokenizer, which ships without types."""

    prefix_search: Callable[[str], re.Match[str] | None]
    infix_finditer: Callable[[str], Iterator[re.Match[str]]]

    def add_special_case(self, string: str, substrings: list[dict[str, str]]) -> None: ...


def _teach_tokenizer(language: Language) -> None:
    """Keep abbreviations whole, and part numbers from signs and from the units set against them."""
    tokenizer = cast("_Tokenizer", language.tokenizer)
    for abbreviation in _ABBREVIATIONS:
        tokenizer.add_special_case(abbreviation, [{"ORTH": abbreviation}])
    prefixes = [*(language.Defaults.prefixes or ()), r"[~≈∼≃<>≤≥±−–]"]
    infixes = [*(language.Defaults.infixes or ()), r"(?<=\d)(?=[µμ°℃Å%])", r"(?<=\d)[–—](?=\d)", r"[×±]"]
    tokenizer.prefix_search = compile_prefix_regex(prefixes).search
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer


@Language.component("matgranary_sentences")
def mark_sentences(doc: Doc) -> Doc:
    """Begin a sentence behind each full stop that ends one; abbreviations and initials end none."""
    for token in doc[:-1]:
        following = doc[token.i + 1]
        before = doc[token.i - 1].text if token.i else ""
        ends = token.text in _END and bool(token.whitespace_) and not _INITIAL.match(before)
        following.is_sent_start = ends and bool(_OPENS.match(following.text))
    return doc


@Language.factory("matgranary_spans")
class SpanMarker:
    """Puts quantities, names of properties and materials into `doc.spans`."""

    def __init__(self, nlp: Language, name: str) -> None:
        """Build the matcher of all names of scalar properties; the label is the name itself."""
        del name
        self._matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
        for each in property_names():
            self._matcher.add(each, [nlp.make_doc(each), nlp.make_doc(f"{each}s")])

    def __call__(self, doc: Doc) -> Doc:
        """Mark one text."""
        quantities = ((found.start, found.end) for found in find_quantities(doc.text))
        materials = ((found.start, found.end) for found in find_materials(doc.text))
        doc.spans["quantities"] = _marked(doc, quantities, "QUANTITY")
        doc.spans["materials"] = _marked(doc, materials, "MATERIAL")
        named = [Span(doc, start, end, label=label) for label, start, end in self._matcher(doc)]
        doc.spans["properties"] = filter_spans(named)
        return doc


@Language.component("matgranary_measurements")
def link_measurements(doc: Doc) -> Doc:
    """Put what each sentence states into `doc._.measurements`."""
    found: list[Measurement] = []
    for sentence in doc.sents:
        names = [
            (span.start_char - sentence.start_char, span.end_char - sentence.start_char, span.label_)
            for span in doc.spans["properties"]
            if sentence.start <= span.start < sentence.end
        ]
        found.extend(read_measurements(sentence.text, names, offset=sentence.start_char))
    doc._.measurements = tuple(found)
    return doc


def _marked(doc: Doc, places: Iterable[tuple[int, int]], label: str) -> list[Span]:
    spans = (doc.char_span(start, end, label=label, alignment_mode="expand") for start, end in places)
    return [span for span in spans if span is not None]


if not Doc.has_extension("measurements"):
    Doc.set_extension("measurements", default=())
