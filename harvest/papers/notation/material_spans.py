"""Material spans: running text in; where it names a material by formula, composite, grade or common name, out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from harvest.papers.notation.materials import common_names, is_formula, read_material

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harvest.papers.notation.materials import Material

_TOKEN = re.compile(r"[^\s,;]+")
_STRIPPED = "().:[]“”\"'"
_JOINED = re.compile(r"[/@+]|[-‐‑–—](?=[A-Z])")
_GRADE = re.compile(
    r"\b(?:AISI|SAE|AA|ASTM|DIN|Inconel|Hastelloy|Incoloy|Ti-6Al-4V|SS|Zircaloy|Nafion|Celgard)[ -]?[A-Z]?"
    r"\d{1,4}\w{0,3}\b|\b(?:Ti-6Al-4V|AlSi10Mg|AZ\d\d\w?|\d{3}L (?:stainless )?steel|S\d{3}[A-Z]{0,3})\b"
)
_POLYMERS = [
    "PMMA", "PLA", "PCL", "PLGA", "PVA", "PVDF", "PTFE", "PET", "PEEK", "PDMS", "PEO", "PEG", "PAN", "PANI",
    "PEDOT", "PVP", "PVC", "ABS", "PBS", "PHB", "PBAT", "PAMAM", "PNIPAM", "HDPE", "LDPE", "UHMWPE", "PEI", "PES",
    "PSF", "PBI", "Nafion", "GO", "rGO", "CNT", "CNTs", "MWCNT", "MWCNTs", "SWCNT", "SWCNTs", "YSZ", "LSCF", "LSC",
    "GDC", "LSM", "LCO", "NMC", "NCA", "LFP", "LMO", "TPU", "EVA", "PBT", "POM", "PHBV", "PLLA", "PDLLA", "PAA", "PPy",
    "P3HT", "PCBM", "EPDM", "SBR", "NBR", "LLZO", "LLZTO", "LATP", "LAGP", "LLTO", "NCM", "LNMO", "HAp", "GelMA",
    "MXene", "ZIF-8", "ZIF-67", "MOF-5", "UiO-66", "MIL-101", "HKUST-1", "g-C3N4", "PVDF-HFP", "PEDOT:PSS",
]  # fmt: skip
_NAMED = re.compile(rf"(?<![\w-])(?:{'|'.join(sorted(_POLYMERS, key=len, reverse=True))})(?![\w])")


@dataclass(frozen=True, slots=True)
class MaterialSpan:
    """Where a text names a material."""

    start: int
    end: int
    material: Material


def find_materials(text: str) -> tuple[MaterialSpan, ...]:
    """Return what a text names, in its order, the longer of two that overlap."""
    spans = sorted(_all(text), key=lambda span: (span.start, -span.end))
    kept: list[MaterialSpan] = []
    for span in spans:
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return tuple(kept)


def grades_in(text: str) -> tuple[str, ...]:
    """Return the grades of alloys and commercial materials that a text names, such as "Inconel 718"."""
    return tuple(found[0] for found in _GRADE.finditer(text))


def _all(text: str) -> Iterator[MaterialSpan]:
    for token in _TOKEN.finditer(text):
        word = token[0].strip(_STRIPPED)
        start = token.start() + token[0].find(word)
        parts = [part for part in _JOINED.split(word) if part]
        if word and (is_formula(word) or (len(parts) > 1 and any(is_formula(part) for part in parts))):
            yield MaterialSpan(start, start + len(word), read_material(word))
    for pattern in (_GRADE, _NAMED, _common()):
        for found in pattern.finditer(text):
            yield MaterialSpan(found.start(), found.end(), read_material(found[0]))


@cache
def _common() -> re.Pattern[str]:
    """Return the pattern of the names that need no formula: "alumina", "graphite", "fused silica"."""
    names = sorted(common_names(), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b", re.IGNORECASE)
