"""Stated: what a version says beside its rows: its title, licence and people, and those of its sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.recipe import Recipe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.dataset import Manifest, SourceSummary
    from schemas.records import RecordSet, SourceRecords

_OF_SOURCE = ("title", "licence", "attribution", "origin")

type Stated = dict[str, object]


def stated_by(manifest: Manifest) -> Stated:
    """Return what a version states, by name; of a source as `KEY.licence`."""
    return {
        "title": manifest.title,
        "description": manifest.description,
        "licence": manifest.licence,
        "creators": list(manifest.creators),
        "keywords": list(manifest.keywords),
        **_of_sources(manifest.sources),
    }


def to_be_stated(records: RecordSet) -> Stated:
    """Return what a version of these records has to state; with the names of `stated_by`."""
    header = Recipe.model_validate(records.recipe).dataset
    return {
        "title": header.title,
        "description": header.description,
        "licence": header.licence,
        "creators": [creator.model_dump(exclude_none=True) for creator in header.creators],
        "keywords": list(header.keywords),
        **_of_sources(records.sources),
    }


def stated_otherwise(old: Stated, new: Stated) -> list[str]:
    """Return the names of what both state, but not alike, sorted."""
    return sorted(name for name in old.keys() & new.keys() if old[name] != new[name])


def _of_sources(sources: Iterable[SourceSummary | SourceRecords]) -> Stated:
    return {f"{one.key}.{name}": getattr(one, name) for one in sources for name in _OF_SOURCE}
