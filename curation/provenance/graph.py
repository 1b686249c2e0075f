"""Graph: a dataset version in, everything that it was made from and that was made from it out, as things and arrows.

The model is W3C PROV: entities (sources, pages, records, versions), activities (harvest, curation, …) and agents (our
code, libraries). There are no times in it: the same rows have the same provenance whenever they were computed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from curation.datasets.layout import REPRESENTATIONS, read_manifest
from curation.datasets.split import read_splits

if TYPE_CHECKING:
    from pathlib import Path

    from curation.datasets.open import Dataset
    from schemas.dataset import LedgerLine, SourceSummary

MOST_PAGES = 100_000
_TABLES = ("materials", "entries", "structures", "properties", "duplicates", "quarantine", "provenance")
_PAGES = (
    "SELECT raw_sha256, request, uri, media_type, n_bytes FROM provenance WHERE source = '{source}' ORDER BY request"
)


class Kind(StrEnum):
    """What a node is, in the words of PROV."""

    ENTITY = "entity"
    ACTIVITY = "activity"
    AGENT = "agent"


class Verb(StrEnum):
    """How two nodes hang together, in the words of PROV: from the later to the earlier."""

    USED = "used"
    GENERATED_BY = "wasGeneratedBy"
    DERIVED_FROM = "wasDerivedFrom"
    ASSOCIATED_WITH = "wasAssociatedWith"
    REVISION_OF = "wasRevisionOf"


@dataclass(frozen=True)
class Node:
    """One thing.

    Attributes:
        id: unique in the graph; letters, digits, dots, dashes and slashes.
        kind: entity, activity or agent.
        stage: where it stands from left to right: source, pages, records, step, version, or what was made of it.
        label: for people, short.
        detail: facts, for people and machines: identifiers, counts, licences.
        page: whether it is one raw page; pictures draw pages of a source together.
    """

    id: str
    kind: Kind
    stage: str
    label: str
    detail: dict[str, str] = field(default_factory=dict)
    page: bool = False


@dataclass(frozen=True)
class Edge:
    """An arrow from a later node to an earlier one."""

    source: str
    verb: Verb
    target: str


@dataclass
class Graph:
    """Things and arrows, in a fixed order."""

    title: str
    nodes: list[Node] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)

    def add(self, node: Node, *arrows: tuple[Verb, str]) -> str:
        """Add a node with its arrows to earlier nodes, and return its id."""
        self.nodes.append(node)
        self.edges += [Edge(node.id, verb, target) for verb, target in arrows]
        return node.id

    def tables(self) -> dict[str, pa.Table]:
        """Return the graph as tables: provenance_nodes (id, kind, stage, label, detail), provenance_edges."""
        nodes: dict[str, Any] = {
            "id": [node.id for node in self.nodes],
            "kind": [node.kind.value for node in self.nodes],
            "stage": [node.stage for node in self.nodes],
            "label": [node.label for node in self.nodes],
            "detail": pa.array([list(node.detail.items()) for node in self.nodes], pa.map_(pa.string(), pa.string())),
        }
        edges = {
            "source": [edge.source for edge in self.edges],
            "verb": [edge.verb.value for edge in self.edges],
            "target": [edge.target for edge in self.edges],
        }
        return {"provenance_nodes": pa.table(nodes), "provenance_edges": pa.table(edges)}


def provenance_graph(dataset: Dataset, releases: Path | None = None) -> Graph:
    """Return the graph of a version.

    Args:
        dataset: the version.
        releases: folder with the releases of the store, where there are any.
    """
    manifest = dataset.manifest
    graph = Graph(f"{dataset.id}: {manifest.title}")
    code = graph.add(
        Node(
            "code/matgranary",
            Kind.AGENT,
            "code",
            f"matgranary {manifest.code.get('matgranary', '')}".strip(),
            dict(sorted(manifest.code.items())),
        )
    )
    lines = {line.source: line for line in manifest.ledger.lines}
    records = [_add_source(graph, dataset, source, lines[source.key], code) for source in manifest.sources]
    written = _add_steps(graph, dataset, records, code)
    version = _add_version(graph, dataset, records, written)
    _add_made(graph, dataset, version, code)
    if releases is not None:
        _add_release(graph, dataset, version, releases)
    return graph


def _add_source(graph: Graph, dataset: Dataset, source: SourceSummary, line: LedgerLine, code: str) -> str:
    """Add a source, its pages, its harvest and its records; return the id of the records."""
    detail = {"licence": source.licence, "pin": source.pin.version, "pin_kind": source.pin.kind.value}
    detail |= {"attribution": source.attribution, "origin": source.origin}
    provider = graph.add(Node(f"source/{source.key}", Kind.ENTITY, "source", source.title, detail))
    pages = dataset.sql(_PAGES.format(source=source.key)).rows()[:MOST_PAGES]
    for page in pages:
        facts = {name: str(page[name]) for name in ("request", "uri", "media_type", "n_bytes")}
        node = Node(f"page/{source.key}/{page['raw_sha256']}", Kind.ENTITY, "pages", str(page["uri"]), facts, page=True)
        if node.id not in {known.id for known in graph.nodes[-len(pages) :]}:
            graph.add(node, (Verb.DERIVED_FROM, provider))
    harvest = graph.add(
        Node(f"harvest/{source.key}", Kind.ACTIVITY, "harvest", f"harvest with {source.source}"),
        *[(Verb.USED, node.id) for node in graph.nodes if node.page and node.id.startswith(f"page/{source.key}/")],
        (Verb.ASSOCIATED_WITH, code),
    )
    counts = {name: f"{getattr(line.entries, name):,}" for name in ("harvested", "kept", "merged", "quarantined")}
    counts |= {"values": f"{line.values.harvested:,}", "records_root": source.pin.records_root}
    counts["complete"] = "yes" if source.complete else "no"
    node = Node(
        f"records/{source.key}", Kind.ENTITY, "records", f"{line.entries.harvested:,} records of {source.key}", counts
    )
    return graph.add(node, (Verb.GENERATED_BY, harvest))


def _add_steps(graph: Graph, dataset: Dataset, records: list[str], code: str) -> str:
    """Add the steps of curation one after another; return the id of the last."""
    lines = dataset.manifest.ledger.lines
    total = {name: sum(getattr(line.entries, name) for line in lines) for name in ("kept", "merged", "quarantined")}
    steps = {
        "normalise": ("units, compositions, symmetry", {}),
        "validate": (f"{total['quarantined']:,} records quarantined", {"quarantined": f"{total['quarantined']:,}"}),
        "deduplicate": (
            f"{total['merged']:,} records merged ({dataset.manifest.dedup})",
            {"level": dataset.manifest.dedup, "merged": f"{total['merged']:,}", "kept": f"{total['kept']:,}"},
        ),
    }
    before = [(Verb.USED, one) for one in records]
    for name, (label, detail) in steps.items():
        arrows = [*before, (Verb.ASSOCIATED_WITH, code)]
        step = graph.add(Node(f"step/{name}", Kind.ACTIVITY, name, f"{name}: {label}", detail), *arrows)
        rows = graph.add(
            Node(f"rows/{name}", Kind.ENTITY, name, f"rows after {name}"),
            (Verb.GENERATED_BY, step),
        )
        before = [(Verb.USED, rows)]
    return before[0][1]


def _add_version(graph: Graph, dataset: Dataset, records: list[str], written: str) -> str:
    manifest = dataset.manifest
    counts = {table: f"{sum(p.rows for p in manifest.parts if p.table == table):,} rows" for table in _TABLES}
    detail = {"content_sha256": manifest.content_sha256, "licence": manifest.licence, **counts}
    if manifest.drift_accepted:
        detail["drift accepted"] = manifest.drift_accepted
    arrows = [(Verb.DERIVED_FROM, written), *[(Verb.DERIVED_FROM, one) for one in records]]
    parent = dataset.folder.parent / (manifest.parent or "")
    if manifest.parent and parent.is_dir():
        content = {"content_sha256": read_manifest(parent).content_sha256}
        earlier = f"{manifest.dataset}@{manifest.parent}"
        graph.add(Node(f"version/{earlier}", Kind.ENTITY, "version", earlier, content))
        arrows.append((Verb.REVISION_OF, f"version/{earlier}"))
    return graph.add(Node(f"version/{dataset.id}", Kind.ENTITY, "version", dataset.id, detail), *arrows)


def _add_made(graph: Graph, dataset: Dataset, version: str, code: str) -> None:
    """Add what was computed from the version: representations and splits."""
    for path in sorted((dataset.folder / REPRESENTATIONS).glob("*/representation.json")):
        made = json.loads(path.read_bytes())
        name = path.parent.name
        activity = graph.add(
            Node(f"represent/{name}", Kind.ACTIVITY, "represent", f"represent as {name}"),
            (Verb.USED, version),
            (Verb.ASSOCIATED_WITH, code),
        )
        detail = {"rows": f"{made['rows']:,}", "failures": f"{made['failures']:,}", "title": str(made["spec"]["title"])}
        node = Node(
            f"representation/{name}",
            Kind.ENTITY,
            "made",
            f"{name}: {made['rows'] - made['failures']:,} vectors",
            detail,
        )
        graph.add(node, (Verb.GENERATED_BY, activity))
    for split in read_splits(dataset.folder):
        folds = {name: f"{count:,} materials" for name, count in split.materials.items()}
        name = f"split {split.request.name} by {split.request.by.value}"
        node = Node(f"split/{split.request.name}", Kind.ENTITY, "made", name, folds | {"seed": str(split.request.seed)})
        graph.add(node, (Verb.DERIVED_FROM, version))


def _add_release(graph: Graph, dataset: Dataset, version: str, releases: Path) -> None:
    folder = releases / dataset.id.replace("@", "-")
    if folder.is_dir():
        node = Node(f"release/{folder.name}", Kind.ENTITY, "made", f"release {folder.name}", {"folder": folder.name})
        graph.add(node, (Verb.DERIVED_FROM, version))
