"""Page: the bytes of an article in; HTML with its tables coloured by role and the records beside them out.

The page stands alone: no script, no font and no address of anybody else.
"""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from harvest.papers.explain.roles import cell_roles
from harvest.papers.export import flat_rows
from harvest.papers.notation.marked import plain
from harvest.papers.pipeline import extract

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harvest.papers.document import Document, Table
    from harvest.papers.export import Row
    from harvest.papers.pipeline import Extraction

_LEGEND = (
    ("value", "value that was read"),
    ("header", "header of values"),
    ("material", "material"),
    ("condition", "condition"),
    ("reference", "reference or index"),
    ("refused", "looks like a value, was refused"),
)
_SURE, _LIKELY = 0.8, 0.5


def explain_article(payload: bytes, *, document: str) -> str:
    """Return the page of an article.

    Raises:
        DocumentError: the bytes are not an article that can be read.
    """
    extraction = extract(payload, document=document)
    rows = flat_rows(extraction)
    parts = [_head(extraction.document, len(rows)), *_tables(extraction, rows), "</main></body></html>"]
    return "\n".join(parts) + "\n"


def _head(article: Document, count: int) -> str:
    style = files("harvest.papers.explain").joinpath("page.css").read_text(encoding="utf-8")
    legend = "".join(f'<li><span class="{role}"></span>{words}</li>' for role, words in _LEGEND)
    about = " · ".join(part for part in (article.id, article.doi, article.licence) if part)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(article.id)}</title>'
        f"<style>{style}</style></head><body><main><h1>{_marked(article.title.markup)}</h1>"
        f"<p>{escape(about)} · {len(article.tables)} tables, {count} values</p><ul class='legend'>{legend}</ul>"
    )


def _tables(extraction: Extraction, rows: Sequence[Row]) -> Iterator[str]:
    roles = cell_roles(extraction)
    for table in extraction.document.tables:
        own = [row for row in rows if row["table"] == table.id]
        yield f"<section><h2>{escape(table.label or table.id)}</h2><p>{_marked(table.caption.markup)}</p>"
        yield '<div class="beside">' + _grid(table, roles) + _records(own) + "</div></section>"


def _grid(table: Table, roles: dict[tuple[str, int, int], tuple[str, str]]) -> str:
    """Return the table as printed, each cell once, with its role as class and the reason as title."""
    lines = []
    for row in range(table.grid.n_rows):
        cells = []
        for column in range(table.grid.n_columns):
            if not table.grid.is_origin(row, column):
                if table.grid.places[row][column] == 0:
                    cells.append("<td></td>")
                continue
            role, why = roles.get((table.id, row, column), ("", ""))
            rows, columns = _extent(table, row, column)
            tag = "th" if row < table.grid.header_rows else "td"
            spans = (f' rowspan="{rows}"' if rows > 1 else "") + (f' colspan="{columns}"' if columns > 1 else "")
            text = _marked(table.grid.at(row, column).body.markup)
            cells.append(f'<{tag} class="{role}" title="{escape(why, quote=True)}"{spans}>{text}</{tag}>')
        lines.append("<tr>" + "".join(cells) + "</tr>")
    return '<div class="grid"><table>' + "".join(lines) + "</table></div>"


def _extent(table: Table, row: int, column: int) -> tuple[int, int]:
    """Return how many rows and columns of the grid a cell covers."""
    places, index = table.grid.places, table.grid.places[row][column]
    rows = next((n for n in range(1, len(places) - row) if places[row + n][column] != index), len(places) - row)
    width = len(places[row])
    columns = next((n for n in range(1, width - column) if places[row][column + n] != index), width - column)
    return rows, columns


def _records(rows: Sequence[Row]) -> str:
    if not rows:
        return '<p class="none">No property was found in this table.</p>'
    head = "".join(f"<th>{name}</th>" for name in ("material", "property", "value", "conditions", "confidence"))
    body = "".join(_record(row) for row in rows)
    return f'<div class="records"><table><tr>{head}</tr>{body}</table></div>'


def _record(row: Row) -> str:
    confidence = float(str(row["confidence"]))
    level = "sure" if confidence >= _SURE else "likely" if confidence >= _LIKELY else "unsure"
    conditions = row["conditions"] if isinstance(row["conditions"], dict) else {}
    told = ", ".join(f"{name}: {value}" for name, value in conditions.items())
    known = f"{row['label']} ({row['property_id']})"
    cells = (row["material"], row["property"], f"{_value(row)} {row['unit'] or ''}", told)
    written = "".join(f"<td>{escape(str(cell))}</td>" for cell in cells)
    width = round(100 * confidence)
    return (
        f'<tr title="{escape(known, quote=True)}, cell {row["row"]}/{row["col"]}">{written}'
        f'<td class="{level}"><span style="width:{width}%"></span>{confidence:.2f}</td></tr>'
    )


def _value(row: Row) -> str:
    sign = "" if row["qualifier"] == "=" else f"{row['qualifier']} "
    error = "" if row["error"] is None else f" ± {row['error']:g}"
    if row["value"] is None:
        return f"{sign}{row['value_min']:g} – {row['value_max']:g}"
    return f"{sign}{row['value']:g}{error}"


def _marked(markup: str) -> str:
    """Return marked text as HTML."""
    text = escape(markup)
    for mark, tag in (("^", "sup"), ("_", "sub")):
        parts = text.split(f"{mark}{{")
        text = parts[0] + "".join(f"<{tag}>" + part.replace("}", f"</{tag}>", 1) for part in parts[1:])
    return plain(text)
