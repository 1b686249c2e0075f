"""Document: an article as read, whatever its format: identity, licence, text with offsets, tables, references.

The names of the authors and their addresses are not part of it: nothing that is extracted needs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harvest.papers.notation.marked import Marked
    from harvest.papers.tables.grid import Grid


class Tier(StrEnum):
    """How an article says what is a cell: by its mark-up, or by places on a page alone."""

    MARKUP = "markup"
    LAYOUT = "layout"


class DocumentError(ValueError):
    """The bytes are not an article that can be read; says what was got and where."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph: characters `start` to `end` of the text of its document."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """A section with the paragraphs that stand directly in it."""

    title: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Footnote:
    """A footnote of a table; `id` and `mark` are empty where the article gives none."""

    id: str
    mark: str
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """A work that the article cites."""

    id: str
    label: str
    text: str
    doi: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `id` is unique within its document."""

    id: str
    label: str
    caption: Marked
    footnotes: tuple[Footnote, ...]
    grid: Grid


@dataclass(frozen=True, slots=True)
class Document:
    """An article.

    Attributes:
        licence: an SPDX id, or NOASSERTION where the article states none that is known.
        references: the works that its tables cite.
    """

    id: str
    doi: str | None
    pmcid: str | None
    title: Marked
    licence: str
    text: str
    sections: tuple[Section, ...]
    tables: tuple[Table, ...]
    references: tuple[Reference, ...]
    tier: Tier = Tier.MARKUP

    def passage(self, paragraph: Paragraph) -> str:
        """Return the text of a paragraph."""
        return self.text[paragraph.start : paragraph.end]

    def table(self, table_id: str) -> Table:
        """Return a table.

        Raises:
            DocumentError: the document has no such table.
        """
        for table in self.tables:
            if table.id == table_id:
                return table
        known = ", ".join(table.id for table in self.tables) or "none"
        message = f"{self.id} has no table {table_id!r}; its tables are: {known}"
        raise DocumentError(message)
