"""Lineage: from a row of a dataset through its source and pin to the archived bytes, and the text that stands there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from curation.datasets.open import open_dataset
from curation.datasets.trace import trace
from curation.errors import UnknownDatasetError
from curation.provenance.graph import provenance_graph
from curation.provenance.picture import provenance_page, provenance_svg
from curation.provenance.prov import prov_json, prov_turtle
from harvest.archive import Archive
from harvest.console import say, written
from harvest.errors import HarvestError
from harvest.ledger import read_ledger
from harvest.literature.facts import unkept_place
from harvest.locate import text_at
from schemas.provenance import Pointer

if TYPE_CHECKING:
    from pathlib import Path

    from harvest.ledger import Ledger

_EXCERPT = 300
_MOST = 20


def follow(store: Path, dataset: str | None, identifier: str) -> list[dict[str, Any]]:
    """Return the way back of each row that an id names.

    Raises:
        UnknownDatasetError: nothing has this id.
    """
    traces = trace(open_dataset(store, dataset), identifier)
    archive = Archive(store / "raw")
    with read_ledger(archive) as ledger:
        return [
            {
                "kind": found.kind,
                "row": found.row,
                "source": found.source,
                "archive": _archived(archive, ledger, found.raw_sha256, found.pointer),
            }
            for found in traces[:_MOST]
        ]


def write_graph(store: Path, dataset: str | None, path: Path) -> None:
    """Write the provenance of a version, in the format that the name of the file says.

    Raises:
        UnknownDatasetError: no such version, or the name ends in something else.
    """
    formats = {
        ".html": provenance_page,
        ".svg": provenance_svg,
        ".json": lambda graph: json.dumps(prov_json(graph), indent=2, ensure_ascii=False) + "\n",
        ".ttl": prov_turtle,
    }
    if path.suffix not in formats:
        message = f"{path}: the graph is written as {', '.join(formats)}; got {path.suffix or 'no ending'}"
        raise UnknownDatasetError(message)
    graph = provenance_graph(open_dataset(store, dataset), store / "releases")
    path.write_text(formats[path.suffix](graph), encoding="utf-8")


def _archived(archive: Archive, ledger: Ledger, sha256: str, pointer: str) -> dict[str, Any]:
    """Return where bytes are archived, and the text at a pointer in them; a problem instead where there is one."""
    stored = ledger.find_raw(sha256)
    if stored is None:
        return {"sha256": sha256, "pointer": pointer, "problem": "these bytes are not in this archive"}
    found = {
        "sha256": sha256,
        "uri": stored.uri,
        "fetched_at": stored.fetched_at,
        "segment": str(archive.folder / stored.place.segment),
        "offset": stored.place.offset,
        "length": stored.place.length,
        "pointer": pointer,
    }
    try:
        payload = archive.read(stored.place, sha256=sha256).payload
        text = text_at(payload, Pointer.parse(pointer))
    except HarvestError as error:
        return found | {"problem": str(error)}
    found |= {"not_kept": said} if (said := unkept_place(payload, pointer)) else {}
    return found | {"text": text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]} … ({len(text)} characters)"}


def show_lineage(steps: list[dict[str, Any]]) -> None:
    """Print lineages as trees, from the value down to the bytes."""
    for step in steps:
        row, source, archive = step["row"], step["source"], step["archive"]
        say(_headline(step["kind"], row))
        if row.get("value_given") is not None:
            say(f"├─ given as     {written(row['value_given'])} {row['unit_given']}, converted to {row['unit']}")
        if row.get("flags"):
            say(f"├─ flags        {', '.join(row['flags'])}")
        if row.get("reasons"):
            say(f"├─ reasons      {'; '.join(row['reasons'])}")
        say(f"├─ source       {source['key']}: {source['title']}")
        say(f"│               licence {row.get('licence') or source['licence']}; cite {source['attribution']}")
        say(f"├─ pin          {source['pin']['kind']}, {source['pin']['version']}")
        say(f"├─ bytes        sha256 {archive['sha256']}")
        if "segment" in archive:
            say(f"│               {archive['uri']}, fetched {archive['fetched_at']}")
            say(f"│               {archive['segment']} at {archive['offset']}, {archive['length']} bytes")
        if "not_kept" in archive:
            say(f"├─ text         {archive['not_kept']}")
        say(f"└─ place        {archive['pointer']}")
        say(f"                {archive.get('text') or archive.get('problem')}")
        say()


def _headline(kind: str, row: dict[str, Any]) -> str:
    if kind == "value":
        value = f"{row['property']} = {written(row['value'])} {row['unit']} ({row['method']})"
        return f"{row['property_id']}  {row['formula']}  {value}"
    if kind == "quarantined row":
        return f"{row['row_id']}  quarantined, {row['table']} of {row['source']}"
    return f"{row['entry_id']}  {row['formula']}  {row['status']} in {row['material_id']}  ({row['source_id']})"
