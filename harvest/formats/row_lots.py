"""Row lots: the bytes of a data file in, its rows by the hundred out; a lot is read quickly first, then exactly."""

from __future__ import annotations

from functools import partial
from itertools import batched
from typing import TYPE_CHECKING

from harvest.formats.card_rows import card_rows
from harvest.formats.quick_lines import quick_row
from harvest.formats.rows import lines_of_rows
from harvest.formats.text import row_of_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from harvest.formats.file_card import FileCard
    from harvest.formats.rows import Row
    from harvest.formats.text_layout import TextLayout
    from schemas.provenance import Pointer

    type Placed = tuple[Pointer, Row | ValueError]
    type Reading = Callable[[], Sequence[Placed]]

_TOGETHER = 512


def lots_of(payload: bytes, card: FileCard, row_format: str, *, member: str | None = None) -> Iterator[list[Reading]]:
    """Yield lots of rows, each with its readings: the last is exact, those before it raise where they would not be.

    Raises:
        ContractError: the file as a whole is not in the format.
    """
    if row_format == "jsonl":
        names = _needed(card)
        layout = card.rows.layout()
        for lines in batched(lines_of_rows(payload, member=member, layout=layout), _TOGETHER):
            yield [partial(_quickly, lines, names), partial(_exactly, lines, layout)]
        return
    for placed in batched(card_rows(payload, card, row_format, member=member), _TOGETHER):
        yield [partial(list, placed)]


def _quickly(lines: Sequence[tuple[Pointer, str]], names: Collection[str]) -> list[Placed]:
    return [(pointer, quick_row(line, names)) for pointer, line in lines]


def _exactly(lines: Sequence[tuple[Pointer, str]], layout: TextLayout) -> list[Placed]:
    return [(pointer, row_of_line(line, layout)) for pointer, line in lines]


def _needed(card: FileCard) -> frozenset[str]:
    """Return the fields of which the card asks for more than a structure."""
    rows = card.rows
    fields = [rows.id, rows.formula, rows.phase, *rows.labels.values()]
    fields += [field for column in card.properties for field in (column.field, column.uncertainty)]
    named = [field for field in fields if field is not None]
    return frozenset(named) | {field.partition(".")[0] for field in named}
