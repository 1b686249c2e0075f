"""Marked text: printed characters in, the same characters with `^{…}` and `_{…}` around raised and lowered ones out.

Plain text cannot tell 10⁻⁴ set with a superscript from the range 10-4, so whoever reads a number, a unit or a
formula reads the markup. Nothing is transliterated: only the white space of the XML layout is collapsed, and thin
and non-breaking spaces stay what they are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# How many texts a reader of this package remembers: headers and units repeat within an article and a journal.
REMEMBERED = 4096
# Single blanks, which most are, need no change.
_LAYOUT_SPACE = re.compile(r"[ \t\r\n]{2,}|[\t\r\n]")
_MARK = re.compile(r"[\^_]\{([^{}]*)\}")
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"
_LOWERED = "₀₁₂₃₄₅₆₇₈₉"
_RAISED_RUN = re.compile(f"[{_RAISED}]+")
_LOWERED_RUN = re.compile(f"[{_LOWERED}]+")
_FROM_RAISED = str.maketrans(_RAISED, "0123456789+-")
_FROM_LOWERED = str.maketrans(_LOWERED, "0123456789")
_DASHES = re.compile(r"[‐‑‒–—−﹣－]")
_WORD_SPACE = re.compile(r"\s+")
_SPLIT_RUN = re.compile(r"([\^_])\{([^{}]*)\}\1\{")
# "E _{corr}", "g ^{-1}": a script that was set apart from the letter that it belongs to.
_APART = re.compile(r"(?<=[^\W\d_]) (?=[_^]\{)")
# Where a cell begins a new line or paragraph; only the markup keeps it, so that two numbers are not read as one.
LINE = "\N{LINE SEPARATOR}"
_AROUND_LINE = re.compile(f" *{LINE}[ {LINE}]*")
_STRAY_SEPARATOR = re.compile(r"_\{([^{}]*)/\}")


@dataclass(frozen=True, slots=True)
class Marked:
    """A text as printed, and the same text with its raised and lowered runs marked."""

    text: str
    markup: str

    @classmethod
    def of(cls, markup: str) -> Marked:
        """Return marked text from its markup, with the white space of the layout collapsed."""
        # Looking for a character is many times faster than the pattern, and most texts hold none of these.
        is_laid_out = "\n" in markup or "  " in markup or "\t" in markup or "\r" in markup
        collapsed = _LAYOUT_SPACE.sub(" ", markup) if is_laid_out else markup
        if LINE in collapsed:
            collapsed = _AROUND_LINE.sub(LINE, collapsed)
        collapsed = collapsed.strip(f" {LINE}")
        return cls(text=plain(collapsed), markup=collapsed)


def plain(markup: str) -> str:
    """Return the printed characters alone; marks may be nested."""
    while "{" in markup:
        shorter = _MARK.sub(r"\1", markup)
        if shorter == markup:
            break
        markup = shorter
    return markup.replace(LINE, " ") if LINE in markup else markup


def for_reading(markup: str) -> str:
    """Return markup in the one spelling that numbers and units are read from; never stored.

    Dashes and the minus sign become "-", raised Unicode digits become `^{…}`, all spaces become one blank, and a
    separator that was set inside a subscript ("D_{v/}nm") stands after it.
    """
    text = _RAISED_RUN.sub(lambda run: "^{" + run[0].translate(_FROM_RAISED) + "}", markup)
    text = _LOWERED_RUN.sub(lambda run: "_{" + run[0].translate(_FROM_LOWERED) + "}", text)
    text = _STRAY_SEPARATOR.sub(r"_{\1}/", _SPLIT_RUN.sub(r"\1{\2", text))
    text = _DASHES.sub("-", text).replace("Ω", "Ω").replace("Å", "Å").replace("μ", "µ")
    return _APART.sub("", _WORD_SPACE.sub(" ", text)).strip()


def as_printed(markup: str, fragment: str) -> str:
    """Return the characters that a part of `for_reading(markup)` was printed with.

    Dashes, the minus sign and spaces have many forms, so the part is looked for by what they are read as. A part that
    is not found again, because raised digits stand in it, is returned as it is.
    """
    text = plain(markup)
    read = "".join(for_reading(f"x{character}x")[1:-1] or character for character in text)
    start = read.find(plain(fragment)) if len(read) == len(text) else -1
    return text[start : start + len(plain(fragment))] if start >= 0 else plain(fragment)
