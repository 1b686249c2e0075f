"""Materials: the text of a cell, caption or title in; the material that it names out, with formula and phase.

A word that merely happens to spell elements ("NCO", "HT", the sample "S1") is no formula: it counts as one only where
its form leaves no doubt, or where the column that it stands in is one of formulas.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from harvest.papers.notation.marked import REMEMBERED, plain
from schemas.elements import ISOTOPES, atomic_numbers
from schemas.formula import FormulaError, parse_formula

_TOKEN = re.compile(r"[^\s,;]+")
_BRACKETED = re.compile(r"\s*[(\[]([^()\[\]]*[a-zα-ω][^()\[\]]*)[)\]]\s*$")
_PREFIX = re.compile(r"^(?P<phase>[αβγδεθκη]′?|[chotmrwλ]|\d+[HRCT]|zb|wz|zb-)[-‐‑–](?=[A-Z])")
_PHASES = (
    "rutile|anatase|brookite|wurtzite|sphalerite|zinc[- ]?blende|cubic|hexagonal|tetragonal|orthorhombic|monoclinic|"
    "triclinic|rhombohedral|trigonal|corundum|sapphire|perovskite|rock[- ]?salt|spinel|diamond|graphite|quartz|calcite|"
    "aragonite|amorphous|glass|vitreous|fused|fluorite|halite|hematite|magnetite"
)
_PHASE_WORD = re.compile(rf"\b({_PHASES})\b", re.IGNORECASE)
_GENERIC = re.compile(
    r"\b(?:single crystals?|crystals?|thin films?|films?|powders?|bulk|ceramics?|samples?|nanoparticles?|pure|pristine|"
    r"undoped|polycrystalline|solid|metal)\b",
    re.IGNORECASE,
)
_MARKED_NUMBER = re.compile(r"_\{[\d.]+\}")
_PLAIN_FORMULA = re.compile(r"^(?:[A-Z][a-z]?|\d+(?:\.\d+)?|[()\[\]{}·•∙*.]|[₀-₉])+$")
# What says in which state a material is, where its name is expected.
_STATE = re.compile(
    r"^(?:bare|uncoated|coated|control|blank|pristine|untreated|treated|annealed|reference|neat|pure|raw|original|"
    r"as[- ](?:cast|built|received|rolled|deposited|spun|prepared|synthesi[sz]ed|quenched)|base metal|substrate)$",
    re.IGNORECASE,
)
_JOINED = re.compile(r"[/@+]|[-‐‑–—](?=[A-Z])")
_LARGEST_IN_CAPITALS = 19
_CODE = re.compile(
    r"^(?:[A-Za-z]{0,5}[-‐‑–_ ]?\d{1,4}[A-Za-z]{0,2}(?:[-‐‑–_./]?[A-Za-z0-9]{1,4}){0,4}|[A-Z]{1,3}"
    r"|[A-Z]{1,5}(?:[-‐‑–_.][A-Za-z0-9.]{1,4}){1,4}"
    r"|(?i:sample|specimen|joint|alloy|batch|run|group|type|no\.?|mix|heat|test|case|condition|state)"
    r"\s?[-#]?\s?[A-Za-z0-9]{1,4})$"
)
_CONSTANTS = frozenset(["Ac3", "Ar3", "Ar1", "Ac1"])
_UNIT_AMOUNT = re.compile(r"[A-Za-z]1(?![\d.])")


@dataclass(frozen=True, slots=True)
class Material:
    """What a text names.

    Attributes:
        printed: the name as printed.
        formula: as printed in it, or that of a common name; none where the text gives no composition.
        phase: the polymorph, where the text says which.
        sample: the code of a sample within `printed`, where `printed` names the material that it is of as well.
        family: formula of the material that a sample is of, which its own composition may differ from.
    """

    printed: str
    formula: str | None = None
    phase: str | None = None
    sample: str = ""
    family: str | None = None


@cache
def _common() -> tuple[dict[str, tuple[str, str | None]], dict[str, str]]:
    raw = tomllib.loads(files("harvest.papers.notation").joinpath("common_names.toml").read_text(encoding="utf-8"))
    return {name: (body["formula"], body.get("phase")) for name, body in raw["materials"].items()}, raw["elements"]


def common_names() -> tuple[str, ...]:
    """Return the names of materials that need no formula, such as "alumina"."""
    return tuple(_common()[0])


@lru_cache(maxsize=REMEMBERED)
def read_material(markup: str, *, is_formula_column: bool = False) -> Material:
    """Return what a text names; without a formula where it gives none.

    Args:
        markup: a cell of a material column, or a word of a caption.
        is_formula_column: the other cells of the column are formulas, so an unclear one is too.
    """
    printed = plain(markup).strip()
    named = _by_name(printed)
    if named is not None:
        return named
    phase, rest = _split_phase(markup.strip())
    for candidate in (rest, _GENERIC.sub(" ", rest).strip()):
        if is_formula(candidate, trusted=is_formula_column):
            return Material(printed, formula=_tidy(candidate), phase=phase)
    named = _by_name(_GENERIC.sub(" ", plain(rest)).strip())
    if named is not None:
        return Material(printed, named.formula, phase or named.phase)
    return _name_and_formula(printed, rest, phase)


def is_formula(markup: str, *, trusted: bool = False) -> bool:
    """Tell whether a text is a chemical formula rather than a word or a sample name.

    Args:
        markup: one word, or several with a middle dot.
        trusted: formulas are expected here.
    """
    text = _tidy(markup)
    if not text or " " in text.strip() or any(isotope in _symbols(text) for isotope in ISOTOPES):
        return text in {"D2O", "T2O", "D2"}
    try:
        amounts = parse_formula(text)
    except FormulaError:
        return False
    return (trusted and not _UNIT_AMOUNT.search(text)) or _has_strong_form(markup, text, amounts)


def _has_strong_form(markup: str, text: str, amounts: dict[str, float]) -> bool:
    """Tell a formula by its form: set subscripts, or two elements of which one has a small letter or an amount."""
    if _MARKED_NUMBER.search(markup) and _PLAIN_FORMULA.match(text):
        # "K_{1}" is a constant, and "Ac_{3}" a temperature of steels.
        return len(amounts) > 1 or (text.lstrip("0123456789") not in _CONSTANTS and set(amounts.values()) != {1.0})
    if len(amounts) < 2 or _UNIT_AMOUNT.search(text) or not _PLAIN_FORMULA.match(text):  # noqa: PLR2004 — a compound
        return False
    if text.isupper() and max(amounts.values()) > _LARGEST_IN_CAPITALS:
        return False  # the sample "BC300" is no boride
    return bool(re.search(r"[a-z]", text)) or bool(re.search(r"\d", text) and len(text) > 2)  # noqa: PLR2004 — "S2"


def _symbols(text: str) -> list[str]:
    return re.findall(r"[A-Z][a-z]?", text)


def _tidy(markup: str) -> str:
    """Return formula text: marks off, thin spaces and blanks around a middle dot away."""
    text = re.sub(r"\^\{[^{}]*[+\-−–]\}", "", markup)
    return re.sub(
        r"[\N{THIN SPACE}\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]| ?([·•∙]) ?", r"\1", plain(text)
    ).strip()


def _by_name(printed: str) -> Material | None:
    materials, elements = _common()
    name = printed.lower()
    if name in materials:
        formula, phase = materials[name]
        return Material(printed, formula, phase)
    return Material(printed, elements[name]) if name in elements else None


def _split_phase(markup: str) -> tuple[str | None, str]:
    """Split the phase off a name: in brackets, as a word, or as a Greek or other letter before a hyphen."""
    prefix = _PREFIX.match(markup)
    if prefix:
        return prefix["phase"], markup[prefix.end() :]
    bracket = _BRACKETED.search(markup)
    if bracket and _PHASE_WORD.search(bracket[1]):
        return bracket[1].strip(), markup[: bracket.start()]
    word = _PHASE_WORD.search(markup)
    if word and word[0].strip() != markup.strip():
        return word[1].lower(), (markup[: word.start()] + " " + markup[word.end() :]).strip(" ,;-")
    return None, markup


def _name_and_formula(printed: str, rest: str, phase: str | None) -> Material:
    """Read "zinc oxide (ZnO)" and "GaN (bulk)": the one formula among name and bracket."""
    bracket = re.search(r"[(\[]([^()\[\]]+)[)\]]\s*$", rest)
    if bracket:
        inside, outside = bracket[1], rest[: bracket.start()].strip()
        strong = [part for part in (outside, inside) if is_formula(part)]
        if len(strong) == 1:
            return Material(printed, formula=_tidy(strong[0]), phase=phase)
    return Material(printed, phase=phase)


def is_element(text: str) -> bool:
    """Tell whether a text is the symbol of an element."""
    return text in atomic_numbers() and text not in ISOTOPES


def formulas_in(markup: str) -> tuple[str, ...]:
    """Return the different materials that a running text names by formulas of strong form."""
    words = [word.strip("().:[]") for word in _TOKEN.findall(markup)]
    found = [read_material(word) for word in words if is_formula(_PREFIX.sub("", word))]
    return tuple(dict.fromkeys(material.printed for material in found))


def composites_in(markup: str) -> tuple[str, ...]:
    """Return the composites that a running text names by joining at least one formula, such as "MnO_{2}/GO"."""
    words = [word.strip("().:[]") for word in _TOKEN.findall(markup)]
    joined = [(word, [part for part in _JOINED.split(word) if part]) for word in words]
    found = [word for word, parts in joined if len(parts) > 1 and any(is_formula(part) for part in parts)]
    return tuple(dict.fromkeys(plain(word) for word in found))


def sample_of(material: Material, sample: str) -> Material:
    """Return a sample of a material, such as "S700MC (Joint 1)"."""
    printed = f"{material.printed} ({sample})" if material.printed else sample
    return Material(printed, phase=material.phase, sample=sample, family=material.formula)


def is_code(text: str) -> bool:
    """Tell the code of a sample, such as "S1", "QT-A-2" or "Joint 3", from the name of a material."""
    name = text.strip()
    return bool(_CODE.match(name) or _STATE.match(name)) and read_material(text).formula is None
