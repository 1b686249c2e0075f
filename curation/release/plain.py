"""Plain: text that others wrote, made inert for Markdown, spreadsheets and YAML, and without personal addresses."""

from __future__ import annotations

import json
import re

_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")
# A number, also with its uncertainty in brackets or as a percentage, and a sign that stands alone: nothing to be run.
_INERT = re.compile(
    r"[=+\-@]|[+-]\s?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?:\(\d+\))?\s?%?|inf(?:inity)?|nan)", re.IGNORECASE
)
WITHHELD = "[address withheld]"

# In lower case the last label is no chemical formula: `Ag@TiO2.Pt` is a material.
EMAIL = r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[a-z]{2,}"
# With a word before it, or in international form with the groups that people write.
PHONE = (
    r"(?i:\b(?:tel|phone|telephone|fax|mobile)\b\.?:?\s*)\+?[0-9(][0-9()\-. /]{5,18}[0-9]"
    r"|\+[0-9]{1,3}[ \-](?:\(?[0-9]{1,4}\)?[ \-]){1,4}[0-9]{2,6}\b"
)
ADDRESS = f"{EMAIL}|{PHONE}"
_ADDRESS = re.compile(ADDRESS)


def without_addresses(text: str) -> str:
    """Return a text without e-mail addresses and phone numbers."""
    return _ADDRESS.sub(WITHHELD, text)


def markdown(text: str) -> str:
    """Take the power of Markdown and HTML from text that others wrote."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for character in "\\[]|":
        escaped = escaped.replace(character, f"\\{character}")
    return " ".join(escaped.splitlines())


def cell(value: object) -> object:
    """Put a quote before text that a spreadsheet would run as a formula; numbers and lone signs stay as they are."""
    if not isinstance(value, str) or not value.startswith(_FORMULA_START) or _INERT.fullmatch(value):
        return value
    return f"'{value}"


def yaml_string(text: str) -> str:
    """Return a text as a string of JSON, which is one of YAML once what YAML does not take or folds is escaped."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(character if character.isprintable() else f"\\U{ord(character):08x}" for character in quoted)
