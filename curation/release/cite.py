"""Cite: how a release wants to be cited, as it says itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curation.errors import UnknownDatasetError

if TYPE_CHECKING:
    from pathlib import Path

_FILES = {"bibtex": "citation.bib", "cff": "CITATION.cff", "datacite": "datacite.json", "text": "citation.txt"}


def cite(folder: Path, style: str) -> str:
    """Return the citation of a release.

    Args:
        folder: the release.
        style: text, bibtex, cff or datacite.

    Raises:
        UnknownDatasetError: there is no such style.
    """
    if style not in _FILES:
        message = f"no format {style!r}; there are {', '.join(sorted(_FILES))}"
        raise UnknownDatasetError(message)
    return (folder / _FILES[style]).read_text(encoding="utf-8")
