"""Identifiers: the ways in which people write the DOI or the arXiv id of an article in, its one spelling out."""

from __future__ import annotations

import re
from urllib.parse import unquote

_DOI_ADDRESS = re.compile(r"^(?:doi:\s*|https?://(?:dx\.|www\.)?doi\.org/)?(?P<doi>10\.\d{4,9}/\S+)$", re.IGNORECASE)
_ARXIV = r"(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?P<version>v\d+)?"
_ARXIV_ADDRESS = re.compile(
    r"^(?:arxiv:|https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|e-print|src)/|10\.48550/arxiv\.)"
    + _ARXIV
    + r"(?:\.pdf)?$",
    re.IGNORECASE,
)
_PMCID = re.compile(r"(?:^|/)(PMC\d+)/?$", re.IGNORECASE)
_LONGEST = 512


def doi_of(written: object) -> str | None:
    """Return a DOI in lower case and without an address around it; none where the text is no DOI.

    Follows the DOI handbook: a DOI is case-insensitive, and its printed form may be an address of doi.org.
    """
    if not isinstance(written, str) or len(written) > _LONGEST:
        return None
    found = _DOI_ADDRESS.match(unquote(written.strip()))
    return found["doi"].lower() if found and found["doi"].isprintable() else None


def arxiv_id_of(written: object) -> str | None:
    """Return an arXiv id, with its version where one is written; none where the text names no article of arXiv.

    Args:
        written: `arXiv:2101.00001v2`, an address of arxiv.org, or the DOI that arXiv registers.
    """
    found = _ARXIV_ADDRESS.match(written.strip()) if isinstance(written, str) and len(written) <= _LONGEST else None
    return None if found is None else found["id"].lower() + (found["version"] or "").lower()


def pmcid_of(written: object) -> str | None:
    """Return the PMC id that a text or an address of PubMed Central ends in; none where there is none."""
    found = _PMCID.search(written.strip()) if isinstance(written, str) and len(written) <= _LONGEST else None
    return None if found is None else found[1].upper()
