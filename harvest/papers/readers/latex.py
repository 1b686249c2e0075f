"""LaTeX: the source of an article in, a Document out; `tabular`, `tabularx` and `longtable` with their spans.

Commands of the author's own are not expanded. The article is rebuilt in the tags of JATS, and its reader does the rest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lxml import etree

from harvest.papers.document import DocumentError
from harvest.papers.readers.jats import read_article
from harvest.papers.readers.latex_inline import inline_text
from harvest.papers.readers.scripts import append_marked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

    from harvest.papers.document import Document

_FLOAT = re.compile(
    r"\\begin\{(table\*?|longtable|sidewaystable|deluxetable\*?|wraptable)\}(.*?)\\end\{\1\}", re.DOTALL
)
_TABULAR = re.compile(r"\\begin\{(tabular[xy]?\*?|longtable|tabulary)\}(.*?)\\end\{\1\}", re.DOTALL)
_OTHER_FLOAT = re.compile(
    r"\\begin\{(figure\*?|equation\*?|align\*?|thebibliography|eqnarray\*?|gather\*?)\}.*?\\end\{\1\}", re.DOTALL
)
_RULE = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|hhline\{[^}]*\}|cline\{[^}]*\}|cmidrule(?:\([^)]*\))?\{[^}]*\})"
)
_FULL_RULE = re.compile(r"\\(?:hline|midrule|endhead|endfirsthead)")
_ROW_END = re.compile(r"\\\\(?:\[[^\]]*\])?|\\tabularnewline|\\cr\b")
_CELL_END = re.compile(r"(?<!\\)&")
_SECTION = re.compile(r"\\(?:sub)*section\*?\{")
_BODY = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|$)", re.DOTALL)
_LICENCE = re.compile(r"creativecommons\.org/\S+|CC[- ]BY(?:[- ](?:NC|SA|ND))*[- ]\d\.\d")
_HEADS = ("endhead", "endfirsthead", "endfoot", "endlastfoot")


def read_latex(payload: bytes, *, document: str) -> Document:
    """Return the article.

    Raises:
        DocumentError: the source holds no text.
    """
    source = _uncommented(_decoded(payload))
    found = _BODY.search(source)
    body = found[1] if found else source
    if not body.strip():
        message = "the LaTeX source has no text between \\begin{document} and \\end{document}"
        raise DocumentError(message)
    article = etree.Element("article")
    _append_front(article, source)
    home = etree.SubElement(article, "body")
    for table in _FLOAT.finditer(body):
        _append_table(home, table[0])
    _append_prose(home, _OTHER_FLOAT.sub("", _FLOAT.sub("", body)))
    return read_article(article, document=document)


def _decoded(payload: bytes) -> str:
    try:
        return payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        return payload.decode("latin-1")


def _uncommented(source: str) -> str:
    return re.sub(r"(?<!\\)%.*", "", source)


def argument(source: str, command: str) -> str | None:
    """Return what stands between the braces behind a command; none where it is not used or not closed."""
    start = re.search(rf"\\{command}\*?\s*(?:\[[^\]]*\])?\s*\{{", source)
    return None if start is None else _braced(source, start.end())


def _braced(source: str, start: int) -> str | None:
    depth = 1
    for index in range(start, len(source)):
        escaped = source[index - 1] == "\\"
        depth += (source[index] == "{" and not escaped) - (source[index] == "}" and not escaped)
        if depth == 0:
            return source[start:index]
    return None


def _append_front(article: Element, source: str) -> None:
    meta = etree.SubElement(etree.SubElement(article, "front"), "article-meta")
    doi = argument(source, "doi")
    etree.SubElement(meta, "article-id", {"pub-id-type": "doi"}).text = doi
    title = etree.SubElement(etree.SubElement(meta, "title-group"), "article-title")
    append_marked(title, inline_text(argument(source, "title") or ""))
    licence = _LICENCE.search(source)
    if licence:
        etree.SubElement(etree.SubElement(meta, "permissions"), "license").text = licence[0]
    abstract = re.search(r"\\begin\{abstract\}(.*?)\\end\{abstract\}", source, re.DOTALL)
    if abstract:
        append_marked(etree.SubElement(etree.SubElement(meta, "abstract"), "p"), inline_text(abstract[1]))


def _append_prose(body: Element, source: str) -> None:
    section = body
    for part in re.split(r"(?=\\(?:sub)*section\*?\{)", re.sub(r"\\begin\{abstract\}.*?\\end\{abstract\}", "", source)):
        heading = _SECTION.match(part)
        if heading:
            section = etree.SubElement(body, "sec")
            title = _braced(part, heading.end()) or ""
            append_marked(etree.SubElement(section, "title"), inline_text(title))
            part = part[heading.end() + len(title) + 1 :]  # noqa: PLW2901 — what is left of the part behind its heading
        for paragraph in re.split(r"\n\s*\n", part):
            text = inline_text(paragraph.replace("\n", " "))
            if any(map(str.isalpha, text)):
                append_marked(etree.SubElement(section, "p"), text)


def _append_table(body: Element, source: str) -> None:
    wrap = etree.SubElement(body, "table-wrap")
    caption, label = argument(source, "caption"), argument(source, "label")
    if label:
        wrap.set("id", label)
    append_marked(
        etree.SubElement(etree.SubElement(wrap, "caption"), "p"), inline_text((caption or "").replace("\n", " "))
    )
    for tabular in _TABULAR.finditer(source):
        table = etree.SubElement(wrap, "table")
        head, rows = etree.SubElement(table, "thead"), list(_rows(tabular[2]))
        heads = _heads(rows)
        covered: dict[int, int] = {}
        rest = etree.SubElement(table, "tbody")
        for index, (_ruled, cells) in enumerate(rows):
            _append_row(head if index < heads else rest, cells, covered)


def _rows(source: str) -> Iterator[tuple[bool, list[str]]]:
    """Yield the cells of each row, and whether a full rule stands above it."""
    body = _columns_dropped(source)
    ruled = False
    for part in _ROW_END.split(re.sub(r"\\caption\{.*?\}", "", body)):
        ruled = ruled or bool(_FULL_RULE.search(part))
        cells = _RULE.sub("", re.sub(r"\\(?:" + "|".join(_HEADS) + r")\b", "", part))
        if cells.strip():
            yield ruled, _CELL_END.split(cells)
            ruled = False


def _columns_dropped(source: str) -> str:
    """Take the arguments of the environment away: a width, a position and the format of the columns."""
    text = source.lstrip()
    while text[:1] in "{[":
        if text[0] == "[":
            text = text.partition("]")[2].lstrip()
            continue
        inner = _braced(text, 1)
        if inner is None:
            return text
        text = text[len(inner) + 2 :].lstrip()
    return text


def _heads(rows: list[tuple[bool, list[str]]]) -> int:
    """Return how many rows stand above the first rule that is not the top one."""
    return next((index for index, (ruled, _cells) in enumerate(rows) if index and ruled), 1 if len(rows) > 1 else 0)


def _append_row(group: Element, cells: list[str], covered: dict[int, int]) -> None:
    """Append a row; below a cell of several rows LaTeX wants an empty cell, which is left out here.

    Args:
        group: head or body of the table.
        cells: of the row, as written.
        covered: how many rows the cell above still covers, by column; it is brought up to date.
    """
    row = etree.SubElement(group, "tr")
    column = 0
    for cell in cells:
        text, columns, rows = _spans(cell.strip())
        if covered.get(column, 0) > 0 and not text.strip():
            covered[column] -= 1
            column += columns
            continue
        element = etree.SubElement(row, "td")
        if columns > 1:
            element.set("colspan", str(columns))
        if rows > 1:
            element.set("rowspan", str(rows))
            covered[column] = rows - 1
        append_marked(element, inline_text(text.replace("\n", " ")))
        column += columns


def _spans(cell: str) -> tuple[str, int, int]:
    """Return the text of a cell and the columns and rows that it covers."""
    columns = rows = 1
    for command, count in (("multicolumn", 3), ("multirow", 3), ("multicolumn", 3)):
        parts = _arguments(cell, command, count)
        if parts is not None and parts[0].strip().isdigit():
            size = int(parts[0])
            columns, rows = (size, rows) if command == "multicolumn" else (columns, size)
            cell = parts[-1]
    return cell, columns, rows


def _arguments(source: str, command: str, count: int) -> list[str] | None:
    start = re.match(rf"\s*\\{command}\s*(?:\[[^\]]*\])?\s*", source)
    if start is None:
        return None
    found, position = [], start.end()
    for _index in range(count):
        while position < len(source) and source[position] in " \n[":
            position = source.find("]", position) + 1 if source[position] == "[" else position + 1
        if source[position : position + 1] == "*":
            found.append("*")
            position += 1
            continue
        if source[position : position + 1] != "{":
            return None
        inner = _braced(source, position + 1)
        if inner is None:
            return None
        found.append(inner)
        position += len(inner) + 2
    return found
