"""Provenance: from every source to the version runs a way, in SQL, in PROV-JSON, in Turtle and in the picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import pytest

from curation import open_dataset
from curation.datasets.split import split_materials
from curation.provenance.graph import Kind, provenance_graph
from curation.provenance.picture import provenance_page, provenance_svg
from curation.provenance.prov import prov_json, prov_turtle
from schemas.recipe import SplitRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from curation.provenance.graph import Graph

    Command = Callable[..., tuple[int, str, str]]

REACHED = """
WITH RECURSIVE reached(id) AS (
    SELECT '{start}' UNION SELECT e.target FROM provenance_edges e JOIN reached r ON e.source = r.id
)
SELECT n.id, n.stage FROM reached JOIN provenance_nodes n USING (id) ORDER BY n.id
"""


@pytest.fixture
def graph(own_store: Path) -> Graph:
    dataset = open_dataset(own_store)
    split_materials(dataset, [SplitRequest.model_validate({"name": "s"})])
    return provenance_graph(dataset, own_store / "releases")


def test_every_arrow_ends_at_a_thing_and_ids_are_unique(graph: Graph) -> None:
    ids = [node.id for node in graph.nodes]
    assert len(set(ids)) == len(ids)
    assert {end for edge in graph.edges for end in (edge.source, edge.target)} <= set(ids)


def test_from_the_version_sql_reaches_every_source_and_every_page(graph: Graph, own_store: Path) -> None:
    dataset = open_dataset(own_store)
    dataset.add(graph.tables())
    reached = dataset.sql(REACHED.format(start=f"version/{dataset.id}")).rows()
    stages = {stage: [row["id"] for row in reached if row["stage"] == stage] for stage in ("source", "pages", "code")}
    assert len(stages["source"]) == len(dataset.manifest.sources)
    pages = dataset.sql("SELECT count(DISTINCT (source, raw_sha256)) AS n FROM provenance").rows()[0]["n"]
    assert len(stages["pages"]) == pages
    assert stages["code"] == ["code/matgranary"]


def test_a_split_and_a_representation_lead_back_to_the_version(graph: Graph) -> None:
    into = {(edge.source, edge.target) for edge in graph.edges}
    version = f"version/{graph.title.partition(':')[0]}"
    assert ("split/s", version) in into
    made = [node.id for node in graph.nodes if node.id.startswith("represent/")]
    assert made
    assert all((activity, version) in into for activity in made)


def test_a_version_names_the_one_that_it_revises(second_version: Path) -> None:
    graph = provenance_graph(open_dataset(second_version, "small@1.1.0"))
    (edge,) = [edge for edge in graph.edges if edge.verb.value == "wasRevisionOf"]
    assert (edge.source, edge.target) == ("version/small@1.1.0", "version/small@1.0.0")


def test_prov_json_has_every_thing_once_and_every_end_of_every_relation(graph: Graph) -> None:
    document = json.loads(json.dumps(prov_json(graph)))
    for kind in Kind:
        assert len(document[kind.value]) == sum(node.kind is kind for node in graph.nodes)
    named = {name for kind in Kind for name in document[kind.value]}
    relations = [said for name, found in document.items() if name not in {"prefix", *Kind} for said in found.values()]
    assert len(relations) == len(graph.edges)
    ends = {value for said in relations for key, value in said.items() if key != "prov:type"}
    assert ends <= named


def test_turtle_says_each_thing_and_no_text_ends_a_statement(graph: Graph) -> None:
    graph.nodes[0].detail["origin"] = 'x" . <a> <b> "'
    text = prov_turtle(graph)
    assert text.count(" a prov:Entity") == sum(node.kind is Kind.ENTITY for node in graph.nodes)
    assert '\\" . <a>' in text


def test_the_picture_shows_every_box_and_runs_no_text(graph: Graph) -> None:
    object.__setattr__(graph.nodes[1], "label", "<script>alert(1)</script>")
    graph.nodes[1].detail["origin"] = "</script><script>alert(2)</script>"
    root = ET.fromstring(provenance_svg(graph))  # noqa: S314 — our own text
    shown = {box.get("data-id") for box in root.iter("{http://www.w3.org/2000/svg}g")}
    assert {node.id for node in graph.nodes if not node.page and not node.id.startswith("rows/")} <= shown
    page = provenance_page(graph)
    assert "<script>alert" not in page
    assert page.count("<script") == 2


def test_the_command_writes_each_format_and_refuses_others(own_store: Path, tmp_path: Path, command: Command) -> None:
    for ending in ("html", "svg", "json", "ttl"):
        path = tmp_path / f"graph.{ending}"
        assert command("lineage", "--graph", path, "--store", own_store)[0] == 0
        assert path.stat().st_size > 1000
    code, _, said = command("lineage", "--graph", tmp_path / "graph.gif", "--store", own_store)
    assert (code, "got .gif" in said) == (2, True)
    assert command("lineage", "--store", own_store)[0] == 2
    question = "SELECT count(*) AS n FROM provenance_nodes WHERE stage = 'source'"
    code, said, _ = command("query", question, "--json", "--store", own_store)
    assert (code, json.loads(said)) == (0, [{"n": 4}])
