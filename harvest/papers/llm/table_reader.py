"""Table reader: a table in, what a language model reads from it out, each value checked against the cell it names.

A model may invent. So it is asked for places, not for numbers: a value is kept only if the text that the model gives
for it is the text of the cell, letter by letter, and its material and its property are printed in the table, its
caption or the title. Number and unit are then read by the grammar that reads every other cell. What fails is returned
with the reason.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from harvest.papers.notation.materials import read_material
from harvest.papers.notation.quantities import QuantityError, read_quantities
from harvest.papers.notation.units import read_unit
from harvest.papers.notation.vocabulary import find_meaning
from harvest.papers.tables.columns import UNMAPPED
from harvest.papers.tables.headers import read_header
from harvest.papers.tables.places import Place
from harvest.papers.tables.readings import Reading
from schemas.measurement import Method

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from harvest.papers.document import Document, Table
    from harvest.papers.notation.quantities import Quantity

    class Asked(Protocol):
        """What answers a prompt: a `ChatEndpoint`, or whatever else does."""

        def ask(self, system: str, user: str) -> str:
            """Return the answer to a prompt."""
            ...


SYSTEM = (
    "You read tables of materials science. Answer with a JSON array and nothing else. Each element is one value of a "
    "property of a material: {row, col, text, material, property, unit}. row and col are the numbers of its cell, "
    "text is the cell copied letter by letter, material and property are copied from the table, the caption or "
    "the title, unit is copied from the header, the caption or the cell, or null. Leave out settings of a process, "
    "indices, references and errors. A table without properties is []."
)
_ARRAY = re.compile(r"\[.*\]", re.DOTALL)
_MOST_CELLS = 4000


class Claim(BaseModel):
    """What the model says of one cell."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    row: int
    col: int
    text: str
    material: str
    property: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Unproven:
    """A claim that was dropped, with the reason."""

    claim: str
    reason: str


def read_table_by_model(document: Document, table: Table, model: Asked) -> Iterator[Reading | Unproven]:
    """Yield what a model reads from a table, and what of it is not printed there.

    Raises:
        TransportError: the model cannot be asked.
    """
    if table.grid.n_rows * table.grid.n_columns > _MOST_CELLS:
        yield Unproven(table.id, f"the table has more than {_MOST_CELLS} cells")
        return
    for claimed in _claims(model.ask(SYSTEM, prompt_of(document, table))):
        if isinstance(claimed, Unproven):
            yield claimed
            continue
        reason = _unprinted(document, table, claimed)
        yield from [Unproven(claimed.model_dump_json(), reason)] if reason else _readings(table, claimed)


def prompt_of(document: Document, table: Table) -> str:
    """Return the table as lines of numbered cells, with its caption and the title."""
    grid = table.grid
    rows = [
        f"{row}: " + " | ".join(f"[{column}] {grid.at(row, column).body.text}" for column in range(grid.n_columns))
        for row in range(grid.n_rows)
    ]
    return "\n".join([f"Title: {document.title.text}", f"Caption: {table.caption.text}", *rows])


def _claims(answer: str) -> Iterator[Claim | Unproven]:
    """Yield what the answer claims; models like to write words around their JSON."""
    array = _ARRAY.search(answer)
    try:
        items: Any = json.loads(array[0]) if array else None
    except ValueError:
        items = None
    if not isinstance(items, list):
        yield Unproven(answer[:200], "the answer holds no JSON array")
        return
    for item in items:
        try:
            yield Claim.model_validate(item)
        except ValidationError:
            yield Unproven(json.dumps(item, ensure_ascii=False)[:200], "the claim lacks a row, a column or a text")


def _unprinted(document: Document, table: Table, claim: Claim) -> str:
    """Return why a claim is not proven by what is printed; nothing where it is."""
    grid = table.grid
    if not (0 <= claim.row < grid.n_rows and 0 <= claim.col < grid.n_columns):
        return "the table has no such cell"
    cell = grid.at(claim.row, claim.col)
    if claim.text.strip() not in {cell.body.text, cell.printed} or not claim.text.strip():
        return f"the cell prints {cell.printed!r}"
    around = [table.caption.text, document.title.text, *(each.body.text for each in grid.cells)]
    for name, said in (("material", claim.material), ("property", claim.property), ("unit", claim.unit or "")):
        if said.strip() and not any(said.strip() in text for text in around):
            return f"the {name} {said!r} is not printed in the table, its caption or the title"
    return "" if claim.material.strip() and claim.property.strip() else "no material or no property"


def _readings(table: Table, claim: Claim) -> Iterator[Reading | Unproven]:
    cell = table.grid.at(claim.row, claim.col)
    try:
        quantities = read_quantities(cell.body.markup)
    except QuantityError as error:
        yield Unproven(claim.model_dump_json(), str(error))
        return
    for quantity in quantities:
        yield _reading(table, claim, quantity)


def _reading(table: Table, claim: Claim, quantity: Quantity) -> Reading:
    header = read_header(claim.property)
    unit = quantity.unit or (read_unit(claim.unit) if claim.unit else None) or header.unit
    factor = unit.factor if unit else 1.0
    meaning = find_meaning(header, unit=unit.spelling if unit else None, context=table.caption.text)
    return Reading(
        place=Place(table.id, claim.row, claim.col),
        property=meaning.property if meaning else f"{UNMAPPED}{claim.property}",
        label=meaning.label if meaning else claim.property,
        title=claim.property,
        header=claim.property,
        quantity=quantity.scaled(factor),
        unit=unit.spelling if unit else "1",
        scale=unit.scale if unit else None,
        factor=factor,
        text=table.grid.at(claim.row, claim.col).printed,
        material=read_material(claim.material),
        material_from="row",
        property_from="model",
        unit_from="cell" if quantity.unit else "header" if unit else "",
        conditions=(),
        method=Method.UNKNOWN,
        functional=None,
        citations=(),
    )
