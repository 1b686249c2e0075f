"""Picture: a provenance graph in, a drawing that a person can read out: SVG, or a page that answers to the pointer.

Columns go from the sources on the left to what was made of the version on the right. Pages of one source are one box
with their number; our code and libraries stand below, without arrows, because everything would point to them.
"""

from __future__ import annotations

import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curation.provenance.graph import Kind, Node

if TYPE_CHECKING:
    from curation.provenance.graph import Graph

# Column by stage; the pairs of activity and rows of one step are one box.
_COLUMNS = (
    ("source",),
    ("pages",),
    ("harvest",),
    ("records",),
    ("normalise",),
    ("validate",),
    ("deduplicate",),
    ("version",),
    ("represent",),
    ("made",),
)
_HEADS = ("sources", "raw pages", "harvest", "records", "", "curation", "", "versions", "", "made from it")
_WIDTH, _GAP, _LINE, _PADDING, _TOP = 184, 40, 15, 9, 62
_CHARACTERS = 25
_MOST_LINES = 3
_COLOURS = {
    Kind.ENTITY: ("#e8f1fa", "#2c6aa0"),
    Kind.ACTIVITY: ("#f3ecdd", "#9a6b1f"),
    Kind.AGENT: ("#eceff1", "#55626d"),
}


@dataclass
class _Box:
    """A node as it is drawn: where, and with which lines of text."""

    node: Node
    lines: list[str]
    x: float = 0.0
    y: float = 0.0

    @property
    def height(self) -> float:
        return len(self.lines) * _LINE + 2 * _PADDING


def provenance_svg(graph: Graph) -> str:
    """Return a graph as one SVG document of its own; text is escaped."""
    drawn, width, height = _drawing(graph)
    style = "<style>text{font:12px system-ui,sans-serif;fill:#1b2733}.head{fill:#5a6875;font-weight:600}</style>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" role="img" aria-label="{_escaped("Provenance of " + graph.title)}">{style}'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{drawn}</svg>\n'
    )


def provenance_page(graph: Graph) -> str:
    """Return a page of its own: boxes are buttons that show their facts and light up what they came from and led to."""
    drawn, width, height = _drawing(graph)
    facts = {
        box.node.id: {"label": box.node.label, "kind": box.node.kind.value, "detail": box.node.detail}
        for box in _boxes(graph)
    }
    data = json.dumps({"facts": facts, "edges": _edges(graph)}, ensure_ascii=False).replace("<", "\\u003c")
    return _PAGE.format(title=_escaped(graph.title), width=round(width), height=round(height), drawn=drawn, data=data)


def _drawing(graph: Graph) -> tuple[str, float, float]:
    """Return the arrows and boxes, and the size of the whole."""
    boxes = _boxes(graph)
    width, height = _place(boxes)
    places = {box.node.id: box for box in boxes}
    arrows = "".join(_arrow(places[late], places[early], late, early) for late, early in _edges(graph))
    heads = "".join(
        f'<text class="head" x="{20 + column * (_WIDTH + _GAP)}" y="46">{_escaped(head)}</text>'
        for column, head in enumerate(_HEADS)
    )
    title = f'<text x="20" y="22" style="font-size:15px;font-weight:600">{_escaped(graph.title)}</text>'
    return title + heads + arrows + "".join(_drawn(box) for box in boxes), width, height


def _boxes(graph: Graph) -> list[_Box]:
    """Return what is drawn: pages of a source together, rows of a step with the step."""
    boxes = []
    pages: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node.page:
            pages.setdefault(_drawn_as(node.id), []).append(node)
        elif not node.id.startswith("rows/"):
            boxes.append(_Box(node, [*_wrapped(node.label), *_sums(node)]))
    for name, found in pages.items():
        size = sum(int(page.detail["n_bytes"]) for page in found)
        label = found[0].label.rpartition("/")[2] if len(found) == 1 else f"{len(found):,} pages"
        detail = found[0].detail if len(found) == 1 else {"first": found[0].label, "last": found[-1].label}
        node = Node(name, Kind.ENTITY, "pages", label, {**detail, "bytes": f"{size:,}"})
        boxes.append(_Box(node, [*_wrapped(label), f"{size / 1e6:.2f} MB"]))
    return boxes


def _sums(node: Node) -> list[str]:
    """Return what became of the records of a source, for its box."""
    words = ("kept", "merged", "quarantined")
    shown = [f"{node.detail[word]} {word}" for word in words if node.detail.get(word, "0") != "0"]
    return [", ".join(shown)] if node.stage == "records" and shown else []


def _edges(graph: Graph) -> list[tuple[str, str]]:
    """Return the arrows between boxes, each once; those to the code are left out."""
    code = {node.id for node in graph.nodes if node.kind is Kind.AGENT}
    found = dict.fromkeys(
        (_drawn_as(edge.source), _drawn_as(edge.target)) for edge in graph.edges if edge.target not in code
    )
    # A version follows from the rows of the last step; the records behind them are reached through it.
    return [
        (late, early)
        for late, early in found
        if late != early and not (late.startswith("version/") and early.startswith("records/"))
    ]


def _drawn_as(name: str) -> str:
    if name.startswith("page/"):
        return "pages/" + name.split("/")[1]
    return name.replace("rows/", "step/") if name.startswith("rows/") else name


def _place(boxes: list[_Box]) -> tuple[float, float]:
    """Give every box its place; return the size of the whole."""
    columns: list[list[_Box]] = [[box for box in boxes if box.node.stage in stages] for stages in _COLUMNS]
    tallest = max(sum(box.height + 16 for box in column) for column in columns)
    for index, column in enumerate(columns):
        y = _TOP + (tallest - sum(box.height + 16 for box in column)) / 2
        for box in column:
            box.x, box.y = 20 + index * (_WIDTH + _GAP), y
            y += box.height + 16
    bottom = _TOP + tallest + 14
    for box in boxes:
        if box.node.kind is Kind.AGENT:
            box.lines = [f"made with {box.node.label}", *_libraries(box.node)]
            box.x, box.y = 20, bottom
    code = max((box.height for box in boxes if box.node.kind is Kind.AGENT), default=0)
    return 40 + len(_COLUMNS) * (_WIDTH + _GAP) - _GAP, bottom + code + 20


def _libraries(node: Node) -> list[str]:
    own = {"matgranary", "fingerprint"}
    return [", ".join(f"{name} {version}" for name, version in node.detail.items() if name not in own)]


def _wrapped(text: str) -> list[str]:
    """Cut a text into few lines of about equal width."""
    lines = [""]
    for word in text.replace("/", "/\u200b").split(" "):
        if len(lines[-1]) + len(word) + 1 > _CHARACTERS and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    lines = [line if len(line) <= _CHARACTERS + 2 else f"{line[:_CHARACTERS]}…" for line in lines]
    return lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], f"{lines[_MOST_LINES - 1]}…"]


def _drawn(box: _Box) -> str:
    fill, stroke = _COLOURS[box.node.kind]
    width = _WIDTH if box.node.kind is not Kind.AGENT else 60 + 7 * max(len(line) for line in box.lines)
    radius = 12 if box.node.kind is Kind.ACTIVITY else 3
    text = "".join(
        f'<text x="{box.x + 10:.0f}" y="{box.y + _PADDING + 11 + number * _LINE:.0f}">{_escaped(line)}</text>'
        for number, line in enumerate(box.lines)
    )
    return (
        f'<g class="box" data-id="{_escaped(box.node.id)}" tabindex="0"><title>{_escaped(box.node.label)}</title>'
        f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{width:.0f}" height="{box.height:.0f}" rx="{radius}" '
        f'fill="{fill}" stroke="{stroke}"/>{text}</g>'
    )


def _arrow(late: _Box, early: _Box, late_id: str, early_id: str) -> str:
    """Draw from the right side of the earlier box to the left side of the later; within a column, around its side."""
    y1, y2 = early.y + early.height / 2, late.y + late.height / 2
    if late.x == early.x:
        x = early.x + _WIDTH
        path = f"M{x:.0f},{y1:.0f} C{x + 28:.0f},{y1:.0f} {x + 28:.0f},{y2:.0f} {x:.0f},{y2:.0f}"
    else:
        x1, x2 = early.x + _WIDTH, late.x
        bend = max(20.0, (x2 - x1) / 2)
        path = f"M{x1:.0f},{y1:.0f} C{x1 + bend:.0f},{y1:.0f} {x2 - bend:.0f},{y2:.0f} {x2:.0f},{y2:.0f}"
    return (
        f'<path class="arrow" data-late="{_escaped(late_id)}" data-early="{_escaped(early_id)}" d="{path}" '
        'fill="none" stroke="#8796a5" stroke-width="1.4"/>'
    )


def _escaped(text: str) -> str:
    return html.escape(text, quote=True)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Provenance of {title}</title>
<style>
body {{ margin: 0; font: 15px/1.45 system-ui, sans-serif; color: #1b2733; background: #fff; }}
.picture {{ overflow-x: auto; }}
svg text {{ font: 12px system-ui, sans-serif; fill: #1b2733; }}
svg .head {{ fill: #5a6875; font-weight: 600; }}
.box {{ cursor: pointer; }}
.box:focus-visible {{ outline: 3px solid #0b5cad; outline-offset: 2px; }}
.dim {{ opacity: 0.18; }}
aside {{ padding: 0.8rem 1.25rem 2rem; border-top: 1px solid #d5dce3; min-height: 8rem; }}
dl {{ display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; margin: 0.4rem 0; }}
dt {{ color: #5a6875; }}
dd {{ margin: 0; overflow-wrap: anywhere; }}
</style></head><body>
<div class="picture"><svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="group"
 aria-label="Provenance of {title}">{drawn}</svg></div>
<aside aria-live="polite"><p>Choose a box to see what it is, what it came from, and what was made of it. Escape shows
all again.</p></aside>
<script type="application/json" id="data">{data}</script>
<script>
"use strict";
const {{ facts, edges }} = JSON.parse(document.getElementById("data").textContent);
const boxes = [...document.querySelectorAll(".box")];
const arrows = [...document.querySelectorAll(".arrow")];
const aside = document.querySelector("aside");
function reached(start, from, to) {{
  const seen = new Set([start]), waiting = [start];
  while (waiting.length) {{
    const here = waiting.pop();
    for (const edge of edges) {{
      if (edge[from] === here && !seen.has(edge[to])) {{ seen.add(edge[to]); waiting.push(edge[to]); }}
    }}
  }}
  return seen;
}}
function show(id) {{
  const early = reached(id, 0, 1), late = reached(id, 1, 0);
  const lit = (name) => early.has(name) || late.has(name);
  for (const box of boxes) box.classList.toggle("dim", !lit(box.dataset.id));
  for (const arrow of arrows) {{
    const {{ late: a, early: b }} = arrow.dataset;
    arrow.classList.toggle("dim", !((early.has(a) && early.has(b)) || (late.has(a) && late.has(b))));
  }}
  const list = document.createElement("dl");
  for (const [name, value] of Object.entries(facts[id].detail)) {{
    if (!value) continue;
    const term = document.createElement("dt"), said = document.createElement("dd");
    term.textContent = name; said.textContent = value; list.append(term, said);
  }}
  const head = document.createElement("strong");
  head.textContent = facts[id].label + " (" + facts[id].kind + ")";
  aside.replaceChildren(head, list);
}}
function all() {{ for (const thing of [...boxes, ...arrows]) thing.classList.remove("dim"); }}
for (const box of boxes) {{
  box.addEventListener("click", () => show(box.dataset.id));
  box.addEventListener("keydown", (event) => {{
    if (event.key === "Enter" || event.key === " ") {{ event.preventDefault(); show(box.dataset.id); }}
  }});
}}
document.addEventListener("keydown", (event) => {{ if (event.key === "Escape") all(); }});
</script></body></html>
"""
