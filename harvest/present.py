"""Present: what harvesting did, would do and can do, as tables for people and as JSON for machines."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harvest.console import say, say_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harvest.ledger import Harvest
    from harvest.preview import Preview
    from harvest.runner import HarvestReport
    from harvest.source import SourceCard

_SHOWN_VERSION = 32
_UNITS = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"), (0.0, "s"))


def harvest_json(done: HarvestReport) -> dict[str, Any]:
    """Return what a harvest did, for machines."""
    return {
        "dataset": done.records.dataset,
        "fetched": done.fetched,
        "sources": [source.model_dump(mode="json") for source in done.records.sources],
        "drifts": {key: drift.model_dump(mode="json") for key, drift in done.drifts.items()},
    }


def show_harvest(done: HarvestReport) -> None:
    """Print what a harvest did, what changed, and what is missing."""
    rows = [
        (
            s.key,
            s.source,
            s.pin.records,
            s.pin.pages,
            done.fetched.get(s.key, 0),
            s.pin.version[:_SHOWN_VERSION],
            s.licence,
            "whole" if s.complete else "NOT WHOLE",
        )
        for s in done.records.sources
    ]
    say_table(("source", "connector", "records", "pages", "fetched now", "version", "licence", "state"), rows)
    for key, drift in done.drifts.items():
        say(f"{key} since the run before: {drift.said()}; all ids in records/{key}/drift.json")
    for source in done.records.sources:
        for missing in source.missing:
            say(f"{source.key} is not whole: {missing}")
    if not done.parsed:
        say("Nothing to do: every source is as harvest.lock says.")


def show_preview(previews: Sequence[Preview]) -> None:
    """Print what a harvest would do."""
    for preview in previews:
        say(f"{preview.key} ({preview.connector})")
        for request in preview.requests:
            say(f"  {request}")
        if preview.problem:
            say(f"  ended here: {preview.problem}")
        elif preview.more is None:
            say("  how much follows is not known before")
        else:
            seconds = preview.seconds or 0.0
            say(f"  and {preview.more:,} more; {preview.records:,} records; at least {duration(seconds)}")


def preview_json(previews: Sequence[Preview]) -> list[dict[str, Any]]:
    """Return what a harvest would do, for machines."""
    return [asdict(preview) for preview in previews]


def duration(seconds: float) -> str:
    """Return a time span as people say it."""
    size, name = next((size, name) for size, name in _UNITS if seconds >= size)
    return f"{seconds / (size or 1.0):.3g} {name}"


def held_sources(store: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what the store has of each connector: name in a dataset, records, version, and how the last walk ended."""
    from schemas.records import RecordSet  # noqa: PLC0415 — only where sources are listed

    held: dict[str, list[dict[str, Any]]] = {}
    last = _last_walks(store)
    for path in sorted((store / "records").glob("*.json")):
        for source in RecordSet.model_validate_json(path.read_bytes()).sources:
            known = {"name": source.key, "records": source.pin.records, "version": source.pin.version}
            walk = last.get(source.key)
            known |= {"complete": source.complete, "last_walk": walk.state.value if walk else "unknown"}
            held.setdefault(source.source, []).append(known)
    return held


def _last_walks(store: Path) -> dict[str, Harvest]:
    """Return the newest attempt at each source; nothing where the store has no ledger that can be read."""
    from harvest.archive import Archive  # noqa: PLC0415 — only where sources are listed
    from harvest.errors import StorageError  # noqa: PLC0415 — see above
    from harvest.ledger import read_ledger  # noqa: PLC0415 — see above

    try:
        with read_ledger(Archive(store / "raw")) as ledger:
            return ledger.last_harvests()
    except StorageError:
        return {}


def show_sources(cards: Sequence[SourceCard], held: dict[str, list[dict[str, Any]]]) -> None:
    """Print the sources, then the providers of those that have several."""
    rows = [_source_row(card, held.get(card.name, [])) for card in cards]
    columns = ("source", "title", "licence", "pin", "rate", "key", "in this store", "last version", "status")
    say_table(columns, rows)
    for card in cards:
        providers = getattr(card, "providers", None)
        if providers:
            say()
            listed = [(prefix, p.title, p.licence, p.base_url) for prefix, p in providers.items()]
            say_table(("provider", "title", "licence", "address"), listed, title=f"Providers of {card.name}")


def _source_row(card: SourceCard, held: list[dict[str, Any]]) -> tuple[str, ...]:
    return (
        card.name,
        card.title,
        card.licence,
        card.pin.value,
        f"{card.requests_per_second:g}/s",
        _key_of(card),
        ", ".join(f"{known['name']} ({known['records']:,})" for known in held),
        ", ".join(dict.fromkeys(str(known["version"])[:_SHOWN_VERSION] for known in held)),
        ", ".join(dict.fromkeys(known["last_walk"] for known in held)) or "never harvested",
    )


def _key_of(card: SourceCard) -> str:
    if card.key is None:
        return "none"
    is_set = any(os.environ.get(variable) for variable in card.key.variables)
    return f"{' or '.join(card.key.variables)} ({'set' if is_set else 'not set'})"
