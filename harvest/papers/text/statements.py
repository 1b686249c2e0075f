"""Statements: the prose of a document in, each value that a sentence states out, as a reading with its characters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harvest.papers.notation.materials import Material
from harvest.papers.notation.named_materials import material_in
from harvest.papers.tables.readings import Reading
from harvest.papers.tables.scope import read_method
from harvest.papers.text.quantity_spans import find_quantities
from schemas.measurement import Method
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.papers.document import Document, Paragraph
    from harvest.papers.text.measurements import Measurement


@dataclass(frozen=True, slots=True)
class Passage:
    """Characters `start` to `end` of the text of a document."""

    start: int
    end: int

    @property
    def pointer(self) -> Pointer:
        """The place as a step of characters (RFC 5147)."""
        return Pointer.of(char=f"{self.start},{self.end}")

    @property
    def line(self) -> Pointer:
        """What a rejected value is named by: the same place."""
        return self.pointer


def read_statements(document: Document) -> Iterator[Reading]:
    """Yield the values that the sentences of an article state, paragraph by paragraph.

    Only paragraphs that hold a quantity with a unit go through the pipeline of spaCy: most hold none.
    """
    from harvest.papers.text.language import measurements_in  # noqa: PLC0415 — spaCy is slow to import

    paragraphs = [each for section in document.sections for each in section.paragraphs if _has_unit(document, each)]
    around = material_in(document.title.markup)
    found = measurements_in(document.passage(paragraph) for paragraph in paragraphs)
    for paragraph, measurements in zip(paragraphs, found, strict=True):
        for measurement in measurements:
            yield from _readings(document, paragraph, measurement, around)


def _has_unit(document: Document, paragraph: Paragraph) -> bool:
    return any(span.has_unit for span in find_quantities(document.passage(paragraph)))


def _readings(
    document: Document, paragraph: Paragraph, measurement: Measurement, around: Material | None
) -> Iterator[Reading]:
    material = measurement.material.material if measurement.material else around
    for quantity in measurement.quantity.quantities:
        unit = quantity.unit or measurement.quantity.unit
        factor = unit.factor if unit else 1.0
        yield Reading(
            place=Passage(paragraph.start + measurement.start, paragraph.start + measurement.end),
            property=measurement.property,
            label=measurement.label,
            title=_printed(document, paragraph, measurement),
            header="",
            quantity=quantity.scaled(factor),
            unit=unit.spelling if unit else "1",
            scale=unit.scale if unit else None,
            stated_unit=unit,
            factor=factor,
            text=document.text[paragraph.start + measurement.start : paragraph.start + measurement.end],
            material=material or Material(printed=""),
            material_from="sentence" if measurement.material else "title" if around else "heading",
            property_from=measurement.rule,
            unit_from="cell" if unit else "",
            conditions=measurement.conditions,
            method=read_method(document.passage(paragraph))[0] or Method.UNKNOWN,
            functional=None,
            citations=(),
            tier=document.tier,
        )


def _printed(document: Document, paragraph: Paragraph, measurement: Measurement) -> str:
    start, end = measurement.property_start, measurement.property_end
    return document.text[paragraph.start + start : paragraph.start + end]
