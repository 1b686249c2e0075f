"""JATS tables: an article element in, its tables out, with spans expanded and footnote marks resolved."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harvest.papers.document import Footnote, Table
from harvest.papers.notation.marked import Marked
from harvest.papers.readers.runs import marked_text
from harvest.papers.tables.grid import MAX_COLUMNS, Cell, Grid, expand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

_GROUPS = ("thead", "tbody", "tfoot")
_NOTE_SIGN = re.compile(r"^\s*(?:\^\{\s*([^{}]{1,3}?)\s*\}|([*†‡§¶#]+)|([a-h])(?=\s+[A-Z]))")
_MARK_TEXT = re.compile(r"^[a-z*†‡§¶#](?:\s*,?\s*[a-z*†‡§¶#]){0,3}$")
# A raised letter behind a word, a number or a bracket, where no foot says what it marks; "E^{d}" is a symbol.
_LONE_MARK = re.compile(r"^[a-d](?:\s?,\s?[a-d]){0,2}$")
_BEFORE_LONE_MARK = re.compile(r"(?:[^\W\d_]{2}|\d|\))\s?$")
_EMPTY_BRACKETS = re.compile(r"\s*[\[(][\s,;–-]*[\])]|\^\{[\s,;–-]*\}")
_TRAILING_SIGNS = re.compile(r"\s*([*†‡§¶#]+)$")
_SPAN_DIGITS = 6
_CITING = frozenset(["bibr"])
_NOTING = frozenset(["table-fn", "fn"])


def read_tables(article: Element) -> tuple[Table, ...]:
    """Return the tables of an article in document order; one without an id is called T1, T2, … by its place."""
    tables: dict[str, Table] = {}
    for wrap in article.iter("table-wrap"):
        for element in wrap.iter("table"):
            if next(element.iterancestors("table-wrap"), None) is not wrap:
                continue
            table = _table(wrap, element, fallback=f"T{len(tables) + 1}")
            name, copy = table.id, 2
            while name in tables:
                name, copy = f"{table.id}.{copy}", copy + 1
            tables[name] = Table(name, table.label, table.caption, table.footnotes, table.grid)
    return tuple(tables.values())


def _table(wrap: Element, element: Element, *, fallback: str) -> Table:
    label, caption = wrap.find("label"), wrap.find("caption")
    footnotes = tuple(_footnotes(wrap))
    return Table(
        id=wrap.get("id") or element.get("id") or fallback,
        label="" if label is None else marked_text(label).text,
        caption=Marked.of("") if caption is None else marked_text(caption, leave=_is_reference),
        footnotes=footnotes,
        grid=_grid(element, signs=frozenset(note.mark for note in footnotes if note.mark)),
    )


def _footnotes(wrap: Element) -> Iterator[Footnote]:
    """Yield the footnotes; where the foot holds plain paragraphs, each is one."""
    for foot in wrap.iter("table-wrap-foot"):
        for note in foot.findall(".//fn") or foot.findall("p"):
            label = note.find("label")
            body = marked_text(note, leave=lambda element: element.tag == "label")
            sign = _NOTE_SIGN.match(body.markup)
            found = "" if sign is None else next(group for group in sign.groups() if group)
            mark = found if label is None else marked_text(label).text
            yield Footnote(id=note.get("id", ""), mark=mark, text=body.text)


def _grid(element: Element, *, signs: frozenset[str]) -> Grid:
    groups = [child for child in element if child.tag in _GROUPS]
    loose = [child for child in element if child.tag == "tr"]
    sections = [[[_cell(cell, signs) for cell in _cells(row)] for row in group.iterfind("tr")] for group in groups]
    if loose:
        sections.append([[_cell(cell, signs) for cell in _cells(row)] for row in loose])
    header_rows = sum(len(rows) for rows, group in zip(sections, groups, strict=False) if group.tag == "thead")
    return expand(sections, header_rows=header_rows or _heading_rows(sections))


def _heading_rows(sections: list[list[list[Cell]]]) -> int:
    """Count the leading rows of nothing but heading cells, for tables without a head."""
    rows = [row for section in sections for row in section]
    count = next((index for index, row in enumerate(rows) if not row or not all(c.is_heading for c in row)), len(rows))
    return count if count < len(rows) else 0


def _cells(row: Element) -> list[Element]:
    return [child for child in row if child.tag in {"td", "th"}]


def _cell(element: Element, signs: frozenset[str]) -> Cell:
    printed = marked_text(element)
    body, marks = printed, []
    if len(element):
        notes = [ref for ref in element.iter("xref") if ref.get("ref-type") in _NOTING]
        raised = [sup for sup in element.iter("sup") if _is_mark(sup, signs)]
        marks = [ref.get("rid", "") for ref in notes] + [marked_text(sup).text for sup in raised]
        left = {*notes, *raised}
        body = marked_text(element, leave=lambda inner: inner in left or _is_reference(inner))
        body = Marked.of(_EMPTY_BRACKETS.sub("", body.markup)) if body != printed else body
    trailing = _TRAILING_SIGNS.search(body.markup)
    if trailing and trailing[1] in signs:
        body, marks = Marked.of(body.markup[: trailing.start()]), [*marks, trailing[1]]
    return Cell(
        printed=printed.text,
        body=body,
        marks=tuple(marks),
        citations=tuple(ref.get("rid", "") for ref in element.iter("xref") if ref.get("ref-type") in _CITING),
        is_heading=element.tag == "th",
        row_span=_span(element, "rowspan", rows_left=True),
        column_span=_span(element, "colspan", rows_left=False),
    )


def _is_mark(sup: Element, signs: frozenset[str]) -> bool:
    """Tell a footnote mark from an exponent or a charge: a sign of the foot, or signs that are nothing else."""
    text = marked_text(sup).text
    if text in signs or (bool(_MARK_TEXT.match(text)) and set(re.findall(r"\w|\S", text)) - {","} <= signs):
        return True
    return bool(_LONE_MARK.match(text)) and bool(_BEFORE_LONE_MARK.search(_text_before(sup)))


def _text_before(element: Element) -> str:
    """Return the text right before an element: behind its neighbour, else inside of it, else of the parent."""
    before, parent = element.getprevious(), element.getparent()
    if before is None:
        return "" if parent is None else parent.text or ""
    return before.tail or "".join(before.itertext())


def _is_reference(element: Element) -> bool:
    return element.tag == "xref" and element.get("ref-type") in _CITING | _NOTING


def _span(element: Element, name: str, *, rows_left: bool) -> int:
    """Return a span; zero rows mean all that are left in the group, what is not a number means one."""
    written = (element.get(name) or "1").strip()
    span = int(written) if written.isascii() and written.isdigit() and len(written) < _SPAN_DIGITS else 1
    if rows_left and span == 0:
        row = element.getparent()
        return 1 if row is None else 1 + sum(1 for _row in row.itersiblings("tr"))
    return max(1, span if rows_left else min(span, MAX_COLUMNS))
